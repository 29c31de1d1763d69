import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { scene } from './scene.mjs';

const here = scene();

const save = async (button) => {
    const waiting = here.page.waitForEvent('download');
    await here.visitor.press(button);
    const download = await waiting;
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
};

test('the audit shows who signed in, from where, and is filtered', async () => {
    const { page, visitor } = here;
    await visitor.open('Audit');
    const table = page.getByRole('grid', { name: 'Audit' });
    await table.getByRole('row', { name: /admin.*127\.0\.0\.1.*Done/s }).first().waitFor();
    await visitor.look('audit');
    await page.getByLabel('What').selectOption('token');
    await visitor.press('Filter');
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    await visitor.press('Reset');
    await table.waitFor();
});

test('the audit is taken along as CSV and as JSON', async () => {
    const { visitor } = here;
    const csv = await save('Export CSV');
    assert.match(csv.name, /^audit-.*\.csv$/);
    assert.ok(csv.text.split('\n').length >= 2, csv.text);
    const json = await save('Export JSON');
    assert.match(json.name, /^audit-.*\.json$/);
    const records = JSON.parse(json.text);
    assert.ok(records.some((record) => record.actor === 'admin' && record.result === 'done'), json.text);
    assert.deepEqual(visitor.complaints, []);
});
