import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene();

test('a session of somebody else is seen and ended, one\'s own is marked', async () => {
    const { page, visitor, browser, appliance } = here;
    const other = await Visitor.arrive(browser, appliance);
    await other.signIn();
    await visitor.open('Sessions');
    const table = page.getByRole('grid', { name: 'Sessions' });
    await table.getByText('This one').waitFor();
    assert.equal(await table.getByRole('row').count(), 3, 'a head and two sessions');
    assert.match(await table.innerText(), /127\.0\.0\.1[\s\S]*on Linux/);
    await visitor.look('sessions');
    await table.getByRole('button', { name: 'End the session of admin from 127.0.0.1' }).click();
    await page.waitForFunction(() => document.querySelectorAll('table tbody tr').length === 1);
    await other.page.reload();
    await other.heading('Sign in');
    await other.leave();
});
