import { afterEach, describe, expect, it, vi } from 'vitest';
import { call } from '../api/admin';
import { Refusal, Unreachable, address, everything, onSessionEnded } from '../api/transport';
import { Appliance, signedOut } from './appliance';
import { identity } from './samples';

afterEach(() => {
    onSessionEnded(null);
    vi.unstubAllGlobals();
});

describe('An address', () => {
    it('has its parameters escaped, lists joined by commas, and what is not given left out', () => {
        expect(address('/a/{id}/b', { id: 'x/y z' })).toBe('/a/x%2Fy%20z/b');
        expect(address('/a', {}, { confirm: ['p', 'q'], cursor: undefined, actor: '', limit: 5 })).toBe('/a?confirm=p%2Cq&limit=5');
    });
});

describe('A call', () => {
    it('sends JSON and gives back what came', async () => {
        const appliance = new Appliance().on('POST /api/v1/session', [200, identity]).connect();
        expect(await call('post', '/api/v1/session', { body: { username: 'admin', password: 'p' } })).toEqual(identity);
        expect(appliance.asked[0]).toMatchObject({ method: 'POST', body: { username: 'admin', password: 'p' } });
    });

    it('gives nothing for 204', async () => {
        new Appliance().on('DELETE /api/v1/tokens/t_1', [204]).connect();
        expect(await call('delete', '/api/v1/tokens/{id}', { path: { id: 't_1' } })).toBeUndefined();
    });

    it('that is refused throws the problem, with how long to wait', async () => {
        new Appliance().on('POST /api/v1/session', [429, { code: 'too_many_requests', title: 'Too Many', detail: 'Wait 8 seconds.' }]).connect();
        const error = await call('post', '/api/v1/session', { body: { username: 'a', password: 'b' } }).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(Refusal);
        expect((error as Refusal).problem.code).toBe('too_many_requests');
        expect((error as Refusal).retryAfter).toBe(8);
    });

    it('that gets no answer says so', async () => {
        vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
        await expect(call('get', '/api/v1/status', {})).rejects.toBeInstanceOf(Unreachable);
    });

    it('that gets nonsense for an answer is refused, not believed', async () => {
        vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 200 })));
        await expect(call('get', '/api/v1/status', {})).rejects.toMatchObject({ problem: { code: 'unexpected_answer' } });
    });
});

describe('A session that has ended', () => {
    it('is restored once for all calls that meet it, and each call repeated as it was', async () => {
        let signedIn = false;
        const appliance = new Appliance()
            .on('PUT /api/v1/network', ({ body }) => (signedIn ? [200, body] : signedOut))
            .on('GET /api/v1/status', () => (signedIn ? [200, {}] : signedOut))
            .connect();
        const again = vi.fn(() => Promise.resolve().then(() => void (signedIn = true)));
        onSessionEnded(again);
        const body = { dns: { clean: ['10.0.0.53'], dirty: [] } };
        const [changed] = await Promise.all([call('put', '/api/v1/network', { body }), call('get', '/api/v1/status', {})]);
        expect(changed).toEqual(body);
        expect(again).toHaveBeenCalledTimes(1);
        expect(appliance.times('PUT /api/v1/network')).toBe(2);
    });

    it('is not asked for by signing in itself, nor twice by one call', async () => {
        const appliance = new Appliance().on('GET /api/v1/session', signedOut).on('GET /api/v1/status', signedOut).connect();
        const again = vi.fn(() => Promise.resolve());
        onSessionEnded(again);
        await expect(call('get', '/api/v1/session', {})).rejects.toBeInstanceOf(Refusal);
        expect(again).not.toHaveBeenCalled();
        await expect(call('get', '/api/v1/status', {})).rejects.toBeInstanceOf(Refusal);
        expect(again).toHaveBeenCalledTimes(1);
        expect(appliance.times('GET /api/v1/status')).toBe(2);
    });

    it('is none where the password of a form is wrong', async () => {
        new Appliance().on('POST /api/v1/operators/self/totp', [401, { code: 'credentials_wrong', title: 'Unauthorized' }]).connect();
        const again = vi.fn(() => Promise.resolve());
        onSessionEnded(again);
        await expect(call('post', '/api/v1/operators/self/totp', { body: { password: 'x' } })).rejects.toBeInstanceOf(Refusal);
        expect(again).not.toHaveBeenCalled();
    });
});

describe('A long list', () => {
    it('is fetched page by page, to a limit', async () => {
        const page = (cursor: string | undefined) => {
            const from = Number(cursor ?? 0);
            return Promise.resolve({ items: [from, from + 1], next: from < 8 ? String(from + 2) : null });
        };
        expect(await everything(page)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(await everything(page, 4)).toEqual([0, 1, 2, 3]);
    });
});
