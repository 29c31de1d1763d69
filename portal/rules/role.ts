// Roles in words. Pure.
import type { Role } from '../api/admin';

export const roleWords: Record<Role, string> = { read: 'Read', operate: 'Operate' };

export const roleChoices: readonly { value: Role; label: string }[] = [
    { value: 'read', label: 'Read: may look at everything' },
    { value: 'operate', label: 'Operate: may change everything' },
];
