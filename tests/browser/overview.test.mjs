import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostname } from './appliance.mjs';
import { scene } from './scene.mjs';

const here = scene();

test('the overview says of both doors what they show and whether it is all right', async () => {
    const { page, visitor, appliance } = here;
    for (const [door, title] of [['clean', 'Application (clean)'], ['admin', 'Administration Portal (admin)']]) {
        const card = page.locator('section.pf-v6-c-card', { has: page.getByRole('heading', { level: 2, name: title }) });
        const text = await card.innerText();
        assert.ok(text.includes(hostname[door]), text);
        assert.ok(text.includes(`127.0.0.1:${appliance.ports[door]}`), text);
        await card.locator('[data-padlock]').waitFor();
    }
    await page.getByRole('grid', { name: 'Last changes of the certificates' }).getByRole('row').nth(1).waitFor();
    await visitor.look('overview');
});

test('who signed in with the password of the first start is told to choose another', async () => {
    const { page, visitor } = here;
    await page.getByText('You signed in with the password that the first start made.').waitFor();
    await page.getByRole('link', { name: 'Choose your own' }).click();
    await visitor.heading('My account');
});

test('the overview leads to a door\'s certificate', async () => {
    const { page, visitor } = here;
    await visitor.open('Overview');
    await page.getByRole('link', { name: 'Certificate and operations' }).first().click();
    await visitor.heading('SSL Certificates');
    await page.getByRole('heading', { level: 2, name: 'Application (clean)' }).last().waitFor();
});

test('a sign-out that is refused is none, and says so', async () => {
    const { page, visitor } = here;
    const problem = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'foreign_origin', detail: 'It came from elsewhere.' };
    const refused = (route) => route.request().method() !== 'DELETE' ? route.continue()
        : route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) });
    const signOut = async () => {
        await page.getByRole('button', { name: 'admin', exact: true }).click();
        await page.getByRole('menuitem', { name: 'Sign out' }).click();
    };
    await page.route('**/api/v1/session', refused);
    await signOut();
    await page.getByText('You are still signed in.').waitFor();
    await page.getByRole('alert').filter({ hasText: 'It came from elsewhere.' }).waitFor();
    await page.unroute('**/api/v1/session', refused);
    await signOut();
    await visitor.heading('Sign in');
});
