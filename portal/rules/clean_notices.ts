// What must not be missed at the clean door. Pure.
import type { ApplianceState, DispositionService, Identity } from '../api/clean';
import type { Notice } from './notice';
import { bytes } from './sample';

/** From which share of the quota on it is told. */
const nearlyFull = 0.9;

type Service = Pick<DispositionService, 'state' | 'url' | 'queue'>;

const troubles = {
    away: ['takes no calls', 'take no calls'], locked: ['needs its password again', 'need their passwords again'],
    failed: ['could not be told something', 'could not be told something'],
} as const;

/** Services that are told less than there is to tell. */
function serviceNotices(services: readonly Service[]): Notice[] {
    const found = (['locked', 'away', 'failed'] as const).map((trouble) => {
        const of = services.filter(({ state, queue }) => (trouble === 'failed' ? queue.failed > 0 && state !== 'away' && state !== 'locked' : state === trouble));
        return { trouble, of };
    });
    return found.filter(({ of }) => of.length > 0).map(({ trouble, of }) => ({
        key: `services-${trouble}`, severity: trouble === 'locked' ? 'danger' : 'warning', page: '/integration', link: 'Manage Integration',
        text: of.length === 1 ? `The disposition update service ${of[0]?.url.split('?')[0] ?? ''} ${troubles[trouble][0]}.`
            : `${of.length} disposition update services ${troubles[trouble][1]}.`,
    }));
}

/** `services`: none for who cannot manage them. `pending`: how many devices wait to be let in; 0 for who cannot let them in. */
export function cleanNotices(appliance: ApplianceState | undefined, identity: Pick<Identity, 'initial_password' | 'role'>, pending: number, services: readonly Service[] = []): Notice[] {
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
    found.push(...serviceNotices(services));
    if (pending > 0) {
        found.push({
            key: 'pending', severity: 'info', page: '/users?pending=true',
            text: pending === 1 ? 'A device waits to be let in.' : `${pending} devices wait to be let in.`, link: pending === 1 ? 'Look at it' : 'Look at them',
        });
    }
    return found;
}
