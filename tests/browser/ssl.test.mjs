import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hostname } from './appliance.mjs';
import { fingerprint, oldPkcs12, pair, signed } from './certificates.mjs';
import { scene } from './scene.mjs';
import { served } from './served.mjs';

const here = scene();
const words = { clean: 'Application (clean)', admin: 'Administration Portal (admin)' };

const row = (door) => here.page.locator(`li[data-door="${door}"]`);
const compact = (text) => text.replace(/\s/g, '').toLowerCase();

/** Begins an operation on a door, as its menu offers it: the dialog. */
async function begin(door, operation, title) {
    const { page, visitor } = here;
    if (await page.getByRole('dialog').count() > 0) await page.reload(); // of a test that failed
    await page.getByRole('button', { name: `Operations on ${words[door]}` }).click();
    await page.getByRole('menuitem', { name: operation }).click();
    const dialog = visitor.dialog(`${title}: ${words[door]}`);
    await dialog.waitFor();
    return dialog;
}

/** The dialog's end: the fingerprint that it shows is the one that is served. */
async function done(dialog, door) {
    await dialog.getByText('The new certificate is served.').waitFor();
    const now = await served(here.appliance, door);
    assert.ok(compact(await dialog.innerText()).includes(now), 'the new fingerprint is shown');
    return now;
}

/** Whether all of it is within what its dialog shows. */
const isInView = (place) => place.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    const body = element.closest('.pf-v6-c-modal-box__body').getBoundingClientRect();
    return top >= body.top && bottom <= body.bottom;
});

const file = (name, text) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) });

/** What a click on that link lets the browser save. */
async function saved(click) {
    const waiting = here.page.waitForEvent('download');
    await click();
    const download = await waiting;
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test('the page shows both doors and their padlocks', async () => {
    const { visitor } = here;
    await visitor.open('SSL', 'SSL Certificates');
    for (const door of ['clean', 'admin']) {
        await row(door).locator('[data-padlock]').first().waitFor();
        assert.ok((await row(door).innerText()).includes(hostname[door]));
    }
    await visitor.look('ssl');
});

test('a row opens the drawer with everything about the certificate, and gives the focus back', async () => {
    const { page, visitor, appliance } = here;
    await page.getByRole('button', { name: `Details of ${words.clean}` }).click();
    const drawer = page.locator('.pf-v6-c-drawer__panel');
    await drawer.getByRole('button', { name: 'Copy fingerprint', exact: true }).waitFor();
    assert.ok(compact(await drawer.innerText()).includes(await served(appliance, 'clean')));
    await visitor.look('ssl-details');
    await drawer.getByRole('button', { name: /^Close/ }).click();
    await drawer.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'details-clean');
});

test('regenerate makes a new certificate with the chosen term, after it said what that means', async () => {
    const { visitor, appliance } = here;
    const before = await served(appliance, 'clean');
    const dialog = await begin('clean', 'Regenerate…', 'Regenerate the certificate');
    await dialog.getByText('Devices that were given the present certificate will refuse the new one until they get it.').waitFor();
    await dialog.locator('#names:focus').waitFor(); // where there is something to do
    await dialog.getByLabel('825 days').check();
    await visitor.look('ssl-regenerate');
    await visitor.press('Regenerate', dialog);
    assert.notEqual(await done(dialog, 'clean'), before);
    await visitor.look('ssl-regenerated');
    await visitor.press('Close', dialog);
    // 825 in all, one of them behind us against clocks that lag: less than 824 are left. The page's clock moves every half a
    // minute, so that it may still stand where they are.
    await row('clean').getByText(/expires in 82[34] days/).waitFor();
});

test('a key that browsers do not take is made once its warning is confirmed', async () => {
    const { page, visitor, appliance } = here;
    const usual = page.viewportSize();
    await page.setViewportSize({ width: usual.width, height: 560 }); // the dialog is taller
    const before = await served(appliance, 'clean');
    const dialog = await begin('clean', 'Regenerate…', 'Regenerate the certificate');
    await dialog.locator('#key_type').selectOption('ed25519');
    await visitor.press('Regenerate', dialog);
    const warning = dialog.getByRole('checkbox', { name: /which browsers do not accept/ });
    await warning.waitFor();
    assert.ok(await isInView(warning), 'the dialog shows what is asked, without scrolling');
    await page.setViewportSize(usual);
    const regenerate = dialog.getByRole('button', { name: 'Regenerate', exact: true });
    assert.ok(await regenerate.isDisabled(), 'not before the warning is confirmed');
    assert.equal(await served(appliance, 'clean'), before, 'asking changes nothing');
    await visitor.look('ssl-regenerate-warned');
    await warning.check();
    await regenerate.click();
    await done(dialog, 'clean');
    await visitor.press('Close', dialog);
    await row('clean').getByText('which browsers do not accept').waitFor();
});

test('an old PKCS#12 file is opened with its passphrase, and a wrong one is said beside the passphrase', async () => {
    const { page, visitor, appliance } = here;
    const before = await served(appliance, 'clean');
    const brought = pair([hostname.clean]);
    const dialog = await begin('clean', 'Upload…', 'Upload a certificate');
    await page.locator('#certificate-files').setInputFiles([file('site.p12', oldPkcs12(brought, 'open sesame'))]);
    const passphrase = dialog.getByLabel('Passphrase of the key');
    await passphrase.fill('open barley');
    await visitor.press('Check', dialog);
    await dialog.locator('#passphrase[aria-invalid="true"]').waitFor();
    assert.match(await dialog.locator('#passphrase-help').innerText(), /passphrase/);
    assert.equal(await dialog.getByRole('alert').count(), 0, 'it is said at the field alone');
    await visitor.look('ssl-upload-passphrase');
    await passphrase.fill('open sesame');
    await visitor.press('Check', dialog);
    const activate = dialog.getByRole('button', { name: 'Activate', exact: true });
    await activate.waitFor();
    for (const box of await dialog.getByRole('checkbox').all()) await box.check();
    assert.equal(await served(appliance, 'clean'), before, 'checking changes nothing');
    await activate.click();
    assert.equal(await done(dialog, 'clean'), brought.fingerprint);
    await visitor.press('Close', dialog);
});

test('an upload is checked first, asks to confirm each warning, and is served once it is activated', async () => {
    const { page, visitor, appliance } = here;
    const before = await served(appliance, 'clean');
    const brought = pair(['elsewhere.example.test'], 10);
    const dialog = await begin('clean', 'Upload…', 'Upload a certificate');
    await page.locator('#certificate-files').setInputFiles([file('site.pem', brought.certificate), file('site.key', brought.key)]);
    await dialog.getByText('site.key').waitFor();
    await visitor.look('ssl-upload');
    await visitor.press('Check', dialog);

    const activate = dialog.getByRole('button', { name: 'Activate', exact: true });
    await activate.waitFor();
    assert.ok(compact(await dialog.innerText()).includes(brought.fingerprint), 'before and after are compared');
    assert.equal(await served(appliance, 'clean'), before, 'checking changes nothing');
    assert.ok(await activate.isDisabled(), 'not before the warnings are confirmed');
    for (const code of ['hostname_mismatch', 'expires_soon']) await dialog.locator(`#confirm-${code}`).check();
    await visitor.look('ssl-upload-checked');
    await activate.click();
    assert.equal(await done(dialog, 'clean'), brought.fingerprint);
    await visitor.press('Close', dialog);
    await row('clean').locator('[data-padlock="yellow"]').waitFor();
});

test('what cannot be served is refused with the reason, and the form is kept', async () => {
    const { page, visitor, appliance } = here;
    const before = await served(appliance, 'clean');
    const one = pair(['gw.example.test']);
    const other = pair(['gw.example.test']);
    const dialog = await begin('clean', 'Upload…', 'Upload a certificate');
    await dialog.getByLabel('Or paste PEM').fill(`${one.certificate}${other.key}`);
    await visitor.press('Check', dialog);
    await dialog.locator('[data-finding="key_mismatch"], [data-notice="danger"]').first().waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Activate' }).count(), 0, 'there is nothing to activate');
    assert.equal(await dialog.getByRole('checkbox').count(), 0, 'nor to confirm');
    await visitor.look('ssl-upload-refused');
    await visitor.press('Cancel', dialog);
    assert.equal(await served(appliance, 'clean'), before);
    assert.equal(await page.getByRole('dialog').count(), 0);
});

test('roll back brings the previous certificate again', async () => {
    const { visitor, appliance } = here;
    const before = await served(appliance, 'clean');
    const dialog = await begin('clean', 'Roll back…', 'Roll back the certificate');
    await dialog.getByRole('grid', { name: 'Before and after' }).waitFor();
    await visitor.look('ssl-roll-back');
    await visitor.press('Roll back', dialog);
    assert.notEqual(await done(dialog, 'clean'), before);
    await visitor.press('Close', dialog);
});

test('download gives the certificate that is served, in each form', async () => {
    const { page, visitor, appliance } = here;
    const now = await served(appliance, 'clean');
    const dialog = await begin('clean', 'Download…', 'Download the certificate');
    const pem = await saved(() => dialog.getByRole('link', { name: 'Certificate, PEM (.cert)' }).click());
    assert.equal(pem.name, `${hostname.clean}.cert`);
    assert.equal(fingerprint(pem.bytes.toString()), now);
    const der = await saved(() => dialog.getByRole('link', { name: 'Certificate, DER (.der)' }).click());
    assert.equal(compact(new X509Certificate(der.bytes).fingerprint256.replaceAll(':', '')), now);
    for (const name of ['Whole chain, PEM', 'Whole chain, PKCS#7 (.p7b)']) {
        const chain = await saved(() => dialog.getByRole('link', { name }).click());
        assert.ok(chain.bytes.length > 200, name);
    }
    await visitor.look('ssl-download');
    await visitor.press('Close', dialog);
    assert.equal(await page.getByRole('dialog').count(), 0);
});

test('a request keeps its key here, and the certificate that answers it is taken without one', async () => {
    const { page, visitor, appliance } = here;
    const before = await served(appliance, 'clean');
    const make = await begin('clean', 'Request…', 'Request a certificate');
    await make.getByLabel('Organization', { exact: true }).fill('Example GmbH');
    await make.getByLabel('Country').fill('DE');
    await visitor.look('ssl-request');
    await visitor.press('Make the request', make);

    const pending = visitor.dialog(`Pending request: ${words.clean}`);
    const request = await pending.getByRole('group', { name: 'signing request' }).innerText();
    assert.match(request, /^-----BEGIN CERTIFICATE REQUEST-----/);
    const csr = await saved(() => visitor.press('Save as a file', pending));
    assert.equal(csr.bytes.toString().trim(), request.trim());
    await visitor.look('ssl-request-pending');
    await visitor.press('Close', pending);
    assert.equal(await served(appliance, 'clean'), before);

    const answer = signed(request, [hostname.clean]);
    await row('clean').getByRole('button', { name: 'Upload the certificate' }).click();
    const upload = visitor.dialog(`Upload a certificate: ${words.clean}`);
    await upload.getByLabel('Or paste PEM').fill(`${answer.certificate}${answer.authority}`);
    await visitor.press('Check', upload);
    await upload.getByText('The key is the one of the pending request.').waitFor();
    for (const box of await upload.getByRole('checkbox').all()) await box.check();
    await visitor.press('Activate', upload);
    assert.equal(await done(upload, 'clean'), answer.fingerprint);
    await visitor.press('Close', upload);
    await row('clean').getByText('A signing request is pending.').waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('dialog').count(), 0);
});

test('a pending request can be discarded, which says what is lost first', async () => {
    const { visitor } = here;
    await visitor.press('Make the request', await begin('clean', 'Request…', 'Request a certificate'));
    const pending = visitor.dialog(`Pending request: ${words.clean}`);
    await visitor.press('Discard…', pending);
    await pending.getByText('This cannot be undone.').waitFor();
    await visitor.press('Discard request and key', pending);
    const make = visitor.dialog(`Request a certificate: ${words.clean}`);
    await visitor.press('Cancel', make);
});

test('after a change of this very door a plain link leads to the page through the new certificate, with the result', async () => {
    const { page, visitor, appliance } = here;
    const dialog = await begin('admin', 'Regenerate…', 'Regenerate the certificate');
    await dialog.getByText('your browser will ask about the new one').waitFor();
    await visitor.press('Regenerate', dialog);
    const now = await done(dialog, 'admin');
    await visitor.look('ssl-own-door');
    await dialog.getByRole('link', { name: 'Continue with the new certificate' }).click();
    await visitor.heading('SSL Certificates');
    const result = page.locator('[data-notice="success"]', { hasText: `${words.admin}: the new certificate is served.` });
    await result.waitFor();
    assert.ok(compact(await result.innerText()).includes(now));
    await visitor.look('ssl-own-door-result');
    assert.equal(await served(appliance, 'admin'), now);
});

test('who is also there sees the change without loading the page again', async () => {
    const { page, visitor, appliance } = here;
    await page.goto('/#/configuration/ssl?door=clean');
    const drawer = page.locator('.pf-v6-c-drawer__panel');
    await drawer.getByRole('button', { name: 'Copy fingerprint', exact: true }).waitFor();
    const brought = pair([hostname.clean]);
    appliance.place('clean', brought);
    await page.waitForFunction((expected) => {
        const panel = document.querySelector('.pf-v6-c-drawer__panel');
        return panel instanceof HTMLElement && panel.innerText.replace(/\s/g, '').toLowerCase().includes(expected);
    }, brought.fingerprint);
    await visitor.look('ssl-event');
});
