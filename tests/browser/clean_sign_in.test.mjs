import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { hostname } from './appliance.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene({ door: 'clean', signedIn: false });

test('the sign-in page says which appliance this is, and that it is not the administration', async () => {
    const { page, visitor } = here;
    await page.goto('/');
    await visitor.heading('Sign in');
    assert.equal(await page.getByRole('region', { name: 'Which door' }).innerText(), hostname.clean);
    assert.doesNotMatch(await page.locator('body').innerText(), /Administration/);
    await visitor.look('clean-sign-in');
});

test('a wrong password is refused in its place, and what was typed stays', async () => {
    const { page, visitor } = here;
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill('certainly not this one');
    await visitor.press('Sign in');
    await page.getByRole('alert').getByText('This name and password do not belong together.').waitFor();
    assert.equal(await page.getByLabel('User name').inputValue(), 'admin');
    await visitor.look('clean-sign-in-refused');
});

test('the right one opens the samples, also over a reload, and signing out closes them', async () => {
    const { page, visitor, appliance } = here;
    await page.getByLabel('Password').fill(appliance.password('clean'));
    await page.keyboard.press('Enter');
    await visitor.heading('Samples');
    await page.reload();
    await visitor.heading('Samples');
    await page.getByRole('button', { name: 'admin', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await visitor.heading('Sign in');
    const cookies = await visitor.context.cookies();
    assert.equal(cookies.find((cookie) => cookie.name === '__Host-gatehouse-clean' && cookie.value !== ''), undefined);
});

test('an account of one door is none at the other, nor is its session', async () => {
    const { browser, appliance } = here;
    const operator = await Visitor.arrive(browser, appliance, { door: 'admin' });
    await operator.signIn();
    await operator.page.goto(appliance.address('clean'));
    await operator.heading('Sign in');
    await operator.page.getByLabel('User name').fill('admin');
    await operator.page.getByLabel('Password').fill(appliance.password('admin'));
    await operator.press('Sign in');
    await operator.page.getByRole('alert').waitFor();
    await operator.page.goto(`${appliance.address('admin')}/`);
    await operator.heading('Overview');
    await operator.leave();
});

test('a session that ends is asked for where one is, and the form is as it was', async () => {
    const { page, visitor, appliance } = here;
    await visitor.signIn();
    await visitor.open('Organizations');
    await visitor.press('New organization…');
    const dialog = visitor.dialog('New organization');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('kept over it');

    const cookie = (await visitor.context.cookies()).find(({ name }) => name === '__Host-gatehouse-clean');
    const elsewhere = new CleanBox(appliance);
    elsewhere.cookie = `${cookie.name}=${cookie.value}`;
    await elsewhere.ask('DELETE', '/api/v1/session', { status: 204 });

    // The stream of events ends with the session, and so the page hears of it by itself.
    const again = visitor.dialog('Sign in again');
    await again.getByLabel('Password').fill(appliance.password('clean'));
    await visitor.look('clean-session-ended');
    await visitor.press('Sign in', again);
    await again.waitFor({ state: 'detached' });
    assert.equal(await dialog.getByRole('textbox', { name: 'Name' }).inputValue(), 'kept over it');
    await visitor.press('Make the organization', dialog);
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /kept over it/ }).waitFor();
});

test('the password that the first start made is to be changed, and its file is gone then', async () => {
    const { page, visitor, appliance } = here;
    const first = appliance.password('clean');
    await page.getByText('You signed in with the password that the first start made.').waitFor();
    await page.getByRole('link', { name: 'Choose your own' }).click();
    await visitor.heading('Profile and API key');
    await visitor.settled();
    await page.locator('#present_password').fill('certainly not this one');
    await page.locator('#password').fill('a lantern on the stairs');
    await page.locator('#again').fill('a lantern on the stairs');
    await visitor.press('Change the password');
    await page.getByText('This is not your present password.').waitFor();
    await visitor.look('clean-profile-wrong');
    await page.locator('#present_password').fill(first);
    await visitor.press('Change the password');
    await page.getByText('Changed. Your other sessions have ended.').waitFor();
    await page.getByText('You signed in with the password that the first start made.').waitFor({ state: 'detached' });
    assert.equal(existsSync(join(appliance.state, 'initial-password-clean')), false);
});

test('a page can be left and come back to by its address', async () => {
    const { page, visitor } = here;
    await page.goto('/#/users');
    await visitor.heading('Users');
    await page.goto('/#/nowhere');
    await visitor.heading('Not found');
    await page.goBack();
    await visitor.heading('Users');
});
