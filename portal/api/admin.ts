// The client of the admin door. Types come from docs/api/admin.yaml.
import type { components, paths } from './admin_schema';
import { address, caller, listenTo, upload } from './transport';

type Schemas = components['schemas'];
export type AuditRecord = Schemas['AuditRecord'];
export type Authority = Schemas['Authority'];
export type Certificate = Schemas['Certificate'];
export type Change = Schemas['Change'];
export type DoorStatus = Schemas['DoorStatus'];
export type Event = Schemas['Event'];
export type Finding = Schemas['Finding'];
export type Identity = Schemas['Identity'];
export type Interface = Schemas['Interface'];
export type InterfaceName = Schemas['InterfaceName'];
export type KeyType = Schemas['KeyType'];
export type Lookup = Schemas['Lookup'];
export type Network = Schemas['Network'];
export type NetworkName = Schemas['NetworkName'];
export type NewToken = Schemas['NewToken'];
export type Operator = Schemas['Operator'];
export type Padlock = Schemas['Padlock'];
export type Reload = Schemas['Reload'];
export type Retrieved = Schemas['Retrieved'];
export type Role = Schemas['Role'];
export type ServedCertificate = Schemas['ServedCertificate'];
export type Session = Schemas['Session'];
export type SigningRequest = Schemas['Request'];
export type Source = Schemas['Source'];
export type Status = Schemas['Status'];
export type TlsPolicy = Schemas['TlsPolicy'];
export type Token = Schemas['Token'];

export const call = caller<paths>();

// ---- uploads

/** A file, by the name that the appliance's sentences call it. */
export interface UploadFile {
    name: string;
    blob: Blob;
}

export interface UploadParts {
    certificate: UploadFile[];
    key: UploadFile | null;
    pkcs12: UploadFile | null;
    passphrase: string;
}

/** Judges (`dry`) or activates a certificate. `progress` hears the share that has been sent, 0 to 1. */
export async function uploadCertificate(
    door: InterfaceName, parts: UploadParts, how: { dry: boolean; confirm: string[] }, progress: (share: number) => void = () => {},
): Promise<Change> {
    const form = new FormData();
    for (const { blob, name } of parts.certificate) form.append('certificate', blob, name);
    if (parts.key !== null) form.append('key', parts.key.blob, parts.key.name);
    if (parts.pkcs12 !== null) form.append('pkcs12', parts.pkcs12.blob, parts.pkcs12.name);
    if (parts.passphrase !== '') form.append('passphrase', parts.passphrase);
    const url = address('/api/v1/interfaces/{interface}/certificate', { interface: door }, {
        dry_run: how.dry ? true : undefined,
        confirm: how.confirm.length > 0 ? how.confirm : undefined,
    });
    return await upload({ method: 'PUT', url, form, progress }) as Change;
}

/** Where a browser finds a door's certificate as a file. */
export function downloadAddress(door: InterfaceName, format: 'pem' | 'der' | 'chain' | 'p7b'): string {
    return address('/api/v1/interfaces/{interface}/certificate/download', { interface: door }, { format });
}

// ---- events

const kinds: readonly Event['event'][] = ['certificate.changed', 'reload.failed', 'certificate.expiring', 'settings.changed'];

/** Tells of events as they come, and of the connection, asking for the password where the session has ended. Returns what ends it. */
export function listen(heard: (event: Event) => void, connected: (is: boolean) => void): () => void {
    return listenTo<Event>({ kinds, heard, connected, probe: () => call('get', '/api/v1/status', {}) });
}
