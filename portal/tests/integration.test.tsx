// @vitest-environment jsdom
import { act, cleanup, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DispositionService } from '../api/clean';
import Integration from '../clean/pages/integration';
import { refresh } from '../parts/data';
import { Appliance } from './appliance';
import * as known from './clean_samples';

configure({ asyncUtilTimeout: 240000 });
Element.prototype.scrollIntoView = () => undefined; // jsdom has no layout, and so no scrolling

const list = 'GET /api/v1/disposition-services';
const one = '/api/v1/disposition-services/1';
let appliance: Appliance;

beforeEach(() => {
    appliance = new Appliance().connect();
});

afterEach(() => {
    cleanup();
    refresh(''); // what nobody looks at any more is forgotten
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
});

/** As a person does, who brings the focus along. */
function push(element: HTMLElement) {
    element.focus();
    fireEvent.click(element);
}
const press = (name: string | RegExp, place: HTMLElement = document.body) => push(within(place).getByRole('button', { name }));
const type = (label: RegExp | string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });
const services = (...all: Partial<DispositionService>[]) => [200, { items: all.map((each, index) => ({ ...known.service, id: index + 1, ...each })), next: null }] as [number, unknown];
const queue = (more: Partial<DispositionService['queue']>) => ({ ...known.service.queue, ...more });

async function choose(operation: string) {
    push(await screen.findByRole('button', { name: `Operations on ${known.service.url}` }));
    push(await screen.findByRole('menuitem', { name: operation }));
    return screen.findByRole('dialog');
}

describe('The list of services', () => {
    it('says what would be here where nothing is', async () => {
        appliance.on(list, services());
        render(<Integration />);
        await screen.findByText('No services yet');
        expect(button('Add a service…')).toBeTruthy();
    });

    it('says what is wrong in its place', async () => {
        appliance.on(list, [503, { code: 'unavailable', title: 'Service Unavailable' }]);
        render(<Integration />);
        expect((await screen.findByRole('alert')).textContent).toContain('Try again in a moment');
    });

    it('shows each with its user, its network in words, its queue and what came of it last, and never a password', async () => {
        appliance.on(list, services(
            { state: 'away', message: 'cloud.example.com:443 refuses the connection.', queue: queue({ waiting: 3, oldest_waiting_at: '2026-03-02T09:00:00Z' }),
                last_failure: { at: '2026-03-02T09:59:00Z', message: 'It refuses the connection.' } },
            { url: 'https://other.example.com/<b>', user: '<i>mira</i>', network: 'clean', last_success_at: null, queue: queue({ failed: 2, dropped: 1 }), state: 'failed' },
        ));
        render(<Integration />);
        const [first, second] = await screen.findAllByRole('listitem').then((items) => items.filter((item) => item.hasAttribute('data-service')));
        for (const words of ['cloud.example.com/dispositions', 'Away', 'gatehouse', '*****', 'Dirty network', '3 wait, the oldest since', 'cloud.example.com:443 refuses the connection.', 'It refuses the connection.'])
            expect(first?.textContent).toContain(words);
        for (const words of ['https://other.example.com/<b>', '<i>mira</i>', 'Clean network', 'Failed', '2 could not be told.', '1 could not be told, and was forgotten', 'Last successnever', 'Last failurenever'])
            expect(second?.textContent).toContain(words);
    });

    it('says what went wrong once, where what is wrong now is what failed last', async () => {
        const words = 'cloud.example.com:443 refuses the connection.';
        appliance.on(list, services({ state: 'away', message: words, last_failure: { at: '2026-03-02T09:59:00Z', message: words } }));
        render(<Integration />);
        expect((await screen.findAllByText(words, { exact: false })).length).toBe(1);
    });

    it('leads from what is wrong to what mends it', async () => {
        appliance.on(list, services({ state: 'locked', message: 'Its password was sealed with another key.' })).on(`POST ${one}/test`, [200, known.untrusted]);
        render(<Integration />);
        await screen.findByText('Its password was sealed with another key.');
        press('Enter the password…');
        await screen.findByRole('dialog');
        expect(screen.getByText(/the one that is kept cannot be opened/)).toBeTruthy();
    });
});

describe('A queue that moves', () => {
    it('is looked at again every five seconds, until nothing waits; what is shown stays meanwhile', async () => {
        vi.useFakeTimers({ shouldAdvanceTime: false });
        let waiting = 2;
        appliance.on(list, () => services({ state: waiting > 0 ? 'telling' : 'idle', queue: queue({ waiting }) }));
        render(<Integration />);
        const passes = async (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
        await passes(0);
        expect(screen.getByText('2 wait, the oldest')).toBeTruthy();
        const shown = document.querySelector('[data-service]');
        await passes(4999);
        expect(appliance.times(list)).toBe(1);
        waiting = 1;
        await passes(1);
        expect(appliance.times(list)).toBe(2);
        expect(screen.getByText('1 waits')).toBeTruthy();
        expect(document.querySelector('[data-service]')).toBe(shown);
        waiting = 0;
        await passes(5000);
        expect(screen.getByText('Nothing waits.')).toBeTruthy();
        await passes(60000);
        expect(appliance.times(list)).toBe(3);
    });

    it('is not asked for while nobody sees the page, and at once when somebody does again', async () => {
        vi.useFakeTimers({ shouldAdvanceTime: false });
        const sight = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
        appliance.on(list, services({ state: 'telling', queue: queue({ waiting: 2 }) }));
        render(<Integration />);
        const passes = async (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
        await passes(60000);
        expect(appliance.times(list)).toBe(1);
        sight.mockReturnValue('visible');
        act(() => void document.dispatchEvent(new Event('visibilitychange')));
        await passes(0);
        expect(appliance.times(list)).toBe(2);
    });

    it('that cannot be asked for says so above what was known', async () => {
        vi.useFakeTimers({ shouldAdvanceTime: false });
        let fails = false;
        appliance.on(list, () => (fails ? [503, { code: 'unavailable', title: 'Service Unavailable' }] : services({ queue: queue({ waiting: 2 }) })));
        render(<Integration />);
        const passes = async (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
        await passes(0);
        fails = true;
        await passes(5000);
        expect(screen.getByRole('alert').textContent).toContain('Try again in a moment');
        expect(screen.getByText('2 wait, the oldest')).toBeTruthy();
        fails = false;
        await passes(5000);
        expect(screen.queryByRole('alert')).toBeNull();
    });
});

describe('A service', () => {
    const exists = { code: 'service_exists', title: 'Conflict', detail: 'There is a service with this URL and user.', pointer: '/url' };

    it('is added, with what is wrong said at its field', async () => {
        let answer: [number, unknown] = [409, exists];
        appliance.on(list, services()).on('POST /api/v1/disposition-services', () => answer);
        render(<Integration />);
        press('Add a service…');
        await screen.findByRole('dialog');
        expect(button('Add').disabled).toBe(true);
        type(/^URL/, 'http://cloud.example.com');
        await screen.findByText(/nothing is told without TLS/);
        type(/^URL/, ' https://cloud.example.com/dispositions ');
        type(/^User/, 'a:b');
        await screen.findByText('Without colons and control characters.');
        type(/^User/, 'gatehouse');
        expect(button('Add').disabled).toBe(true);
        type(/^Password/, 'a long secret');
        press('Add');
        await screen.findByText(exists.detail);
        expect(screen.getByLabelText(/^URL/).getAttribute('aria-invalid')).toBe('true');
        answer = [201, known.service];
        appliance.on(list, services({}));
        press('Add');
        await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
        expect(appliance.asked.filter(({ method }) => method === 'POST').at(-1)?.body)
            .toEqual({ url: 'https://cloud.example.com/dispositions', user: 'gatehouse', password: 'a long secret', network: 'dirty' });
        await screen.findByRole('heading', { name: known.service.url });
        expect(screen.getByText(/was added/).getAttribute('role')).toBe('status');
    });

    it('there may be only so many of says so above the form', async () => {
        appliance.on(list, services()).on('POST /api/v1/disposition-services', [409, { code: 'too_many_services', title: 'Conflict', detail: 'There are 32 services.' }]);
        render(<Integration />);
        press('Add a service…');
        await screen.findByRole('dialog');
        type(/^URL/, 'https://cloud.example.com/');
        type(/^User/, 'gatehouse');
        type(/^Password/, 'secret');
        press('Add');
        expect((await screen.findByRole('alert')).textContent).toContain('There are 32 services.');
    });

    it('is changed without its password, which is asked for again where the URL is another one', async () => {
        const moved = { ...known.service, url: 'https://elsewhere.example.com/' };
        appliance.on(list, services({})).on(`PUT ${one}`, ({ body }) => {
            const said = body as { url: string; password?: string };
            if (said.url !== known.service.url && said.password === undefined) return [422, { code: 'password_needed', title: 'Unprocessable Content', detail: 'Enter the password for the new place.', pointer: '/password' }];
            appliance.on(list, services({ url: said.url, network: 'clean' }));
            return [200, { ...moved, network: 'clean' }];
        });
        render(<Integration />);
        const dialog = await choose('Edit…');
        const password = within(dialog).getByLabelText<HTMLInputElement>(/^Password/);
        expect(password.value).toBe('');
        expect(password.type).toBe('password');
        expect(screen.getByText('Left empty, it stays as it is.')).toBeTruthy();
        type('Network', 'clean');
        type(/^URL/, moved.url);
        expect(screen.getByText(/is not sent to another/)).toBeTruthy();
        press('Save', dialog);
        await screen.findByText('Enter the password for the new place.');
        expect(screen.getByLabelText(/^Password/).getAttribute('aria-invalid')).toBe('true');
        type(/^Password/, 'for the new place');
        press('Save', dialog);
        await screen.findByRole('heading', { name: moved.url });
        expect(screen.queryByRole('dialog')).toBeNull();
        expect(appliance.asked.filter(({ method }) => method === 'PUT').map(({ body }) => body)).toEqual([
            { url: moved.url, user: 'gatehouse', network: 'clean' },
            { url: moved.url, user: 'gatehouse', network: 'clean', password: 'for the new place' },
        ]);
    });

    it('is removed once it was said what goes with it', async () => {
        appliance.on(list, services({ queue: queue({ waiting: 3, failed: 2 }) })).on(`DELETE ${one}`, () => {
            appliance.on(list, services());
            return [204];
        });
        render(<Integration />);
        const dialog = await choose('Remove…');
        expect(dialog.textContent).toContain('With it go its password, what waits for it (3) and what could not be told (2).');
        expect(appliance.times(`DELETE ${one}`)).toBe(0);
        press('Remove', dialog);
        await screen.findByText('No services yet');
        expect(screen.getByText(/was removed/)).toBe(document.activeElement);
    });
});

describe('Test Connection', () => {
    const steps = () => screen.getAllByRole('listitem').filter((item) => item.hasAttribute('data-step')).map((item) => item.textContent);

    it('shows each step with its result, which page mends it, and whom it reached', async () => {
        let done: (() => void) | undefined;
        appliance.on(list, services({})).on(`POST ${one}/test`, [200, known.untrusted]);
        const fetched = globalThis.fetch;
        vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
            if (url.endsWith('/test')) await new Promise<void>((go) => (done = go));
            return fetched(url, init);
        });
        render(<Integration />);
        await choose('Test Connection…');
        await screen.findByText(/The test is under way/);
        expect(steps()).toHaveLength(5);
        expect(steps()[0]).toContain('Under way');
        expect(button(/Test again/).disabled).toBe(true);
        act(() => done?.());
        const result = await screen.findByText(/It came to an end at: Trust the certificate\./);
        expect(result.closest('[role="status"]')).not.toBeNull();
        expect(steps()[0]).toBe('Passed Resolve the name: cloud.example.com is 192.0.2.7.');
        expect(steps()[3]).toMatch(/^Failed Trust the certificate: .* is not trusted\..*administration door of this appliance, on its page CA Certificates\./);
        expect(steps()[4]).toBe('Not reached Ask with user and password');
        expect(screen.getByText('cloud.example.com')).toBeTruthy();
        expect(screen.getByText(Array(16).fill('3b1f').join(' '))).toBeTruthy();
        expect(screen.queryByRole('button', { name: 'Edit…' })).toBeNull();
        expect(screen.queryByRole('link', { name: /CA Certificates/ })).toBeNull();
    });

    it('is done again, and says that all is well', async () => {
        let ok = false;
        const well = { ok: true, steps: known.untrusted.steps.map((step) => ({ ...step, ok: true, page: null })), chain: known.untrusted.chain };
        appliance.on(list, services({})).on(`POST ${one}/test`, () => [200, ok ? well : known.untrusted]);
        render(<Integration />);
        await choose('Test Connection…');
        await screen.findByText(/It came to an end at/);
        ok = true;
        press('Test again');
        await screen.findByText(/The service was reached, is trusted/);
        expect(screen.queryByText(/administration door/)).toBeNull();
        expect(appliance.times(`POST ${one}/test`)).toBe(2);
    });

    it('leads to Edit where that mends it', async () => {
        const refused = { ...known.untrusted, steps: known.untrusted.steps.map((step) => step.step === 'status' ? { ...step, ok: false, message: 'It answered 401.', page: 'service' } : { ...step, ok: true, page: null }) };
        appliance.on(list, services({})).on(`POST ${one}/test`, [200, refused]);
        render(<Integration />);
        await choose('Test Connection…');
        await screen.findByText(/This is mended here, by Edit\./);
        press('Edit…');
        await screen.findByRole('dialog', { name: 'Edit the service' });
    });

    it('that would take a password which cannot be opened leads to Edit', async () => {
        appliance.on(list, services({ state: 'locked' })).on(`POST ${one}/test`, [409, { code: 'password_locked', title: 'Conflict', detail: 'Its password cannot be unsealed. Enter it again.' }]);
        render(<Integration />);
        await choose('Test Connection…');
        expect((await screen.findByRole('alert')).textContent).toContain('Enter it again.');
        press('Edit…');
        await screen.findByRole('dialog', { name: 'Edit the service' });
    });

    it('that cannot be begun says why', async () => {
        appliance.on(list, services({})).on(`POST ${one}/test`, [429, { code: 'too_many_requests', title: 'Too Many Requests', detail: 'Several tests are under way. Try again in a moment.' }]);
        render(<Integration />);
        await choose('Test Connection…');
        expect((await screen.findByRole('alert')).textContent).toContain('Several tests are under way.');
        expect(screen.queryByRole('heading', { name: 'Steps' })).toBeNull();
        expect(button('Test again').disabled).toBe(false);
    });
});

describe('What could not be told', () => {
    const failedRoute = `GET ${one}/failed`;
    const retryRoute = `POST ${one}/retry`;
    const withFailed = (failed: number) => ({ state: failed > 0 ? 'failed' : 'telling', queue: queue({ failed, waiting: failed > 0 ? 0 : 1 }) }) as const;

    it('is told once more all at once, from the list', async () => {
        appliance.on(list, services(withFailed(2))).on(retryRoute, () => {
            appliance.on(list, services(withFailed(0)));
            return [200, { ...known.service, ...withFailed(0) }];
        });
        render(<Integration />);
        push(await screen.findByRole('button', { name: `Retry all of ${known.service.url}` }));
        expect(await screen.findByText(/2 are told once more\./)).toBe(document.activeElement);
        expect(screen.queryByRole('button', { name: /^Retry all/ })).toBeNull();
        expect(appliance.asked.find(({ method }) => method === 'POST')?.body).toEqual({});
    });

    it('that is not told once more says why, and stays', async () => {
        appliance.on(list, services(withFailed(2))).on(retryRoute, [503, { code: 'unavailable', title: 'Service Unavailable' }]);
        render(<Integration />);
        push(await screen.findByRole('button', { name: `Retry all of ${known.service.url}` }));
        expect((await screen.findByRole('alert')).textContent).toContain('Try again in a moment');
        expect(screen.getByText('2 could not be told.')).toBeTruthy();
    });

    it('is listed with the reason, one is told once more, then the rest', async () => {
        let left = [known.failed, { ...known.failed, id: 40, sha256: 'c'.repeat(64), message: 'It answered with 410 Gone.' }];
        appliance.on(list, () => services(withFailed(left.length))).on(failedRoute, () => [200, { items: left, next: null }]).on(retryRoute, ({ body }) => {
            const { disposition } = body as { disposition?: number };
            left = disposition === undefined ? [] : left.filter(({ id }) => id !== disposition);
            return [200, { ...known.service, ...withFailed(left.length) }];
        });
        render(<Integration />);
        const dialog = await choose('Show what failed…');
        await within(dialog).findByText('It answered with 410 Gone.');
        expect(within(dialog).getByRole('link', { name: known.failed.sha256 }).getAttribute('href')).toBe(`#/samples/${known.sample.id}`);
        expect(within(dialog).getAllByText('Malicious 95')).toHaveLength(2);
        expect(dialog.querySelector('time')?.dateTime).toBe(known.failed.analyzed_at);
        press(`Retry ${known.failed.sha256}`, dialog);
        expect(button(`Retry ${known.failed.sha256}`).disabled).toBe(true);
        await waitFor(() => expect(within(dialog).queryByText(known.failed.message)).toBeNull());
        expect(within(dialog).getByText('It is told once more.')).toBe(document.activeElement);
        press('Retry all', dialog);
        await within(dialog).findByText('Nothing has failed');
        expect(appliance.asked.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual([{ disposition: 41 }, {}]);
        expect(button('Retry all').disabled).toBe(true);
    });

    it('and was told meanwhile says so', async () => {
        appliance.on(list, services(withFailed(1))).on(failedRoute, [200, { items: [known.failed], next: null }])
            .on(retryRoute, [404, { code: 'no_disposition', title: 'Not Found', detail: 'This disposition has not failed.' }]);
        render(<Integration />);
        const dialog = await choose('Show what failed…');
        await within(dialog).findByText(known.failed.message);
        press(`Retry ${known.failed.sha256}`, dialog);
        expect((await within(dialog).findByRole('alert')).textContent).toContain('This disposition has not failed.');
    });
});
