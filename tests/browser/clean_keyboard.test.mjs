// The clean door without a mouse: all of it by keys alone.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { choose, isFocused, signInByKeys, staysIn, tabTo } from './keys.mjs';
import { scene } from './scene.mjs';

const secret = 'the-secret-of-the-first-device-0123456789';
const folder = mkdtempSync(join(tmpdir(), 'gh-keyboard-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const here = scene({
    door: 'clean',
    signedIn: false,
    prepare: async (appliance) => {
        await (await CleanBox.signedIn(appliance)).register('esa-4711', secret);
    },
});

/** To a page of the navigation. */
async function open(title) {
    const { page, visitor } = here;
    await tabTo(page, page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: title, exact: true }));
    await page.keyboard.press('Enter');
    await visitor.heading(title);
    await visitor.settled();
}

test('who has no mouse signs in, submits a sample, and opens it', async () => {
    const { page, visitor, appliance } = here;
    const { keyboard } = page;
    await signInByKeys(page, appliance.password('clean'));
    await visitor.heading('Samples');

    const submit = page.getByRole('button', { name: 'Submit samples…' });
    await tabTo(page, submit);
    await keyboard.press('Enter');
    const dialog = visitor.dialog('Submit samples');
    await dialog.waitFor();
    const choosing = page.waitForEvent('filechooser'); // in place of the system's own dialog; heard of by the browser before Enter
    await tabTo(page, dialog.getByRole('button', { name: 'Choose files' }));
    await visitor.look('clean-keyboard-submit');
    const file = join(folder, 'typed.bin');
    writeFileSync(file, 'something');
    await keyboard.press('Enter');
    await (await choosing).setFiles(file);
    await tabTo(page, dialog.getByLabel('Tags'));
    await keyboard.type('by hand');
    await staysIn(page, dialog);
    await tabTo(page, dialog.getByRole('button', { name: 'Submit', exact: true }));
    await keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.ok(await isFocused(submit), 'the focus is where it was');

    const sample = page.getByRole('row', { name: /typed\.bin/ }).getByRole('link');
    await tabTo(page, sample);
    await keyboard.press('Enter');
    await visitor.heading('typed.bin');
    assert.equal(await page.locator('h1:focus').count(), 1, 'a new page is begun at its head');
    await page.getByText('by hand').waitFor();
});

test('a device is looked at and let in', async () => {
    const { page, visitor } = here;
    await open('Users');
    await tabTo(page, page.getByRole('link', { name: 'esa-4711', exact: true }));
    await page.keyboard.press('Enter');
    await visitor.heading('esa-4711');
    await tabTo(page, page.getByRole('button', { name: 'Re-Activate User…' }));
    await page.keyboard.press('Enter');
    const dialog = visitor.dialog('Re-activate esa-4711');
    await dialog.waitFor();
    await tabTo(page, dialog.getByRole('button', { name: 'Re-Activate User', exact: true }));
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Active', { exact: true }).waitFor();
});

test('an organization is made and renamed, and what is begun by mistake is left by Escape', async () => {
    const { page, visitor } = here;
    const { keyboard } = page;
    await open('Organizations');
    const begin = page.getByRole('button', { name: 'New organization…' });
    await tabTo(page, begin);
    await keyboard.press('Enter');
    await visitor.dialog('New organization').getByRole('textbox', { name: 'Name' }).waitFor();
    await keyboard.press('Escape');
    await visitor.dialog('New organization').waitFor({ state: 'detached' });
    assert.ok(await isFocused(begin), 'the focus is where it was');
    await keyboard.press('Enter');
    await tabTo(page, visitor.dialog('New organization').getByRole('textbox', { name: 'Name' }));
    await keyboard.type('Western branch');
    await keyboard.press('Enter');
    await page.getByRole('row', { name: /Western branch Active/ }).waitFor();
    await choose(page, page.getByRole('button', { name: 'Operations on Western branch' }), 'Rename…');
    const rename = visitor.dialog('Rename Western branch');
    await tabTo(page, rename.getByRole('textbox', { name: 'Name' }));
    await keyboard.press('ControlOrMeta+a');
    await keyboard.type('Northern branch');
    await keyboard.press('Enter');
    await page.getByRole('row', { name: /Northern branch Active/ }).waitFor();
});

test('the profile is reached by the menu beside the name, and changed', async () => {
    const { page, visitor } = here;
    await choose(page, page.getByRole('button', { name: 'admin', exact: true }), 'Profile and API key');
    await visitor.heading('Profile and API key');
    await visitor.settled();
    await tabTo(page, page.getByLabel('Title'));
    await page.keyboard.type('Operator');
    await page.keyboard.press('Enter');
    await page.getByText('Saved.', { exact: true }).waitFor();
});

test('a service is added, looked at, and removed again', async () => {
    const { page, visitor } = here;
    const { keyboard } = page;
    const url = 'https://127.0.0.1/dispositions'; // the appliance itself, which is never called
    await choose(page, page.getByRole('button', { name: 'admin', exact: true }), 'Manage Integration');
    await visitor.heading('Manage Integration');
    await visitor.settled();
    await tabTo(page, page.getByRole('button', { name: 'Add a service…' }));
    await keyboard.press('Enter');
    const add = visitor.dialog('Add a service');
    await tabTo(page, add.getByLabel('URL'));
    await keyboard.press('ControlOrMeta+a');
    await keyboard.type(url);
    await tabTo(page, add.getByLabel('User'));
    await keyboard.type('gatehouse');
    await tabTo(page, add.getByLabel('Password'));
    await keyboard.type('a long secret');
    await keyboard.press('Enter');
    await add.waitFor({ state: 'detached' });
    const operations = page.getByRole('button', { name: `Operations on ${url}` });
    await choose(page, operations, 'Test Connection…');
    const test_ = visitor.dialog('Test Connection');
    await test_.locator('[data-step="connect"]').getByText('Failed').waitFor();
    await staysIn(page, test_);
    await keyboard.press('Escape');
    await test_.waitFor({ state: 'detached' });
    assert.ok(await isFocused(operations), 'the focus is where it was');
    await choose(page, operations, 'Remove…');
    const remove = visitor.dialog('Remove the service');
    await tabTo(page, remove.getByRole('button', { name: 'Remove', exact: true }));
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No services yet' }).waitFor();
    await page.locator('.gh-said:focus', { hasText: 'was removed' }).waitFor(); // what had the focus is gone
});
