// @vitest-environment jsdom
import { act, cleanup, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sample, User } from '../api/clean';
import { IdentityContext } from '../clean/identity';
import Organizations from '../clean/pages/organizations';
import SamplePage from '../clean/pages/sample';
import Samples from '../clean/pages/samples';
import UserDetails from '../clean/pages/user';
import Users from '../clean/pages/users';
import { clear, giveUp, submit, useSubmissions } from '../clean/submissions';
import { refresh } from '../parts/data';
import { gathered } from '../parts/gathered';
import { Appliance } from './appliance';
import * as known from './clean_samples';

configure({ asyncUtilTimeout: 240000 });
Element.prototype.scrollIntoView = () => undefined; // jsdom has no layout, and so no scrolling

let appliance: Appliance;

beforeEach(() => {
    window.location.hash = '';
    appliance = new Appliance().on('GET /api/v1/appliance', [200, known.appliance]).on('GET /api/v1/organizations', [200, { items: [known.organization], next: null }]).connect();
});

afterEach(() => {
    cleanup();
    clear();
    refresh(''); // what nobody looks at any more is forgotten
    vi.unstubAllGlobals();
    vi.useRealTimers();
});

const show = (page: React.ReactElement, identity = known.identity) =>
    render(<IdentityContext.Provider value={{ identity, refreshIdentity: () => undefined }}>{page}</IdentityContext.Provider>);
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));
const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });
const queries = (route: string) => appliance.asked.filter(({ method, url }) => `${method} ${url.split('?')[0]}` === route).map(({ url }) => Object.fromEntries(new URLSearchParams(url.split('?')[1])));
const lastQuery = (route: string) => queries(route).at(-1);

describe('The list of samples', () => {
    const route = 'GET /api/v1/samples';
    const page = (items: Sample[], next: string | null = null) => [200, { items, next }] as [number, unknown];

    it('says what would be here where nothing is, and how it gets here', async () => {
        appliance.on(route, page([]));
        show(<Samples />);
        await screen.findByText('No samples yet');
        expect(screen.getByText(/Submit files here/)).toBeTruthy();
    });

    it('shows what others typed as they typed it', async () => {
        const filename = '<img src=x onerror=alert(1)>.html';
        appliance.on(route, page([{ ...known.sample, filename, tags: ['<b>x</b>'] }]));
        show(<Samples />);
        expect((await screen.findByRole('link', { name: filename })).getAttribute('href')).toBe(`#/samples/${known.sample.id}`);
        expect(screen.getByText('<b>x</b>')).toBeTruthy();
        expect(document.querySelector('main img, td img')).toBeNull();
    });

    it('asks the appliance for the search, the filters and the order, which stand in the address', async () => {
        appliance.on(route, page([known.sample]));
        show(<Samples />);
        await screen.findByRole('link', { name: 'invoice.pdf' });
        expect(lastQuery(route)).toEqual({ sort: 'submitted_at', order: 'desc', limit: '50' });
        fireEvent.change(screen.getByLabelText('Search'), { target: { value: ' invoice ' } });
        await waitFor(() => expect(lastQuery(route)).toMatchObject({ search: 'invoice' }));
        fireEvent.change(screen.getByLabelText('State'), { target: { value: 'wait' } });
        fireEvent.click(await screen.findByLabelText('Only those I submitted'));
        await waitFor(() => expect(lastQuery(route)).toMatchObject({ search: 'invoice', state: 'wait', mine: 'true' }));
        press('File');
        await waitFor(() => expect(lastQuery(route)).toMatchObject({ sort: 'filename', order: 'asc', state: 'wait' }));
        expect(window.location.hash).toContain('search=invoice');
    });

    it('asks for nothing that its address says and nobody knows', async () => {
        window.location.hash = '#/samples?state=nonsense&sort=size&order=up&min_score=x';
        appliance.on(route, page([known.sample]));
        show(<Samples />);
        await screen.findByRole('link', { name: 'invoice.pdf' });
        expect(lastQuery(route)).toEqual({ sort: 'submitted_at', order: 'desc', limit: '50' });
    });

    it('leads from page to page by the cursors that came, and back', async () => {
        appliance.on(route, ({ url }) => (url.includes('cursor=second') ? page([{ ...known.sample, filename: 'older.pdf' }]) : page([known.sample], 'second')));
        show(<Samples />);
        await screen.findByRole('link', { name: 'invoice.pdf' });
        expect(button('Previous').disabled).toBe(true);
        press('Next');
        await screen.findByRole('link', { name: 'older.pdf' });
        expect(screen.queryByRole('link', { name: 'invoice.pdf' })).toBeNull();
        expect(button('Next').disabled).toBe(true);
        press('Previous');
        await screen.findByRole('link', { name: 'invoice.pdf' });
    });

    it('says what is wrong in its place', async () => {
        appliance.on(route, [503, { code: 'unavailable', title: 'Service Unavailable' }]);
        show(<Samples />);
        expect((await screen.findByRole('alert')).textContent).toContain('Try again in a moment');
    });
});

describe('A submission', () => {
    const file = (name: string, size = 3) => Object.defineProperty(new File(['abc'], name), 'size', { value: size });

    it('is chosen, given tags, and sent before the file what must be known before it', async () => {
        appliance.on('GET /api/v1/samples', [200, { items: [], next: null }]).on('POST /api/v1/samples', [201, known.sample]);
        show(<Samples />);
        press('Submit samples…');
        const dialog = await screen.findByRole('dialog');
        expect(button('Submit').disabled).toBe(true);
        fireEvent.change(screen.getByLabelText(/Drop files here/), { target: { files: [file('a.exe'), file('b.exe')] } });
        fireEvent.change(within(dialog).getByLabelText('Tags'), { target: { value: 'one, two' } });
        fireEvent.click(within(dialog).getByLabelText('Private'));
        press('Submit 2 files');
        await screen.findByText('2 submitted');
        expect(screen.queryByRole('dialog')).toBeNull();
        const sent = appliance.asked.filter(({ method }) => method === 'POST').map(({ body }) => [...(body as FormData).entries()]);
        expect(sent.map((form) => form.map(([name]) => name))).toEqual([['tags', 'private', 'sample'], ['tags', 'private', 'sample']]);
        expect(sent[0]?.[0]?.[1]).toBe('one,two');
        expect((sent[1]?.[2]?.[1] as File).name).toBe('b.exe');
        press('Clear what is done');
        expect(screen.queryByText('2 submitted')).toBeNull();
    });

    it('is not begun with a file that is too large, and says so', async () => {
        appliance.on('GET /api/v1/samples', [200, { items: [], next: null }]);
        show(<Samples />);
        press('Submit samples…');
        await screen.findByText('Drop files here, each of 250 MiB at most.');
        fireEvent.change(screen.getByLabelText(/Drop files here/), { target: { files: [file('a.iso', 262144001)] } });
        await screen.findByText(/a\.iso has 262,144,001 bytes; this appliance takes 262,144,000 bytes at most/);
        expect(button('Submit').disabled).toBe(true);
        press('Remove a.iso');
        expect(screen.queryByText(/a\.iso/)).toBeNull();
    });

    it('that is refused says why beside it, and can be tried again', async () => {
        let full = true;
        appliance.on('GET /api/v1/samples', [200, { items: [], next: null }])
            .on('POST /api/v1/samples', () => (full ? [507, { code: 'quota_reached', title: 'Insufficient Storage', detail: 'There is no room.' }] : [201, known.sample]));
        show(<Samples />);
        act(() => submit([file('a.exe')], { tags: [], private: false }));
        expect((await screen.findByRole('alert')).textContent).toContain('There is no room.');
        full = false;
        press('Try again: a.exe');
        await screen.findByText('1 submitted');
        expect(screen.queryByRole('alert')).toBeNull();
    });

    it('shows how far it is, and can be cancelled; the one after it goes on', async () => {
        const sending: { tell: (share: number) => void; done: () => void }[] = [];
        appliance.sending = (tell) => new Promise((done) => sending.push({ tell, done }));
        appliance.on('GET /api/v1/samples', [200, { items: [], next: null }]).on('POST /api/v1/samples', [201, known.sample]);
        show(<Samples />);
        act(() => submit([file('a.exe'), file('b.exe'), file('c.exe')], { tags: [], private: false }));
        await waitFor(() => expect(sending).toHaveLength(2));
        act(() => sending[0]?.tell(0.5));
        await screen.findByText('Sending, 50 % of 3 bytes');
        expect(screen.getByRole('progressbar', { name: /^a\.exe/ }).getAttribute('aria-valuenow')).toBe('50');
        press('Cancel a.exe');
        await screen.findByText('Cancelled');
        await waitFor(() => expect(sending).toHaveLength(3));
        act(() => {
            sending[1]?.done();
            sending[2]?.done();
        });
        await screen.findByText('2 submitted, 1 cancelled');
    });

    it('that waits for its turn is cancelled without being sent', async () => {
        appliance.sending = () => new Promise(() => undefined);
        let all: ReturnType<typeof useSubmissions> = [];
        function Watch() {
            all = useSubmissions();
            return null;
        }
        render(<Watch />);
        act(() => submit([file('a'), file('b'), file('c')], { tags: [], private: false }));
        act(() => giveUp(all[2]!.key));
        expect(all.map(({ state }) => state)).toEqual(['sending', 'sending', 'given_up']);
        act(() => all.forEach(({ key }) => giveUp(key)));
        await waitFor(() => expect(all.map(({ state }) => state)).toEqual(['given_up', 'given_up', 'given_up']));
        expect(appliance.times('POST /api/v1/samples')).toBe(2);
    });
});

describe('A sample', () => {
    const route = `GET /api/v1/samples/${known.sample.id}`;
    const judged: Sample = { ...known.sample, state: 'succ', score: 95, severity: 95, behaviours: [{ name: 'win.test', title: 'Win.Test found', severity: 95, confidence: 100 }] };

    it('that was judged shows the verdict and why, the report, and the archive with its password', async () => {
        appliance.on(route, [200, judged]);
        show(<SamplePage id={known.sample.id} />);
        await screen.findByRole('heading', { level: 1, name: 'invoice.pdf' });
        expect(screen.getByText('Malicious 95')).toBeTruthy();
        expect(screen.getByText('Win.Test found')).toBeTruthy();
        expect(screen.getByRole('link', { name: 'Open the report' }).getAttribute('href')).toBe(`/api/v1/samples/${known.sample.id}/report.html`);
        press('Download…');
        expect(screen.getByRole('link', { name: /zip archive/ }).getAttribute('href')).toBe(`/api/v1/samples/${known.sample.id}/sample.zip`);
        expect(screen.getByText('infected')).toBeTruthy();
    });

    it('that waits without an engine says what it waits for', async () => {
        appliance.on('GET /api/v1/appliance', [200, { ...known.appliance, analysis: { engine: true, reachable: false, message: 'Nothing listens there.' } }]).on(route, [200, known.sample]);
        show(<SamplePage id={known.sample.id} />);
        await screen.findByText('It waits for the analysis engine.');
        expect(screen.getByText('Nothing listens there.')).toBeTruthy();
        expect(screen.queryByRole('link', { name: 'Open the report' })).toBeNull();
    });

    it('gets tags and loses them', async () => {
        let tags = ['old'];
        appliance.on(route, () => [200, { ...judged, tags }])
            .on(`POST /api/v1/samples/${known.sample.id}/tags`, ({ body }) => {
                tags = [...tags, (body as { tag: string }).tag];
                return [200, { ...judged, tags }];
            })
            .on(`DELETE /api/v1/samples/${known.sample.id}/tags/a%2Fb`, () => {
                tags = ['old'];
                return [204];
            });
        show(<SamplePage id={known.sample.id} />);
        fireEvent.change(await screen.findByLabelText('Another tag'), { target: { value: 'a/b' } });
        press('Add');
        await screen.findByText('a/b');
        press('Remove the tag a/b');
        await waitFor(() => expect(screen.queryByText('a/b')).toBeNull());
        expect(screen.getByText('old')).toBeTruthy();
    });

    it('that is not there, or not to be seen, says so and leads back', async () => {
        appliance.on(route, [404, { code: 'not_found', title: 'Not Found', detail: 'There is no such sample.' }]);
        show(<SamplePage id={known.sample.id} />);
        expect((await screen.findByRole('alert')).textContent).toContain('There is no such sample.');
        expect(screen.getByRole('link', { name: 'Back to the samples' })).toBeTruthy();
    });
});

describe('A device that waits', () => {
    const login = known.device.login;
    const conflicting = (conflicts: number): User => ({ ...known.device, registration: { ...known.registration, conflicts } });

    it('is let in once it was confirmed', async () => {
        let present = known.device;
        appliance.on(`GET /api/v1/users/${login}`, () => [200, present]).on(`GET /api/v1/users/${login}/rate-limit`, [200, { 'submission-rate-limit': [] }])
            .on(`PUT /api/v1/users/${login}/active`, () => [200, present = { ...known.device, active: true, registration: { ...known.registration, state: 'active', expires_at: null } }]);
        show(<UserDetails id={login} />);
        await screen.findByText('192.0.2.17');
        press('Re-Activate User…');
        press('Re-Activate User');
        await screen.findByText('Active');
        expect(appliance.asked.find(({ method }) => method === 'PUT')?.body).toEqual({});
        expect(screen.queryByRole('button', { name: 'Re-Activate User…' })).toBeNull();
    });

    it('for which others tried to register is let in only with a box that names the attempts', async () => {
        appliance.on(`GET /api/v1/users/${login}`, [200, conflicting(2)]).on(`GET /api/v1/users/${login}/rate-limit`, [200, { 'submission-rate-limit': [] }])
            .on(`PUT /api/v1/users/${login}/active`, [200, { ...conflicting(2), active: true }]);
        show(<UserDetails id={login} />);
        await screen.findByText(/Somebody else tried to register as esa-4711/);
        press('Re-Activate User…');
        expect(button('Re-Activate User').disabled).toBe(true);
        fireEvent.click(screen.getByRole('checkbox', { name: /^2 other attempts to register as esa-4711/ }));
        press('Re-Activate User');
        await waitFor(() => expect(appliance.asked.find(({ method }) => method === 'PUT')?.body).toEqual({ confirm_conflicts: true }));
    });

    it('asks to confirm attempts that came while the dialog was open', async () => {
        let conflicts = 0;
        appliance.on(`GET /api/v1/users/${login}`, () => [200, conflicting(conflicts)]).on(`GET /api/v1/users/${login}/rate-limit`, [200, { 'submission-rate-limit': [] }])
            .on(`PUT /api/v1/users/${login}/active`, () => {
                conflicts = 1;
                return [409, { code: 'device_conflicts', title: 'Conflict', detail: 'Confirm the attempts of others.' }];
            });
        show(<UserDetails id={login} />);
        await screen.findByText('192.0.2.17');
        press('Re-Activate User…');
        press('Re-Activate User');
        await screen.findByRole('checkbox', { name: /^One other attempt/ });
        expect(button('Re-Activate User').disabled).toBe(true);
    });
});

describe('Users', () => {
    it('of an organization are listed for its admin without asking for what is not theirs', async () => {
        appliance.on('GET /api/v1/users', [200, { items: [known.user], next: null }]);
        show(<Users />, { ...known.identity, role: 'org-admin' });
        expect((await screen.findByRole('link', { name: 'ada' })).getAttribute('href')).toBe('#/users/ada');
        expect(appliance.times('GET /api/v1/organizations')).toBe(0);
        press('New user…');
        expect(screen.queryByLabelText('Organization')).toBeNull();
        expect(within(screen.getByLabelText<HTMLSelectElement>('Role', { selector: '#new-role' })).queryByText(/^Administrator/)).toBeNull();
    });

    it('are made, with what is taken said at its field', async () => {
        appliance.on('GET /api/v1/users', [200, { items: [], next: null }])
            .on('POST /api/v1/users', ({ body }) => ((body as { login: string }).login === 'ada' ? [409, { code: 'user_exists', title: 'Conflict', detail: 'Taken.' }] : [201, { ...known.user, login: 'a@b' }]));
        show(<Users />);
        press('New user…');
        fireEvent.change(screen.getByLabelText(/^Login/), { target: { value: 'ada' } });
        press('Make the user');
        await screen.findByText('There is a user of this login.');
        expect(screen.getByLabelText(/^Login/).getAttribute('aria-invalid')).toBe('true');
        fireEvent.change(screen.getByLabelText(/^Login/), { target: { value: 'a@b' } });
        press('Make the user');
        await waitFor(() => expect(window.location.hash).toBe('#/users/a%40b'));
        expect(appliance.asked.at(-1)?.method).not.toBe('PUT');
        expect(appliance.asked.filter(({ method }) => method === 'POST').at(-1)?.body).toEqual({ login: 'a@b', name: '', email: '', title: '', role: 'user', organization_id: 1 });
    });

    it('have their limits changed in the units that people use', async () => {
        let limits: unknown = { 'submission-rate-limit': [[100, 1440]] };
        appliance.on('GET /api/v1/users/ada', [200, known.user]).on('GET /api/v1/users/ada/rate-limit', () => [200, limits])
            .on('PUT /api/v1/users/ada/rate-limit', ({ body }) => [200, limits = body]);
        show(<UserDetails id="ada" />);
        await screen.findByText(/At most 100 samples per day\./);
        press('Change the rate limit…');
        press('Add a limit');
        fireEvent.change(screen.getAllByLabelText('Samples').at(-1)!, { target: { value: '5' } });
        fireEvent.change(screen.getAllByLabelText('Unit').at(-1)!, { target: { value: '60' } });
        fireEvent.change(screen.getAllByLabelText('within').at(-1)!, { target: { value: '0' } });
        expect(screen.getByRole('alert').textContent).toContain('one minute to 31 days');
        expect(button('Save').disabled).toBe(true);
        fireEvent.change(screen.getAllByLabelText('within').at(-1)!, { target: { value: '2' } });
        fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Save' }));
        await screen.findByText(/At most 100 samples per day, and 5 samples per 2 hours\./);
    });

    it('have their key shown only when it is asked for', async () => {
        appliance.on('GET /api/v1/users/ada', [200, known.user]).on('GET /api/v1/users/ada/rate-limit', [200, { 'submission-rate-limit': [] }])
            .on('GET /api/v1/users/ada/api-key', [200, { api_key: 'k'.repeat(26) }]).on('POST /api/v1/users/ada/api-key', [200, { api_key: 'n'.repeat(26) }]);
        show(<UserDetails id="ada" />);
        await screen.findByRole('heading', { name: 'API key' });
        expect(appliance.times('GET /api/v1/users/ada/api-key')).toBe(0);
        press('Show the key');
        await screen.findByText('k'.repeat(26));
        press('Regenerate…');
        expect(screen.getByText(/is refused from the next request on/)).toBeTruthy();
        press('Regenerate');
        await screen.findByText('n'.repeat(26));
        expect(screen.queryByText('k'.repeat(26))).toBeNull();
    });
});

describe('Organizations', () => {
    it('that still have users say how many when they are to be deleted', async () => {
        appliance.on('DELETE /api/v1/organizations/1', [409, { code: 'organization_not_empty', title: 'Conflict', detail: 'default still has 12 users.' }]);
        show(<Organizations />);
        fireEvent.click(await screen.findByRole('button', { name: 'Operations on default' }));
        fireEvent.click(await screen.findByRole('menuitem', { name: 'Delete…' }));
        press('Delete');
        expect((await screen.findByRole('alert')).textContent).toContain('default still has 12 users.');
    });
});

describe('Much that happens at once', () => {
    it('becomes one piece of work', () => {
        vi.useFakeTimers();
        const dealt: string[][] = [];
        const work = gathered<string>(1000, (things) => dealt.push(things));
        work.add('samples', 'appliance');
        vi.advanceTimersByTime(999);
        work.add('samples');
        vi.advanceTimersByTime(1);
        expect(dealt).toEqual([['samples', 'appliance']]);
        work.add('users');
        vi.advanceTimersByTime(1000);
        expect(dealt).toEqual([['samples', 'appliance'], ['users']]);
        work.add('users');
        work.end();
        vi.advanceTimersByTime(5000);
        expect(dealt).toHaveLength(2);
    });
});
