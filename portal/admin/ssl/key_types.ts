import type { KeyType } from '../../api/admin';

export const keyTypes: readonly { value: KeyType; label: string }[] = [
    { value: 'ecdsa-p256', label: 'ECDSA P-256 (fast, taken by every present client)' },
    { value: 'rsa-2048', label: 'RSA 2048 (for old clients)' },
    { value: 'rsa-3072', label: 'RSA 3072' },
    { value: 'rsa-4096', label: 'RSA 4096 (slow to make and to use)' },
    { value: 'ed25519', label: 'Ed25519 (browsers do not take it)' },
];
