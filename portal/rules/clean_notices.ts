// What must not be missed at the clean door. Pure.
import type { ApplianceState, Identity } from '../api/clean';
import type { Notice } from './notice';
import { bytes } from './sample';

/** From which share of the quota on it is told. */
const nearlyFull = 0.9;

/** `pending`: how many devices wait to be let in; 0 for who cannot let them in. */
export function cleanNotices(appliance: ApplianceState | undefined, identity: Pick<Identity, 'initial_password' | 'role'>, pending: number): Notice[] {
    const found: Notice[] = [];
    if (identity.initial_password) {
        found.push({
            key: 'initial-password', severity: 'warning', text: 'You signed in with the password that the first start made.',
            page: '/profile', link: 'Choose your own',
        });
    }
    if (appliance !== undefined) {
        const { analysis, samples } = appliance;
        if (!analysis.engine || !analysis.reachable) {
            const why = analysis.engine ? 'the analysis engine is not reachable' : 'no analysis engine is configured';
            found.push({
                key: 'engine', severity: 'warning', text: `Samples wait: ${why}.`, page: '/samples?state=wait', link: 'Show what waits',
            });
        }
        if (samples.quota_bytes > 0 && samples.used_bytes >= nearlyFull * samples.quota_bytes) {
            const full = samples.used_bytes >= samples.quota_bytes;
            found.push({
                key: 'quota', severity: full ? 'danger' : 'warning', page: '/samples?sort=submitted_at&order=asc', link: 'Show the oldest',
                text: full ? `There is no room for samples: they take all of the ${bytes(samples.quota_bytes)} that they may.`
                    : `Samples take ${bytes(samples.used_bytes)} of the ${bytes(samples.quota_bytes)} that they may.`,
            });
        }
    }
    if (pending > 0) {
        found.push({
            key: 'pending', severity: 'info', page: '/users?pending=true',
            text: pending === 1 ? 'A device waits to be let in.' : `${pending} devices wait to be let in.`, link: pending === 1 ? 'Look at it' : 'Look at them',
        });
    }
    return found;
}
