import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint, issued, pair } from './certificates.mjs';
import { Neighbour } from './neighbour.mjs';
import { scene } from './scene.mjs';

const here = scene();

const listed = (name) => here.page.getByRole('row').filter({ has: here.page.getByRole('button', { name: `Remove ${name}`, exact: true }) });

/** The page, without what a test that failed left open. */
async function opened() {
    if (await here.page.getByRole('dialog').count() > 0) await here.page.reload();
    await here.visitor.open('CA Certificates');
}

/** Removes it as an operator does. */
async function remove(name) {
    const { visitor } = here;
    await visitor.press(`Remove ${name}`);
    const dialog = visitor.dialog(`Remove ${name}`);
    await visitor.press('Remove', dialog);
    await dialog.waitFor({ state: 'detached' });
    await listed(name).waitFor({ state: 'detached' });
}

test('a certificate is added by its text, listed, and removed', async () => {
    const { page, visitor } = here;
    await visitor.open('CA Certificates');
    await visitor.press('Add…');
    const add = visitor.dialog('Add CA certificates');
    await add.getByRole('textbox', { name: /PEM/ }).fill('no certificate');
    await visitor.press('Add', add);
    await add.locator('[data-notice="danger"], [aria-invalid="true"]').first().waitFor();
    await visitor.look('authorities-wrong');
    await add.getByRole('textbox', { name: /PEM/ }).fill(pair(['ca.example.test']).certificate);
    await visitor.press('Add', add);
    const added = visitor.dialog('CA certificates added');
    await added.getByText('One certificate is trusted from now on.').waitFor();
    await visitor.press('Close', added);
    await listed('ca.example.test').waitFor();
    await visitor.look('authorities');
    await remove('ca.example.test');
    await page.getByRole('heading', { name: 'No certificates of your own' }).waitFor();
});

test('what cannot be retrieved is said in the dialog, which stays', async () => {
    const { page, visitor } = here;
    await visitor.press('Retrieve…');
    const dialog = visitor.dialog('Retrieve certificates');
    await dialog.getByLabel('Host').fill('127.0.0.1'); // the appliance itself
    await visitor.press('Retrieve', dialog);
    await dialog.locator('[data-notice="danger"], [aria-invalid="true"]').first().waitFor();
    await visitor.look('authorities-retrieve');
    await visitor.press('Cancel', dialog);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('of several certificates each is told by itself, and shown as what it is', async () => {
    const { page, visitor } = here;
    const { certificate, key, authority } = issued(['server.example.test']);
    const expired = issued(['old.example.test'], -1);
    const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    await opened();
    await visitor.press('Add…');
    const add = visitor.dialog('Add CA certificates');
    await add.getByRole('textbox', { name: /PEM/ }).fill(authority + key + expired.certificate + damaged + certificate + certificate);
    await visitor.press('Add', add);
    const added = visitor.dialog('CA certificates added');
    await added.getByText('3 certificates are trusted from now on.').waitFor();
    for (const name of ['Test CA', 'old.example.test', 'server.example.test']) await added.getByRole('listitem').filter({ hasText: name }).waitFor();
    await added.getByText('One was trusted already.').waitFor();
    await added.locator('[data-finding="not_a_certificate"]', { hasText: 'Block 2 is a PRIVATE KEY, no certificate.' }).waitFor();
    await added.locator('[data-finding="unparsable"]').waitFor();
    await visitor.look('authorities-several');
    await visitor.press('Close', added);

    const labels = (name) => listed(name).locator('.pf-v6-c-label').allInnerTexts();
    await listed('old.example.test').waitFor();
    assert.deepEqual(await labels('old.example.test'), ['Expired', 'No CA: trusts this one certificate']);
    assert.deepEqual(await labels('server.example.test'), ['No CA: trusts this one certificate']);
    assert.deepEqual(await labels('Test CA'), []);
    await visitor.look('authorities-labels');
    for (const name of ['old.example.test', 'server.example.test', 'Test CA']) await remove(name);
    await page.getByRole('heading', { name: 'No certificates of your own' }).waitFor();
});

test('the public CAs of the operating system are left out, and taken in again', async () => {
    const { page, visitor, appliance } = here;
    const box = page.getByRole('checkbox', { name: /public CAs of the operating system/ });
    const included = async () => (await appliance.console('GET', '/api/v1/authorities/system')).included;
    await opened();
    assert.ok(await box.isChecked());
    for (const [now, state] of [[false, '#system-roots:not(:checked)'], [true, '#system-roots:checked']]) {
        await box.click();
        await page.locator(state).waitFor();
        assert.equal(await included(), now);
        await page.reload();
        await visitor.heading('CA Certificates');
        await page.locator(state).waitFor();
    }
});

test('what a server shows is retrieved, compared by its fingerprints, chosen, and trusted from then on', async (context) => {
    const { page, visitor } = here;
    const pair = issued(['amp.example.test']);
    const neighbour = new Neighbour();
    context.after(() => neighbour.close());
    await neighbour.serveTls(pair, 8443);
    await opened();
    const retrieved = async () => {
        await visitor.press('Retrieve…');
        const ask = visitor.dialog('Retrieve certificates');
        await ask.getByLabel('Host').fill(neighbour.address);
        await ask.getByLabel('Port').fill('8443');
        await visitor.press('Retrieve', ask);
        const shown = visitor.dialog(`What ${neighbour.address}:8443 shows`);
        await shown.getByText(`${neighbour.address} answered over the dirty network with TLSv1.3.`).waitFor();
        return shown;
    };
    const before = await retrieved();
    const text = (await before.innerText()).replace(/\s/g, '').toLowerCase();
    assert.ok(text.includes(pair.fingerprint), 'the fingerprint of the server');
    assert.ok(text.includes(fingerprint(pair.authority)), 'and of its CA');
    assert.equal(await before.getByText('This chain is trusted already.').count(), 0);
    assert.ok(await before.getByRole('button', { name: 'Trust the chosen ones' }).isDisabled(), 'nothing is chosen');
    await before.getByRole('checkbox', { name: 'Test CA', exact: true }).check();
    await visitor.look('authorities-retrieved');
    await visitor.press('Trust the chosen ones', before);
    const added = visitor.dialog('CA certificates added');
    await added.getByText('One certificate is trusted from now on.').waitFor();
    await visitor.press('Close', added);
    await listed('Test CA').waitFor();
    assert.equal(await listed('amp.example.test').count(), 0, 'what was not chosen is not trusted');

    const after = await retrieved();
    await after.getByText('This chain is trusted already.').waitFor();
    await visitor.press('Cancel', after);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
});
