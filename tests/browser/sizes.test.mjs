// What a browser with an empty cache takes over the wire, in bytes; a budget is no matter of time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, within } from './received.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene({ signedIn: false });

test('the sign-in page takes 120 kB, the first page behind it 300 kB more, each later one 60 kB', async () => {
    const { browser, appliance } = here;
    const visitor = await Visitor.arrive(browser, appliance);
    const { page } = visitor;
    const take = await counted(visitor);
    await page.goto('/');
    await visitor.heading('Sign in');
    await page.waitForLoadState('networkidle');
    within(take(), 120, 'sign-in');

    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill(appliance.password());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await visitor.heading('Overview');
    await visitor.settled();
    await page.waitForFunction(() => document.fonts.status === 'loaded');
    within(take(), 300, 'first page');

    for (const [title, name] of [['SSL', 'SSL Certificates'], ['CA Certificates'], ['Hostname'], ['Network'], ['TLS'], ['Operators'], ['Sessions'],
        ['Tokens'], ['My account'], ['Audit']]) {
        await visitor.open(title, name);
        within(take(), 60, title);
    }
    await visitor.leave();
});

test('what was fetched once is not fetched again', async () => {
    const { browser, appliance } = here;
    const visitor = await Visitor.arrive(browser, appliance);
    await visitor.signIn();
    const again = [];
    visitor.page.on('response', (response) => again.push(response));
    await visitor.page.reload();
    await visitor.heading('Overview');
    const fetched = [];
    for (const response of again) {
        // Of the icon the browser judges for itself.
        if (!['script', 'stylesheet', 'font'].includes(response.request().resourceType())) continue;
        if ((await response.request().sizes()).responseBodySize > 0) fetched.push(response.url());
    }
    assert.deepEqual(fetched, []);
    await visitor.leave();
});
