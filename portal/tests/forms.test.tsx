// @vitest-environment jsdom
import { act, cleanup, configure, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { signIn } from '../admin/identity';
import { Regenerate } from '../admin/ssl/regenerate';
import { Request } from '../admin/ssl/request';
import { Upload } from '../admin/ssl/upload';
import { SessionEnded } from '../parts/session_ended';
import { SignInForm } from '../parts/sign_in_form';
import { call, type Change } from '../api/admin';
import { Appliance, signedOut, type Asked } from './appliance';
import { certificate, identity, served } from './samples';

// Waited for as long as it takes; what never comes meets the test's own limit.
configure({ asyncUtilTimeout: 240000 });
Element.prototype.scrollIntoView = () => undefined; // jsdom has no layout, and so no scrolling

afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
});

const type = (label: RegExp | string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));
const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });

const mismatch = { code: 'hostname_mismatch', severity: 'warn', message: 'The hostname is not in it.', advice: '' } as const;
const change: Change = { change_id: 'c_9', fingerprint_sha256: 'b'.repeat(64), findings: [], certificate: { ...certificate, fingerprint_sha256: 'b'.repeat(64) }, key_from: 'upload' };
const nothing = () => {};

describe('Signing in', () => {
    it('asks for the code once the appliance does, and keeps name and password', async () => {
        const appliance = new Appliance().on('POST /api/v1/session', ({ body }) =>
            'otp' in (body as object) ? [200, identity] : [401, { code: 'otp_required', title: 'Unauthorized' }]).connect();
        const signedIn = vi.fn();
        render(<SignInForm signIn={signIn} onSignedIn={signedIn} />);
        expect(button('Sign in').disabled).toBe(true);
        type(/User name/, 'admin');
        type(/Password/, 'correct horse');
        press('Sign in');
        await screen.findByLabelText(/Code/);
        expect(screen.queryByRole('alert')).toBeNull();
        type(/Code/, '492039');
        press('Sign in');
        await waitFor(() => expect(signedIn).toHaveBeenCalledWith(identity));
        expect(appliance.asked[1]?.body).toEqual({ username: 'admin', password: 'correct horse', otp: '492039' });
    });

    it('says why it did not work', async () => {
        new Appliance().on('POST /api/v1/session', [401, { code: 'credentials_wrong', title: 'Unauthorized', detail: 'These do not belong together.' }]).connect();
        render(<SignInForm signIn={signIn} onSignedIn={nothing} />);
        type(/User name/, 'admin');
        type(/Password/, 'wrong');
        press('Sign in');
        expect((await screen.findByRole('alert')).textContent).toContain('These do not belong together.');
    });
});

describe('A session that ends in the middle of something', () => {
    it('is asked for in a dialog, of the same person, and what was asked goes on', async () => {
        let signedIn = false;
        const appliance = new Appliance()
            .on('POST /api/v1/session', () => {
                signedIn = true;
                return [200, identity];
            })
            .on('PUT /api/v1/network', ({ body }) => (signedIn ? [200, body] : signedOut))
            .connect();
        render(<SessionEnded username="admin" signIn={signIn} leave={nothing} />);
        const changed = call('put', '/api/v1/network', { body: { dns: { clean: [], dirty: ['9.9.9.9'] } } });
        await screen.findByRole('dialog');
        expect(screen.getByLabelText<HTMLInputElement>(/User name/).disabled).toBe(true);
        type(/Password/, 'correct horse');
        press('Sign in');
        expect(await changed).toEqual({ dns: { clean: [], dirty: ['9.9.9.9'] } });
        expect(appliance.times('PUT /api/v1/network')).toBe(2);
        await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    });
});

describe('An upload', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const appliance = (dry: (asked: Asked) => [number, unknown]) =>
        new Appliance().on('PUT /api/v1/interfaces/clean/certificate', (asked) => (asked.url.includes('dry_run=true') ? dry(asked) : [200, change])).connect();

    it('is checked first, each warning confirmed, then activated with what was confirmed', async () => {
        const asked = appliance(() => [200, { ...change, change_id: null, findings: [mismatch] }]);
        const done = vi.fn();
        render(<Upload served={served} request={null} onDone={done} onClose={nothing} />);
        expect(button('Check').disabled).toBe(true);
        type(/Or paste PEM/, pem);
        press('Check');
        await screen.findByRole('checkbox');
        expect(button('Activate').disabled).toBe(true);
        expect(screen.getByText(/bbbb bbbb/)).toBeTruthy();
        fireEvent.click(screen.getByRole('checkbox'));
        press('Activate');
        await screen.findByText(/The new certificate is served/);
        expect(done).toHaveBeenCalledTimes(1);
        expect(asked.asked.map((each) => each.url.split('?')[1])).toEqual(['dry_run=true', 'confirm=hostname_mismatch']);
        expect((asked.asked[1]?.body as FormData).getAll('certificate')).toHaveLength(1);
    });

    it('that is refused cannot be activated, and can be mended', async () => {
        appliance(() => [200, { ...change, change_id: null, certificate: null, fingerprint_sha256: null, key_from: null,
            findings: [{ code: 'key_locked', severity: 'refuse', message: 'The key is encrypted.', advice: '' }, mismatch] }]);
        render(<Upload served={served} request={null} onDone={nothing} onClose={nothing} />);
        type(/Or paste PEM/, pem);
        press('Check');
        await screen.findByText(/The key is encrypted/);
        expect(screen.queryByRole('button', { name: 'Activate' })).toBeNull();
        expect(screen.queryByRole('checkbox')).toBeNull();
        expect(screen.getByText('The hostname is not in it.')).toBeTruthy();
        expect(screen.queryByText(/is served at once/)).toBeNull();
        press('Back');
        expect(screen.getByLabelText<HTMLTextAreaElement>(/Or paste PEM/).value).toBe(pem);
    });

    it('goes under its own name, by which the appliance speaks of it', async () => {
        const asked = appliance(() => [422, { code: 'unparsable', title: 'Unprocessable', detail: 'site.p12 is damaged.' }]);
        render(<Upload served={served} request={null} onDone={nothing} onClose={nothing} />);
        // SEQUENCE { INTEGER 3 } is how every PKCS#12 file begins.
        const bytes = new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x03]);
        const file = Object.assign(new File([bytes], 'site.p12'), { arrayBuffer: () => Promise.resolve(bytes.buffer) }); // jsdom's has none
        fireEvent.change(screen.getByLabelText(/Drop the certificate/), { target: { files: [file] } });
        await screen.findByText('site.p12');
        press('Check');
        await screen.findByText(/site.p12 is damaged/);
        expect(((asked.asked[0]?.body as FormData).get('pkcs12') as File).name).toBe('site.p12');
    });

    it('says how far it has been sent, and then what the appliance does with it', async () => {
        const asked = appliance(() => [200, { ...change, change_id: null }]);
        let progress: (share: number) => void = nothing;
        let sent: () => void = nothing;
        asked.sending = (tell) => new Promise((done) => {
            progress = tell;
            sent = done;
        });
        render(<Upload served={served} request={null} onDone={nothing} onClose={nothing} />);
        type(/Or paste PEM/, pem);
        expect(screen.queryByRole('progressbar')).toBeNull();
        press('Check');
        const bar = await screen.findByRole('progressbar', { name: 'Sending…' });
        act(() => progress(0.5));
        expect(bar.getAttribute('aria-valuenow')).toBe('50');
        expect(screen.getByText('Sending…')).toBeTruthy();
        act(() => progress(1));
        expect(screen.getByText('Checking…')).toBeTruthy();
        sent();
        await screen.findByRole('button', { name: 'Activate' });
        expect(screen.queryByRole('progressbar')).toBeNull();
    });

    it.each([
        ['passphrase_wrong', 'wrong', 'The passphrase given does not open it.'],
        ['passphrase_missing', '', 'No passphrase was given.'],
        ['key_locked', 'wrong', 'The key is encrypted, and the passphrase given does not open it.'],
    ])('shows a passphrase of its own where the key needs one, and the fault beside it: %s', async (code, passphrase, detail) => {
        appliance(() => [422, { code, title: 'Unprocessable', detail, pointer: '/passphrase' }]);
        render(<Upload served={served} request={null} onDone={nothing} onClose={nothing} />);
        expect(screen.queryByLabelText(/Passphrase/)).toBeNull();
        type(/Or paste PEM/, '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n');
        type(/Passphrase/, passphrase);
        press('Check');
        await screen.findByText(detail);
        expect(screen.getByLabelText(/Passphrase/).getAttribute('aria-invalid')).toBe('true');
        expect(screen.queryByRole('alert')).toBeNull();
    });

    it('says that the key of a pending request is on the appliance', () => {
        const request = { subject: 'CN=x', names: ['x.example'], key_type: 'ecdsa-p256' as const, public_key_sha256: 'd'.repeat(64), pem: '' };
        render(<Upload served={served} request={request} onDone={nothing} onClose={nothing} />);
        expect(screen.getByText(/The key for this certificate is on the appliance/)).toBeTruthy();
    });
});

describe('A request for a certificate', () => {
    it.each([
        ['organization', 'Organization'],
        ['country', 'Country'],
        ['common_name', 'Common name'],
    ])('shows what is wrong with a part of the subject at that part alone: %s', async (member, label) => {
        const refused = { code: 'subject_invalid', title: 'Unprocessable', detail: 'That is no such name.', pointer: `/subject/${member}` };
        new Appliance().on('POST /api/v1/interfaces/clean/certificate/request', [422, refused]).connect();
        render(<Request served={served} request={null} onClose={nothing} />);
        press('Make the request');
        await screen.findByText('That is no such name.');
        const wrong = screen.getAllByRole('textbox').filter((field) => field.getAttribute('aria-invalid') === 'true');
        expect(wrong).toEqual([screen.getByLabelText(label)]);
        expect(screen.queryByRole('alert')).toBeNull();
    });
});

describe('Regenerating', () => {
    const route = 'POST /api/v1/interfaces/admin/certificate/regenerate';
    const admin = { ...served, interface: 'admin' as const };

    it('of the certificate one looks through ends with a plain link to go on by', async () => {
        const appliance = new Appliance().on(route, [200, { ...change, key_from: 'generated' }]).connect();
        render(<Regenerate served={admin} onDone={nothing} onClose={nothing} />);
        fireEvent.click(screen.getByLabelText(/825 days/));
        press('Regenerate');
        const link = await screen.findByRole('link', { name: 'Continue with the new certificate' });
        expect(link.getAttribute('href')).toBe('/?change=c_9#/configuration/ssl');
        expect(appliance.asked[0]?.body).toEqual({ names: ['gw.example.com'], days: 825, key_type: 'ecdsa-p256' });
    });

    it('asks to confirm what the appliance warns of', async () => {
        const warning = { code: 'browsers_refuse', severity: 'warn', message: 'Browsers do not take Ed25519.', advice: '' };
        const appliance = new Appliance().on(route, ({ url }) => url.includes('confirm=browsers_refuse')
            ? [200, change] : [409, { code: 'confirmation_required', title: 'Conflict', detail: 'Confirm.', findings: [warning] }]).connect();
        render(<Regenerate served={admin} onDone={nothing} onClose={nothing} />);
        press('Regenerate');
        fireEvent.click(await screen.findByLabelText(/Browsers do not take Ed25519/));
        press('Regenerate');
        await screen.findByText(/The new certificate is served/);
        expect(appliance.times(route)).toBe(2);
    });

    it('does not send a name that is none, and says which', () => {
        new Appliance().connect();
        render(<Regenerate served={admin} onDone={nothing} onClose={nothing} />);
        type(/Names/, 'gw.example.com\nnot/a/name');
        expect(screen.getByText(/'not\/a\/name'/)).toBeTruthy();
        expect(button('Regenerate').disabled).toBe(true);
    });

    it('says that a place cannot be written, with its code', async () => {
        new Appliance().on(route, [409, { code: 'slot_is_link', title: 'Conflict', detail: 'cert.pem is a link.' }]).connect();
        render(<Regenerate served={admin} onDone={nothing} onClose={nothing} />);
        press('Regenerate');
        const alert = await screen.findByRole('alert');
        expect(alert.textContent).toContain('cert.pem is a link.');
        expect(alert.textContent).toContain('slot_is_link');
    });
});
