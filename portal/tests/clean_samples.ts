// Answers of the clean door, to vary from.
import type { ApplianceState, ConnectionTest, DispositionService, FailedDisposition, Identity, Organization, Registration, Sample, User } from '../api/clean';

export const identity: Identity = {
    interface: 'clean',
    username: 'mira',
    name: 'Mira Example',
    email: 'mira@example.com',
    title: '',
    role: 'admin',
    organization_id: 1,
    organization_name: 'default',
    session_id: '17',
    expires_at: '2026-03-02T18:00:00Z',
    idle_seconds: 1800,
    initial_password: false,
};

export const appliance: ApplianceState = {
    hostname: 'gw.example.com',
    product: 'Gatehouse 0.1.0',
    analysis: { engine: true, reachable: true, message: '' },
    samples: { body_bytes: 262144000, used_bytes: 0, quota_bytes: 0 },
};

export const sample: Sample = {
    id: '0c6e5c1ff6a14e7d9b0a4cf0cf8ee6b1',
    submission_id: 4711,
    filename: 'invoice.pdf',
    sha256: '3b'.repeat(32),
    sha1: '2f'.repeat(20),
    md5: '9e'.repeat(16),
    size: 48213,
    state: 'wait',
    status: 'pending',
    submitted_at: '2026-03-02T09:57:40Z',
    started_at: null,
    completed_at: null,
    login: 'mira',
    organization_id: 1,
    private: false,
    tags: [],
    vm: '',
    os: '',
    score: null,
    severity: null,
    behaviours: [],
    message: null,
};

export const user: User = {
    login: 'ada',
    name: 'Ada Example',
    email: '',
    title: '',
    role: 'user',
    active: true,
    device: false,
    organization: { id: 1, name: 'default' },
    created_at: '2026-03-02T09:00:00Z',
    last_used_at: null,
    registration: null,
};

export const registration: Registration = {
    state: 'deactivated',
    kind: 'esa',
    source_address: '192.0.2.17',
    first_seen: '2026-03-02T09:00:00Z',
    last_poll: '2026-03-02T09:55:00Z',
    conflicts: 0,
    expires_at: '2026-03-03T09:55:00Z',
};

export const device: User = { ...user, login: 'esa-4711', name: '', active: false, device: true, organization: { id: 7, name: 'esa-4711' }, registration };

export const organization: Organization = { id: 1, name: 'default', active: true, users: 12, created_at: '2026-03-01T06:00:00Z' };

export const service: DispositionService = {
    id: 1,
    url: 'https://cloud.example.com/dispositions',
    user: 'gatehouse',
    password: '*****',
    network: 'dirty',
    created_at: '2026-03-01T06:00:00Z',
    state: 'idle',
    message: '',
    queue: { waiting: 0, failed: 0, dropped: 0, oldest_waiting_at: null },
    last_success_at: '2026-03-02T09:58:11Z',
    last_failure: null,
};

export const untrusted: ConnectionTest = {
    ok: false,
    steps: [
        { step: 'resolve', ok: true, message: 'cloud.example.com is 192.0.2.7.', page: null },
        { step: 'connect', ok: true, message: '192.0.2.7:443 takes the connection.', page: null },
        { step: 'tls', ok: true, message: 'TLSv1.3, TLS_AES_256_GCM_SHA384.', page: null },
        { step: 'trust', ok: false, message: 'The certificate CN=cloud.example.com was issued by CN=Example CA, which is not trusted.', page: 'authorities' },
        { step: 'status', ok: null, message: '', page: null },
    ],
    chain: [{
        subject: 'CN=cloud.example.com', issuer: 'CN=Example CA', not_before: '2026-01-01T00:00:00Z', not_after: '2027-01-01T00:00:00Z', fingerprint_sha256: '3b1f'.repeat(16),
    }],
};

export const failed: FailedDisposition = {
    id: 41, sample: sample.id, sha256: sample.sha256, score: 95, analyzed_at: '2026-03-02T09:57:59Z', queued_at: '2026-03-02T09:58:00Z', attempts: 3, message: 'It answered with 404 Not Found.',
};
