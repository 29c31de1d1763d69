import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene({ door: 'clean' });
const password = 'a lantern on the stairs';

const back = async (name) => {
    await here.page.goto(`/#/users/${encodeURIComponent(name)}`);
    await here.visitor.heading(name);
    await here.visitor.settled();
};

test('a user is made, with what is wrong said at its field', async () => {
    const { page, visitor } = here;
    await visitor.open('Users');
    await visitor.press('New user…');
    const dialog = visitor.dialog('New user');
    await dialog.getByLabel('Login').fill('no blanks');
    await dialog.getByText('Letters, digits and', { exact: false }).waitFor();
    await dialog.getByLabel('Login').fill('ADMIN');
    await dialog.getByLabel('Password').fill('short');
    assert.ok(await dialog.getByRole('button', { name: 'Make the user' }).isDisabled());
    await dialog.getByLabel('Password').fill(password);
    await visitor.press('Make the user', dialog);
    await dialog.getByText('There is a user of this login.').waitFor();
    await visitor.look('clean-users-taken');
    await dialog.getByLabel('Login').fill('mira@example.com');
    await dialog.getByLabel('Name', { exact: true }).fill('<b>Mira</b> "Example"');
    await dialog.getByLabel('Role').selectOption('org-admin');
    await visitor.press('Make the user', dialog);
    await visitor.heading('mira@example.com');
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), '<b>Mira</b> "Example"');
    await visitor.look('clean-user');
});

test('what is said of a user is changed, their role too', async () => {
    const { page, visitor } = here;
    await page.getByLabel('Title').fill('Analyst');
    await page.getByLabel('Role').selectOption('user');
    await visitor.press('Save');
    await page.getByText('User', { exact: true }).waitFor();
    await back('mira@example.com');
    assert.equal(await page.getByLabel('Title').inputValue(), 'Analyst');
    await page.getByLabel('Role').selectOption('org-admin');
    await visitor.press('Save');
    await page.getByText('Organization admin', { exact: true }).waitFor();
});

test('an API key is shown, regenerated, and the old one is worth nothing then', async () => {
    const { page, visitor, appliance } = here;
    await visitor.press('Show the key');
    const shown = page.getByRole('group', { name: 'API key' });
    const old = (await shown.innerText()).trim();
    assert.match(old, /^[a-z0-9]{26}$/);
    await visitor.press('Regenerate…');
    const dialog = visitor.dialog('Regenerate the API key');
    await visitor.look('clean-user-regenerate');
    await visitor.press('Regenerate', dialog);
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('This is the new key.', { exact: false }).waitFor();
    const fresh = (await shown.innerText()).trim();
    assert.notEqual(fresh, old);
    const script = new CleanBox(appliance);
    await script.ask('GET', `/api/v3/session/whoami?api_key=${old}`, { status: 401 });
    await script.ask('GET', `/api/v3/session/whoami?api_key=${fresh}`, { status: 200 });
});

test('a rate limit is set in the units that people use', async () => {
    const { page, visitor, appliance } = here;
    await page.getByText('No limit.', { exact: false }).waitFor();
    await visitor.press('Change the rate limit…');
    const dialog = visitor.dialog('Rate limit of mira@example.com');
    await visitor.press('Add a limit', dialog);
    await dialog.getByLabel('Samples').fill('5');
    await dialog.getByLabel('within').fill('40');
    await dialog.getByText('one minute to 31 days', { exact: false }).waitFor();
    await dialog.getByLabel('Unit').selectOption('60');
    await visitor.look('clean-user-limit');
    await visitor.press('Save', dialog);
    await page.getByText('At most 5 samples per 40 hours.', { exact: false }).waitFor();
    const box = await CleanBox.signedIn(appliance);
    const { json } = await box.ask('GET', '/api/v1/users/mira@example.com/rate-limit');
    assert.deepEqual(json['submission-rate-limit'], [[5, 2400]]);
});

test('a user who is de-activated is out at once, and back once re-activated', async () => {
    const { page, visitor, browser, appliance } = here;
    const mira = await Visitor.arrive(browser, appliance, { door: 'clean' });
    await mira.signIn('mira@example.com', password);
    await visitor.press('De-activate…');
    await visitor.press('De-activate', visitor.dialog('De-activate mira@example.com'));
    await page.getByText('De-activated', { exact: true }).waitFor();
    await visitor.look('clean-user-inactive');
    await mira.dialog('Sign in again').waitFor();
    await mira.look('clean-user-out');
    await mira.leave();
    await visitor.press('Re-Activate User…');
    await visitor.press('Re-Activate User', visitor.dialog('Re-activate mira@example.com'));
    await page.getByText('Active', { exact: true }).waitFor();
});

test('the admin of an organization sees and makes users of it alone, and no administrators', async () => {
    const { visitor, browser, appliance } = here;
    const box = await CleanBox.signedIn(appliance);
    const { json: other } = await box.ask('POST', '/api/v1/organizations', { json: { name: 'Elsewhere' }, status: 201 });
    await box.makeUser('stranger', { organization_id: other.id });
    const mira = await Visitor.arrive(browser, appliance, { door: 'clean' });
    await mira.signIn('mira@example.com', password);
    assert.deepEqual(await mira.page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link').allInnerTexts(), ['Samples', 'Users']);
    await mira.open('Users');
    await mira.page.getByRole('row', { name: /mira@example\.com/ }).waitFor();
    assert.equal(await mira.page.getByRole('row', { name: /stranger/ }).count(), 0);
    await mira.press('New user…');
    const dialog = mira.dialog('New user');
    assert.deepEqual((await dialog.getByLabel('Role').locator('option').allInnerTexts()).filter((text) => text.startsWith('Administrator')), []);
    assert.equal(await dialog.getByLabel('Organization').count(), 0);
    await dialog.getByLabel('Login').fill('grace');
    await mira.press('Make the user', dialog);
    await mira.heading('grace');
    assert.equal(await mira.page.getByRole('heading', { name: 'API key' }).count(), 0);
    await mira.page.goto('/#/users/stranger');
    await mira.page.getByRole('alert').waitFor();
    await mira.look('clean-user-missing');
    await mira.leave();
    assert.deepEqual(visitor.complaints, []);
});

test('users are searched, filtered and sorted', async () => {
    const { page, visitor } = here;
    await visitor.open('Users');
    await page.getByRole('row', { name: /stranger/ }).waitFor();
    await page.getByLabel('Search').fill('mira');
    await page.getByRole('row', { name: /stranger/ }).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /mira@example\.com/ }).waitFor();
    await page.getByLabel('Search').fill('');
    await page.getByLabel('Role').selectOption('admin');
    await page.getByRole('row', { name: /grace/ }).waitFor({ state: 'detached' });
    await page.getByLabel('Role').selectOption('');
    await page.getByLabel('Organization').selectOption({ label: 'Elsewhere' });
    await page.getByRole('row', { name: /grace/ }).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /stranger/ }).waitFor();
    await page.getByLabel('Organization').selectOption('');
    await page.getByRole('row', { name: /grace/ }).waitFor();
    const logins = () => page.getByRole('grid', { name: 'Users' }).locator('tbody td:first-child a').allInnerTexts();
    assert.deepEqual(await logins(), ['admin', 'grace', 'mira@example.com', 'stranger']);
    await page.getByRole('button', { name: 'Login' }).click();
    await page.waitForFunction(() => document.querySelector('tbody td a')?.textContent === 'stranger');
    assert.deepEqual(await logins(), ['stranger', 'mira@example.com', 'grace', 'admin']);
    await visitor.look('clean-users');
});

test('a user is deleted', async () => {
    const { page, visitor } = here;
    await back('grace');
    await visitor.press('Delete…');
    const dialog = visitor.dialog('Delete grace');
    await visitor.look('clean-user-delete');
    await visitor.press('Delete', dialog);
    await visitor.heading('Users');
    await page.getByRole('row', { name: /mira@example\.com/ }).waitFor();
    await page.getByRole('row', { name: /grace/ }).waitFor({ state: 'detached' });
});

test('nobody is offered to lock themselves out; another administrator may do it, and undo it', async () => {
    const { page, visitor, appliance, browser } = here;
    const box = await CleanBox.signedIn(appliance);
    await box.makeUser('second', { role: 'admin', password });
    await box.ask('DELETE', '/api/v1/users/second/active', { status: 200 });
    await back('admin');
    assert.equal(await page.getByRole('button', { name: 'De-activate…' }).count(), 0);
    await page.getByRole('link', { name: 'My profile' }).click();
    await visitor.heading('Profile and API key');
    await visitor.look('clean-profile');
    await box.ask('PUT', '/api/v1/users/second/active', { json: {} });
    const second = await Visitor.arrive(browser, appliance, { door: 'clean' });
    await second.signIn('second', password);
    await second.page.goto('/#/users/admin');
    await second.heading('admin');
    await second.press('De-activate…');
    await second.press('De-activate', second.dialog('De-activate admin'));
    await second.page.getByText('De-activated', { exact: true }).waitFor();
    await second.press('Re-Activate User…');
    await second.press('Re-Activate User', second.dialog('Re-activate admin'));
    await second.page.getByText('Active', { exact: true }).waitFor();
    await second.leave();
});
