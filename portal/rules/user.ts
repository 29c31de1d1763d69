// What is said of the clean door's users, people and devices. Pure.
import type { DeviceKind, Role, User } from '../api/clean';

export const roleWords: Record<Role, string> = { user: 'User', 'org-admin': 'Organization admin', admin: 'Administrator' };

const choices: readonly { value: Role; label: string }[] = [
    { value: 'user', label: 'User: submits, and sees its organization’s samples' },
    { value: 'org-admin', label: 'Organization admin: also orders its organization’s users' },
    { value: 'admin', label: 'Administrator: sees and orders everything' },
];

/** The roles that somebody with this one may give. */
export function roleChoices(own: Role): typeof choices {
    return own === 'admin' ? choices : choices.filter(({ value }) => value !== 'admin');
}

export const kindWords: Record<DeviceKind, string> = {
    esa: 'Mail gateway (ESA)',
    wsa: 'Web gateway (WSA)',
    amp: 'Endpoint cloud (AMP)',
    other: 'Other device',
};

/** A device that nobody has let in yet. */
export function isPending({ device, active, registration }: Pick<User, 'device' | 'active' | 'registration'>): boolean {
    return device && !active && registration !== null && registration.expires_at !== null;
}

export interface StatusWords {
    word: string;
    status: 'success' | 'warning' | 'custom';
}

export function statusWords(user: Pick<User, 'device' | 'active' | 'registration'>): StatusWords {
    if (user.active) return { word: 'Active', status: 'success' };
    if (isPending(user)) return { word: 'Waits to be let in', status: 'warning' };
    return { word: 'De-activated', status: 'custom' };
}

/** What has to be confirmed before a device is let in; null where nothing has. */
export function conflictWords({ login, registration }: Pick<User, 'login' | 'registration'>): string | null {
    const count = registration?.conflicts ?? 0;
    if (count === 0) return null;
    const attempts = count === 1 ? 'One other attempt' : `${count} other attempts`;
    const was = count === 1 ? 'was' : 'were';
    return `${attempts} to register as ${login} with another secret ${was} refused. I have made sure that the device at ${registration?.source_address} is the right one.`;
}

export function loginFault(login: string): string | undefined {
    if (login === '') return undefined;
    return /^[A-Za-z0-9._@+-]{1,65}$/.test(login) ? undefined : 'Letters, digits and . _ - @ + only, at most 65.';
}
