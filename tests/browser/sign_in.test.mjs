import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostname } from './appliance.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene({ signedIn: false });

test('the sign-in page says which door this is', async () => {
    const { page, visitor } = here;
    await page.goto('/');
    await visitor.heading('Sign in');
    assert.match(await page.getByRole('main').innerText(), new RegExp(hostname.admin.replaceAll('.', '\\.')));
    assert.equal(await page.getByRole('region', { name: 'Which door' }).innerText(), 'Administration');
    await visitor.look('sign-in');
});

test('a wrong password is refused in its place, and what was typed stays', async () => {
    const { page, visitor } = here;
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('certainly not this one');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('This name and password do not belong together.').waitFor();
    assert.equal(await page.getByLabel('User name').inputValue(), 'admin');
    await visitor.look('sign-in-refused');
});

test('the right one opens the overview, also over a reload, and signing out closes it', async () => {
    const { page, visitor, appliance } = here;
    await page.getByLabel('Password').fill(appliance.password());
    await page.keyboard.press('Enter');
    await visitor.heading('Overview');
    await page.reload();
    await visitor.heading('Overview');
    await page.getByRole('button', { name: 'admin', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await visitor.heading('Sign in');
    const cookies = await visitor.context.cookies();
    assert.equal(cookies.find((cookie) => cookie.name === '__Host-gatehouse-admin' && cookie.value !== ''), undefined);
});

test('a session that ended asks for the password where one is, and goes on', async () => {
    const { page, visitor, browser, appliance } = here;
    await visitor.signIn();
    await visitor.open('Tokens');
    const other = await Visitor.arrive(browser, appliance);
    await other.signIn();
    await other.open('Sessions');
    await other.page.getByRole('button', { name: /^End the session of admin/ }).click();
    await other.page.getByRole('button', { name: /^End the session of admin/ }).waitFor({ state: 'detached' });
    await other.leave();

    await visitor.press('Make a token…');
    const dialog = visitor.dialog('Make a token');
    await dialog.getByLabel('Name').fill('kept-over-it');
    await visitor.press('Make', dialog);
    const again = visitor.dialog('Sign in again');
    await again.getByLabel('Password').fill(appliance.password());
    await visitor.look('session-ended');
    await visitor.press('Sign in', again);
    await page.getByRole('dialog', { name: 'Token kept-over-it' }).waitFor();
    await visitor.press('Close', page.getByRole('dialog', { name: 'Token kept-over-it' }));
});

test('a page can be left and come back to by its address', async () => {
    const { page, visitor } = here;
    await page.goto('/#/audit');
    await visitor.heading('Audit');
    await page.goto('/#/nowhere');
    await visitor.heading('Not found');
    await page.goBack();
    await visitor.heading('Audit');
});
