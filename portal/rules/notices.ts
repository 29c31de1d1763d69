// What must not be missed, above every page. Pure.
import type { DoorStatus, Interface, InterfaceName } from '../api/client';

export interface Notice {
    key: string;
    severity: 'danger' | 'warning';
    text: string;
    /** The page that mends it, and what the link says. */
    page: string;
    link: string;
}

export const doorWords: Record<InterfaceName, string> = { clean: 'Application (clean)', admin: 'Administration (admin)' };

export function notices(doors: readonly Interface[], status: Partial<Record<InterfaceName, DoorStatus>>): Notice[] {
    const found: Notice[] = [];
    for (const door of doors) {
        const words = doorWords[door.interface];
        const last = status[door.interface]?.last_reload;
        if (last?.result === 'refused') {
            found.push({
                key: `reload-${door.interface}`, severity: 'danger', text: `${words}: the last change was refused. ${last.message}`,
                page: '/configuration/ssl', link: 'See the certificate',
            });
        }
        const days = door.certificate.days_left;
        if (days < 0) {
            found.push({
                key: `expired-${door.interface}`, severity: 'danger', text: `${words}: the certificate has expired.`,
                page: '/configuration/ssl', link: 'Replace it',
            });
        } else if (days <= door.expiry_warning_days) {
            const when = days === 0 ? 'today' : days === 1 ? 'tomorrow' : `in ${days} days`;
            found.push({
                key: `expires-${door.interface}`, severity: 'warning', text: `${words}: the certificate expires ${when}.`,
                page: '/configuration/ssl', link: 'Replace it',
            });
        }
        if (door.tls.legacy) {
            found.push({
                key: `legacy-${door.interface}`, severity: 'warning', text: `${words}: TLS 1.0 and 1.1 are switched on.`,
                page: '/configuration/tls', link: 'How to switch it off',
            });
        }
    }
    return found;
}
