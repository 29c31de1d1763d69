import { describe, expect, it } from 'vitest';
import { pageAt, navigation, userMenu } from '../clean/pages';
import { cleanNotices } from '../rules/clean_notices';
import { limitWords, pairOf, rowOf } from '../rules/rate_limit';
import { bytes, gravestBehaviours, splitTags, states, stateWords, tagFault, verdictWords } from '../rules/sample';
import * as submission from '../rules/submission';
import { conflictWords, isPending, loginFault, roleChoices, statusWords } from '../rules/user';
import { addressOf, place } from '../parts/route';
import { appliance, device, identity, registration, user } from './clean_samples';

describe('A state and a verdict', () => {
    it('are told by a word each, not by colour alone', () => {
        expect(new Set(states.map((state) => stateWords[state].word)).size).toBe(states.length);
        const scores = [0, 1, 50, 90].map((score) => verdictWords(score, 'succ'));
        expect(new Set(scores.map(({ word }) => word)).size).toBe(4);
        expect(new Set(scores.map(({ status }) => status)).size).toBe(4);
    });
    it.each([[0, 'Clean'], [1, 'Low'], [49, 'Low'], [50, 'Suspicious'], [89, 'Suspicious'], [90, 'Malicious'], [100, 'Malicious']])('of score %i is %s', (score, word) => {
        expect(verdictWords(score, 'succ')).toMatchObject({ word, sentence: `${word}: score ${score} of 100.` });
    });
    it('of a sample without a score says whether one will come', () => {
        expect(verdictWords(null, 'wait').word).toBe('Not yet');
        expect(verdictWords(null, 'proc').word).toBe('Not yet');
        expect(verdictWords(null, 'fail').word).toBe('None');
    });
    it('are explained by behaviours, the gravest first, then the surest', () => {
        const behaviour = (name: string, severity: number, confidence: number) => ({ name, title: name, severity, confidence });
        const found = [behaviour('a', 10, 100), behaviour('b', 90, 20), behaviour('c', 90, 80)];
        expect(gravestBehaviours(found).map(({ name }) => name)).toEqual(['c', 'b', 'a']);
        expect(found[0]?.name).toBe('a');
    });
});

describe('A size', () => {
    it.each([[0, '0 bytes'], [1, '1 byte'], [1023, '1023 bytes'], [1024, '1 KiB'], [1536, '1.5 KiB'], [48213, '47 KiB'], [1048575, '1 MiB'], [262144000, '250 MiB'], [1.5e12, '1.4 TiB']])(
        'of %i bytes is read as %s', (count, words) => {
            expect(bytes(count)).toBe(words);
        },
    );
});

describe('Tags', () => {
    it('are separated by commas, each taken once, blanks kept within', () => {
        expect(splitTags(' invoices, eastern branch ,,invoices,')).toEqual(['invoices', 'eastern branch']);
        expect(splitTags('')).toEqual([]);
    });
    it('have 64 characters at most, whatever these take in bytes', () => {
        expect(tagFault('ü'.repeat(64))).toBeUndefined();
        expect(tagFault('x'.repeat(65))).toContain('64');
    });
});

describe('Files on their way', () => {
    const all = [1, 2, 3].map((key) => submission.waiting(key, { name: `${key}.bin`, size: 10 }));

    it('go two at a time, in their order', () => {
        expect(submission.nextToSend(all).map(({ key }) => key)).toEqual([1, 2]);
        const one = submission.changed(all, 1, { state: 'sending' });
        expect(submission.nextToSend(one).map(({ key }) => key)).toEqual([2]);
        const two = submission.changed(one, 2, { state: 'sending' });
        expect(submission.nextToSend(two)).toEqual([]);
        expect(submission.nextToSend(submission.changed(two, 1, { state: 'failed' })).map(({ key }) => key)).toEqual([3]);
    });
    it('say how far each is, and how all of them stand', () => {
        const half = submission.changed(all, 1, { state: 'sending', share: 0.419 })[0]!;
        expect(submission.progressWords(half)).toBe('Sending, 41 % of 10 bytes');
        expect(submission.progressWords({ ...half, share: 1 })).toBe('Sent; the appliance stores it');
        expect(submission.summary(submission.changed(submission.changed(all, 1, { state: 'done' }), 2, { state: 'failed' }))).toBe('1 under way, 1 submitted, 1 failed');
        expect(submission.summary([])).toBe('');
    });
    it('are refused before they are sent where they are too large, with both sizes', () => {
        expect(submission.fileFault({ name: 'a.iso', size: 2048 }, 1024)).toBe('a.iso has 2 KiB; this appliance takes 1 KiB at most.');
        expect(submission.fileFault({ name: 'a.iso', size: 1048577 }, 1048576)).toBe('a.iso has 1,048,577 bytes; this appliance takes 1,048,576 bytes at most.');
        expect(submission.fileFault({ name: 'a.iso', size: 1024 }, 1024)).toBeUndefined();
        expect(submission.fileFault({ name: 'a.iso', size: 2048 }, 0)).toBeUndefined();
    });
});

describe('A user', () => {
    it('is pending where it is a device that nobody has let in yet', () => {
        expect(isPending(device)).toBe(true);
        expect(isPending({ ...device, registration: { ...registration, expires_at: null } })).toBe(false);
        expect(isPending({ ...device, active: true })).toBe(false);
        expect(isPending({ ...user, active: false })).toBe(false);
    });
    it('has a status in words', () => {
        expect(statusWords(user).word).toBe('Active');
        expect(statusWords({ ...user, active: false }).word).toBe('De-activated');
        expect(statusWords(device).word).toBe('Waits to be let in');
    });
    it('asks for a confirmation that names the attempts of others', () => {
        expect(conflictWords(device)).toBeNull();
        expect(conflictWords(user)).toBeNull();
        expect(conflictWords({ ...device, registration: { ...registration, conflicts: 1 } })).toMatch(/^One other attempt to register as esa-4711 .* was refused\..*192\.0\.2\.17/);
        expect(conflictWords({ ...device, registration: { ...registration, conflicts: 3 } })).toMatch(/^3 other attempts .* were refused/);
    });
    it('gives no role above its own', () => {
        expect(roleChoices('admin').map(({ value }) => value)).toContain('admin');
        expect(roleChoices('org-admin').map(({ value }) => value)).toEqual(['user', 'org-admin']);
    });
    it('has a login of a few characters only', () => {
        for (const good of ['', 'mira', 'mira@example.com', 'esa_4711-x.y+z', 'x'.repeat(65)]) expect(loginFault(good), good).toBeUndefined();
        for (const bad of ['mira example', 'a/b', '<b>', 'ä', 'x'.repeat(66)]) expect(loginFault(bad), bad).toBeDefined();
    });
});

describe('A rate limit', () => {
    it('is read in the largest unit that fits', () => {
        expect(rowOf([100, 1440])).toEqual({ samples: '100', count: '1', unit: '1440' });
        expect(rowOf([5, 120])).toEqual({ samples: '5', count: '2', unit: '60' });
        expect(rowOf([5, 90])).toEqual({ samples: '5', count: '90', unit: '1' });
        expect(limitWords([])).toBe('No limit.');
        expect(limitWords([[1000, 1440], [1, 60], [0, 4320]])).toBe('At most 1,000 samples per day, and 1 sample per hour, and 0 samples per 3 days.');
    });
    it('comes back as it was, or says what is wrong with it', () => {
        for (const pair of [[100, 1440], [0, 1], [1000000, 44640], [3, 90]] as const) expect(pairOf(rowOf(pair))).toEqual(pair);
        for (const samples of ['', '-1', '1.5', 'x', '1000001', '1e3']) expect(pairOf({ samples, count: '1', unit: '60' }), samples).toContain('Samples');
        for (const count of ['', '0', '-1', '32', '1.5']) expect(pairOf({ samples: '1', count, unit: '1440' }), count).toContain('31 days');
    });
});

describe('What must not be missed at the clean door', () => {
    const keys = (...args: Parameters<typeof cleanNotices>) => cleanNotices(...args).map(({ key }) => key);
    const withAnalysis = (engine: boolean, reachable: boolean) => ({ ...appliance, analysis: { engine, reachable, message: '' } });
    const withSamples = (used_bytes: number, quota_bytes: number) => ({ ...appliance, samples: { ...appliance.samples, used_bytes, quota_bytes } });

    it('is nothing where all is well, or where nothing is known yet', () => {
        expect(keys(appliance, identity, 0)).toEqual([]);
        expect(keys(undefined, identity, 0)).toEqual([]);
    });
    it('is that samples wait, and why', () => {
        expect(cleanNotices(withAnalysis(false, false), identity, 0)[0]?.text).toBe('Samples wait: no analysis engine is configured.');
        expect(cleanNotices(withAnalysis(true, false), identity, 0)[0]?.text).toBe('Samples wait: the analysis engine is not reachable.');
    });
    it('is that there is little room, or none', () => {
        expect(keys(withSamples(89, 100), identity, 0)).toEqual([]);
        expect(cleanNotices(withSamples(90, 100), identity, 0)[0]).toMatchObject({ key: 'quota', severity: 'warning' });
        expect(cleanNotices(withSamples(100, 100), identity, 0)[0]).toMatchObject({ key: 'quota', severity: 'danger' });
        expect(keys(withSamples(1e15, 0), identity, 0)).toEqual([]);
    });
    it('is a service that is told less than there is to tell', () => {
        const queue = { waiting: 0, failed: 0, dropped: 0, oldest_waiting_at: null };
        const service = (state: 'idle' | 'away' | 'locked' | 'telling', failed = 0) => ({ url: 'https://cloud.test/', state, queue: { ...queue, failed } });
        expect(keys(appliance, identity, 0, [service('idle'), service('telling')])).toEqual([]);
        expect(cleanNotices(appliance, identity, 0, [service('away')])[0]).toMatchObject({
            severity: 'warning', page: '/integration', text: 'The disposition update service https://cloud.test/ takes no calls.',
        });
        expect(keys(appliance, identity, 0, [service('away', 3), service('locked'), service('telling', 1), service('away')]))
            .toEqual(['services-locked', 'services-away', 'services-failed']);
    });
    it('is a device that waits, and a password that the first start made', () => {
        expect(keys(appliance, identity, 2)).toEqual(['pending']);
        expect(keys(appliance, { ...identity, initial_password: true }, 0)).toEqual(['initial-password']);
    });
});

describe('A page of the clean door', () => {
    it('is found by its path, with the thing that it is about', () => {
        expect(pageAt('/', 'user')?.page.path).toBe('/samples');
        expect(pageAt('/samples/abc', 'user')).toMatchObject({ page: { path: '/samples/:id', under: '/samples' }, id: 'abc' });
        expect(pageAt('/users/mira%40example.com', 'admin')?.id).toBe('mira@example.com');
    });
    it.each(['/nowhere', '/samples/', '/samples/a/b', '/users/%zz', '/profile/x'])('is none at %s', (path) => {
        expect(pageAt(path, 'admin')).toBeNull();
    });
    it('is there for who has the role alone', () => {
        expect(pageAt('/users', 'user')).toBeNull();
        expect(pageAt('/organizations', 'org-admin')).toBeNull();
        expect(navigation('user').map(({ title }) => title)).toEqual(['Samples']);
        expect(navigation('org-admin').map(({ title }) => title)).toEqual(['Samples', 'Users']);
        expect(navigation('admin').map(({ title }) => title)).toEqual(['Samples', 'Users', 'Organizations']);
        expect(pageAt('/integration', 'org-admin')).toBeNull();
        expect(userMenu('org-admin').map(({ title }) => title)).toEqual(['Profile and API key']);
        expect(userMenu('admin').map(({ title }) => title)).toEqual(['Profile and API key', 'Manage Integration']);
    });
    it('has an address with its wishes, which comes back as it was', () => {
        expect(addressOf('/samples', { search: '', state: undefined })).toBe('/samples');
        const address = addressOf('/samples', { search: 'a&b=c #1 ü?', sort: 'score' });
        expect(Object.fromEntries(place(`#${address}`).query)).toEqual({ search: 'a&b=c #1 ü?', sort: 'score' });
    });
});
