// What is said of certificates: padlocks, fingerprints, names, subjects. Pure.
import type { Certificate, Padlock, Source } from '../api/admin';
import type { Finding } from './problem';

export interface PadlockWords {
    word: string;
    sentence: string;
    status: 'success' | 'warning' | 'danger';
}

/** Icon, word and sentence of a padlock; the colour is never all there is. */
export function padlockWords(padlock: Padlock, reasons: readonly string[]): PadlockWords {
    switch (padlock) {
        case 'green':
            return { word: 'All right', sentence: 'The hostname is in the certificate and nothing warns.', status: 'success' };
        case 'yellow':
            return { word: 'Warning', sentence: reasons.join(' ') || 'Something about this certificate warns.', status: 'warning' };
        case 'red':
            return { word: 'Problem', sentence: reasons.join(' ') || 'This certificate is not valid.', status: 'danger' };
    }
}

const padlockOrder: Record<Padlock, number> = { red: 0, yellow: 1, green: 2 };

/** The gravest of several. */
export function worst(padlocks: readonly Padlock[]): Padlock {
    return [...padlocks].sort((a, b) => padlockOrder[a] - padlockOrder[b])[0] ?? 'green';
}

export const sourceWords: Record<Source, string> = {
    operator: 'Placed by an operator',
    last_good: 'Last good: the pair that was placed cannot be served',
    self_signed: 'Self-signed, made by this appliance',
};

/** "3b1f 5c2a …": groups of four to read aloud. */
export function grouped(fingerprint: string): string {
    return fingerprint.match(/.{1,4}/g)?.join(' ') ?? '';
}

/** The first common name of an RFC 4514 subject, else the whole, else the first name. */
export function shortSubject(certificate: Pick<Certificate, 'subject' | 'names'>): string {
    for (const part of splitSubject(certificate.subject)) {
        const found = /^\s*CN\s*=\s*(.*)$/i.exec(part);
        if (found?.[1]) return unescapeValue(found[1]);
    }
    return certificate.subject || certificate.names[0] || 'without a name';
}

/** The common name of the issuer, or "self-signed". */
export function shortIssuer(certificate: Pick<Certificate, 'issuer' | 'self_signed'>): string {
    return certificate.self_signed ? 'self-signed' : shortSubject({ subject: certificate.issuer, names: [] });
}

/** At the commas and pluses that no backslash escapes. */
function splitSubject(subject: string): string[] {
    return subject.match(/(?:\\.|[^,+\\])+/g) ?? [];
}

function unescapeValue(value: string): string {
    return value.replace(/\\([0-9a-f]{2})|\\(.)/gi, (_, hex: string | undefined, other: string | undefined) =>
        hex === undefined ? (other ?? '') : String.fromCharCode(parseInt(hex, 16)));
}

export interface SubjectFields {
    common_name: string;
    organization: string;
    organizational_unit: string;
    locality: string;
    state: string;
    country: string;
}

/** What was filled in. */
export function filledIn(fields: SubjectFields): Partial<SubjectFields> {
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ''));
}

/** A list as people write it: by lines, blanks, commas or semicolons. */
export function splitList(text: string): string[] {
    return text.split(/[\s,;]+/).filter((entry) => entry !== '');
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

export function isAddress(text: string): boolean {
    if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text.split('.').every((part) => Number(part) < 256);
    if (!text.includes(':') || !/^[0-9a-f:.]+$/i.test(text)) return false;
    try {
        return new URL(`http://[${text}]/`).hostname !== '';
    } catch {
        return false;
    }
}

/** Whether the appliance would take it as a hostname; it judges for itself, this only answers sooner. */
export function isHostname(text: string): boolean {
    if (isAddress(text)) return true;
    return text.length <= 253 && /[a-z]/i.test(text) && text.split('.').every((part) => label.test(part));
}

/** Whether it may be a name in a certificate: also a wildcard. */
export function isCertificateName(text: string): boolean {
    return isHostname(text.startsWith('*.') ? text.slice(2) : text);
}

/** ADDRESS, ADDRESS:PORT or [IPv6]:PORT. */
export function isServer(text: string): boolean {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+|[0-9a-f:.]*))(?::(\d{1,5}))?$/i.exec(text) ?? [];
    if (isAddress(text)) return true;
    const address = bracketed ?? plain;
    if (address === undefined || !isAddress(address)) return false;
    return port === undefined || (Number(port) > 0 && Number(port) < 65536);
}

const severityOrder: Record<Finding['severity'], number> = { refuse: 0, warn: 1, note: 2 };

export function gravestFirst(findings: readonly Finding[]): Finding[] {
    return [...findings].sort((a, b) => severityOrder[a.severity] - severityOrder[b.severity]);
}

export type Remedy = 'regenerate' | 'upload' | 'hostname' | 'rollback';

export const remedyWords: Record<Remedy, string> = {
    regenerate: 'Regenerate',
    upload: 'Upload',
    hostname: 'Change the hostname',
    rollback: 'Roll back',
};

/** What mends a finding, the likeliest first. */
export function remedies(code: string): Remedy[] {
    switch (code) {
        case 'hostname_mismatch':
            return ['regenerate', 'upload', 'hostname'];
        case 'expired':
        case 'expires_soon':
            return ['upload', 'regenerate'];
        case 'chain_incomplete':
        case 'browsers_refuse':
        case 'cn_only':
            return ['upload'];
        case 'long_validity':
            return ['regenerate', 'upload'];
        case 'key_mismatch':
        case 'unparsable':
        case 'key_locked':
        case 'key_weak':
        case 'not_server_auth':
        case 'signature_weak':
            return ['upload', 'regenerate'];
        default:
            return [];
    }
}

export interface Difference {
    what: string;
    before: string;
    after: string;
    changed: boolean;
}

/** What an upload would change, before and after. */
export function differences(before: Certificate, after: Certificate, show: (at: string) => string): Difference[] {
    const rows: [string, (certificate: Certificate) => string][] = [
        ['Names', (certificate) => certificate.names.join(', ')],
        ['Issuer', (certificate) => shortIssuer(certificate)],
        ['Valid from', (certificate) => show(certificate.not_before)],
        ['Valid until', (certificate) => show(certificate.not_after)],
        ['Key', (certificate) => certificate.key_type],
        ['Fingerprint', (certificate) => grouped(certificate.fingerprint_sha256)],
    ];
    return rows.map(([what, of]) => ({ what, before: of(before), after: of(after), changed: of(before) !== of(after) }));
}
