// The operations on a door's certificate, and what each does to whom, said before it is done. Pure.
import type { Change, InterfaceName, ServedCertificate } from '../../api/admin';

export type OperationName = 'upload' | 'regenerate' | 'download' | 'request' | 'rollback';

export const operationWords: Record<OperationName, string> = {
    upload: 'Upload…',
    regenerate: 'Regenerate…',
    download: 'Download…',
    request: 'Request…',
    rollback: 'Roll back…',
};

const reach: Record<InterfaceName, string> = {
    clean: 'Connections that are open stay open.',
    admin: 'You are looking through this certificate: your browser will ask about the new one.',
};

/** What a change does, and to whom. */
export function consequence(operation: 'upload' | 'regenerate' | 'rollback', served: ServedCertificate): string {
    const pinned = 'Devices that were given the present certificate will refuse the new one until they get it.';
    switch (operation) {
        case 'upload':
            return `The new certificate is served at once, to everyone who connects to this door. ${reach[served.interface]}`;
        case 'regenerate':
            return `A new key and a new self-signed certificate. Browsers will warn about it. ${pinned} ${reach[served.interface]}`;
        case 'rollback':
            return `The previous certificate is served again, and the present one becomes the previous. ${pinned} ${reach[served.interface]}`;
    }
}

/** Of a change, what the dialog's last step shows. */
export interface Done {
    change: Change;
    served: ServedCertificate;
}
