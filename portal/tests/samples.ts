// Answers of an appliance, to vary from.
import type { Certificate, DoorStatus, Identity, Interface, Reload, ServedCertificate } from '../api/admin';

export const certificate: Certificate = {
    subject: 'CN=gw.example.com,O=Example',
    issuer: 'CN=R11,O=Example CA',
    serial: '04d2',
    names: ['gw.example.com'],
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2027-01-01T00:00:00Z',
    days_left: 304,
    key_type: 'ECDSA P-256',
    key_bits: 256,
    fingerprint_sha256: 'a'.repeat(64),
    public_key_sha256: 'c'.repeat(64),
    self_signed: false,
    ca: false,
};

export const served: ServedCertificate = {
    ...certificate,
    interface: 'clean',
    hostname: 'gw.example.com',
    source: 'operator',
    activated_at: '2026-02-01T00:00:00Z',
    trigger: 'api',
    chain: [certificate],
    chain_complete: true,
    anchor: null,
    findings: [],
    padlock: 'green',
    padlock_reasons: [],
    previous: null,
};

export const reload: Reload = {
    at: '2026-02-01T00:00:00Z',
    trigger: 'api',
    result: 'activated',
    code: null,
    message: 'The clean door serves CN=gw.example.com.',
    fingerprint_sha256: certificate.fingerprint_sha256,
    change_id: 'c_1',
};

export const doorStatus: DoorStatus = {
    source: 'operator',
    fingerprint_sha256: certificate.fingerprint_sha256,
    last_reload: reload,
    reloads: [reload],
    findings: [],
    connections: 1,
    handshakes: { succeeded: 2, failed: 0 },
};

export const clean: Interface = {
    interface: 'clean',
    hostname: 'gw.example.com',
    hostname_from: 'portal',
    listen: ['[::]:443'],
    redirect: [],
    tls: { policy: 'intermediate', legacy: false },
    fixed: [],
    expiry_warning_days: 60,
    certificate,
    padlock: 'green',
    padlock_reasons: [],
};

export const identity: Identity = {
    interface: 'admin',
    username: 'admin',
    name: '',
    email: '',
    role: 'operate',
    via: 'session',
    session_id: 's_1',
    expires_at: '2026-03-02T18:00:00Z',
    idle_seconds: 1800,
    initial_password: false,
    totp: false,
};
