import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from './scene.mjs';
import { status } from './served.mjs';

const here = scene();

/** What the API answers a script with this token. */
const script = (token) => status(here.appliance, 'admin', '/api/v1/status', { Authorization: `Bearer ${token}` });

test('a token is made, shown once, works, and works no more once it is revoked', async () => {
    const { page, visitor } = here;
    await visitor.open('Tokens');
    await page.getByRole('heading', { name: 'No tokens yet' }).waitFor();
    await visitor.look('tokens-none');
    await visitor.press('Make a token…');
    const dialog = visitor.dialog('Make a token');
    await dialog.getByLabel('Name').fill('prometheus');
    await dialog.getByLabel('Expires').selectOption('30');
    await visitor.press('Make', dialog);
    const made = visitor.dialog('Token prometheus');
    await made.getByText('Copy it now. It is not shown again.').waitFor();
    const token = (await made.getByRole('group', { name: 'token', exact: true }).innerText()).trim();
    await visitor.look('tokens-made');
    assert.equal(await script(token), 200);
    await visitor.press('Close', made);

    await page.getByRole('row', { name: /prometheus/ }).waitFor();
    await visitor.look('tokens');
    await visitor.press('Revoke prometheus');
    await visitor.press('Revoke', visitor.dialog('Revoke prometheus'));
    await page.getByRole('heading', { name: 'No tokens yet' }).waitFor();
    assert.equal(await script(token), 401);
});
