import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from './scene.mjs';

// The clean door's name is to be set here; the admin door's stands in the configuration.
const here = scene({ change: (configuration) => delete configuration.interfaces.clean.hostname });

const block = (door) => here.page.locator(`section[data-door="${door}"]`);

test('a name that the configuration sets cannot be changed here, and the page says so', async () => {
    const { visitor } = here;
    await visitor.open('Hostname');
    assert.ok(await block('admin').getByLabel('Hostname').isDisabled());
    await block('admin').getByText('Set in the configuration file, and to be changed there.').waitFor();
    assert.equal(await block('admin').getByRole('button', { name: 'Save' }).count(), 0);
});

test('what is no name is said at the field, and a name is saved and shown everywhere', async () => {
    const { page, visitor } = here;
    const field = block('clean').getByLabel('Hostname');
    await field.fill('not a name');
    await block('clean').getByText('This is neither a DNS name nor an IP address.').waitFor();
    assert.ok(await block('clean').getByRole('button', { name: 'Save' }).isDisabled());
    await visitor.look('hostname-wrong');
    await field.fill('appliance.example.test');
    await visitor.press('Save', block('clean'));
    await block('clean').getByText('Saved; the padlock is judged anew.').waitFor();
    await visitor.look('hostname');
    await page.reload();
    await visitor.heading('Hostname');
    await page.waitForFunction(() => document.querySelector('#hostname-clean')?.value === 'appliance.example.test');
    await visitor.open('SSL', 'SSL Certificates');
    await page.locator('li[data-door="clean"]').getByText('appliance.example.test').first().waitFor();
});
