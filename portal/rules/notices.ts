// What must not be missed, above every page. Pure.
import type { DoorStatus, Identity, Interface, InterfaceName } from '../api/admin';
import type { Notice } from './notice';

export const doorWords: Record<InterfaceName, string> = { clean: 'Application (clean)', admin: 'Administration Portal (admin)' };

/** The bell counts them, the banners show them. */
export function notices(
    doors: readonly Interface[], status: Partial<Record<InterfaceName, DoorStatus>>, identity?: Pick<Identity, 'initial_password'>,
): Notice[] {
    const found: Notice[] = [];
    if (identity?.initial_password) {
        found.push({
            key: 'initial-password', severity: 'warning', text: 'You signed in with the password that the first start made.',
            page: '/access/account', link: 'Choose your own',
        });
    }
    for (const door of doors) {
        const words = doorWords[door.interface];
        const last = status[door.interface]?.last_reload;
        if (last?.result === 'refused') {
            found.push({
                key: `reload-${door.interface}`, severity: 'danger',
                text: `${words}: the last change was refused${last.code === null ? '' : ` (${last.code})`}.`,
                page: `/configuration/ssl?door=${door.interface}`, link: 'See why',
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
