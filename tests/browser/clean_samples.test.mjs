import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const most = 3 * 1024 * 1024;
const here = scene({
    door: 'clean',
    change: (configuration) => {
        configuration.samples = { body_bytes: most };
    },
});
const file = (name, content) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
const names = () => here.page.getByRole('grid', { name: 'Samples' }).locator('tbody tr td:first-child a').allInnerTexts();
const submissions = () => here.page.getByRole('region', { name: 'Submissions' });

test('where nothing is, the page says what would be here, and that samples would wait', async () => {
    const { page, visitor } = here;
    await page.getByText('No samples yet').waitFor();
    await page.getByText('Samples wait: no analysis engine is configured.').waitFor();
    await visitor.look('clean-samples-empty');
});

test('several files are submitted at once, with tags and for oneself alone', async () => {
    const { page, visitor } = here;
    await visitor.press('Submit samples…');
    const dialog = visitor.dialog('Submit samples');
    await dialog.locator('button:focus', { hasText: 'Choose files' }).waitFor();
    await dialog.locator('input[type=file]').setInputFiles([file('first.bin', 'one'), file('<img src=x onerror=alert(1)>.html', 'two'), file('ünïcode ☂.txt', Buffer.alloc(2 * 1024 * 1024, 7))]);
    await dialog.getByLabel('Tags').fill('invoices, <b>bold</b>');
    await dialog.getByLabel('Private').check();
    await visitor.look('clean-submit');
    await visitor.press('Submit 3 files', dialog);
    await dialog.waitFor({ state: 'detached' });
    await submissions().getByText('3 submitted').waitFor();
    await visitor.look('clean-submitted');
    await page.getByRole('row', { name: /first\.bin/ }).waitFor();
    await page.getByRole('row', { name: /<img src=x onerror=alert\(1\)>\.html/ }).waitFor();
    const row = page.getByRole('row', { name: /ünïcode ☂\.txt/ });
    await row.getByText('<b>bold</b>').waitFor();
    await row.getByText('Private').waitFor();
    await row.getByText('Waiting').waitFor();
    assert.equal(await page.locator('td img, td b').count(), 0);
    await visitor.press('Clear what is done');
    await submissions().waitFor({ state: 'detached' });
});

test('a file that is too large is not even sent', async () => {
    const { visitor } = here;
    await visitor.press('Submit samples…');
    const dialog = visitor.dialog('Submit samples');
    await dialog.getByText('each of 3 MiB at most', { exact: false }).waitFor();
    await dialog.locator('input[type=file]').setInputFiles([file('large.iso', Buffer.alloc(most + 1))]);
    await dialog.getByText('this appliance takes', { exact: false }).waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Submit', exact: true }).isDisabled());
    await visitor.look('clean-submit-too-large');
    await visitor.press('Cancel', dialog);
});

test('files can be dropped on the page', async () => {
    const { page, visitor } = here;
    const dropped = await page.evaluateHandle(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(['dropped'], 'dropped.bin'));
        return transfer;
    });
    const target = page.getByRole('heading', { level: 1, name: 'Samples' });
    for (const event of ['dragover', 'drop']) await target.dispatchEvent(event, { dataTransfer: dropped });
    const dialog = visitor.dialog('Submit samples');
    await dialog.getByText('dropped.bin').waitFor();
    await visitor.press('Submit', dialog);
    await page.getByRole('row', { name: /dropped\.bin/ }).waitFor();
});

test('a submission that is cancelled leaves nothing behind', async () => {
    const { page, visitor } = here;
    const debug = await visitor.context.newCDPSession(page);
    await debug.send('Network.enable');
    // So slow that there is time to cancel it.
    await debug.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100 * 1024 });
    await visitor.press('Submit samples…');
    const dialog = visitor.dialog('Submit samples');
    await dialog.locator('input[type=file]').setInputFiles([file('never.bin', Buffer.alloc(2 * 1024 * 1024, 1))]);
    await visitor.press('Submit', dialog);
    await submissions().getByRole('progressbar', { name: /never\.bin/ }).waitFor();
    await visitor.press('Cancel never.bin');
    await submissions().locator('[data-submission="given_up"]').waitFor();
    await debug.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await debug.detach();
    await visitor.look('clean-cancelled');
    const box = await CleanBox.signedIn(here.appliance);
    const { items } = (await box.ask('GET', '/api/v1/samples?search=never')).json;
    assert.deepEqual(items, []);
    await visitor.press('Clear what is done');
});

test('a sample shows what it is, and what is submitted elsewhere comes by itself', async () => {
    const { page, visitor, appliance } = here;
    const box = await CleanBox.signedIn(appliance);
    const sample = await box.submit('elsewhere.bin', 'from elsewhere', { tags: ['by script'] });
    await page.getByRole('link', { name: 'elsewhere.bin' }).click();
    await visitor.heading('elsewhere.bin');
    await visitor.settled();
    for (const digest of [sample.sha256, sample.sha1, sample.md5]) await page.getByText(digest, { exact: true }).waitFor();
    await page.getByText('It waits for the analysis engine.').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Open the report' }).count(), 0);
    await visitor.look('clean-sample-waiting');
});

test('tags are added and removed where the sample is', async () => {
    const { page, visitor } = here;
    await page.getByLabel('Another tag').fill('a/b & <i>c</i>?');
    await visitor.press('Add');
    await page.getByRole('button', { name: 'Remove the tag a/b & <i>c</i>?' }).waitFor();
    await page.reload();
    await visitor.heading('elsewhere.bin');
    await page.getByRole('button', { name: 'Remove the tag a/b & <i>c</i>?' }).click();
    await page.getByRole('button', { name: 'Remove the tag a/b & <i>c</i>?' }).waitFor({ state: 'detached' });
    await page.reload();
    await visitor.heading('elsewhere.bin');
    await page.getByRole('button', { name: 'Remove the tag by script' }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Remove the tag a/ }).count(), 0);
});

test('what was submitted is downloaded as an archive, whose password is told', async () => {
    const { page, visitor } = here;
    await visitor.press('Download…');
    const dialog = visitor.dialog('Download');
    await dialog.getByText('infected', { exact: true }).waitFor();
    await visitor.look('clean-download');
    const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: /zip archive/ }).click()]);
    const bytes = readFileSync(await download.path());
    assert.equal(bytes.toString('latin1', 0, 4), 'PK\x03\x04');
    assert.ok(!bytes.includes('from elsewhere'), 'it is encrypted');
    await visitor.press('Close', dialog);
});

test('samples are searched, filtered, sorted and paged, and the address says how', async () => {
    const { page, visitor, appliance } = here;
    const box = await CleanBox.signedIn(appliance);
    await box.makeUser('mira', { password: 'a lantern on the stairs' });
    const mira = await CleanBox.signedIn(appliance, 'mira', 'a lantern on the stairs');
    for (let i = 0; i < 52; ++i) await mira.submit(`series-${String(i).padStart(2, '0')}.bin`, `number ${i}`);
    await page.goto('/#/samples');
    await visitor.heading('Samples');
    await page.getByLabel('Search').fill('series');
    await page.getByRole('navigation', { name: 'Pages of Samples' }).waitFor();
    await page.getByRole('button', { name: 'File' }).click();
    await page.getByRole('row', { name: /series-00\.bin/ }).waitFor();
    await page.getByRole('row', { name: /series-49\.bin/ }).waitFor();
    assert.equal((await names()).length, 50);
    await visitor.press('Next');
    await page.getByRole('row', { name: /series-51\.bin/ }).waitFor();
    assert.deepEqual(await names(), ['series-50.bin', 'series-51.bin']);
    await visitor.look('clean-samples-page');
    await page.reload();
    await page.getByRole('row', { name: /series-00\.bin/ }).waitFor();
    assert.equal(await page.getByLabel('Search').inputValue(), 'series');

    await page.getByLabel('Only those I submitted').click(); // what it is comes back by the address, later than check() waits for
    await page.getByText('Nothing found').waitFor();
    await visitor.look('clean-samples-nothing');
    await visitor.press('Show all samples');
    await page.getByRole('row', { name: /series-51\.bin/ }).waitFor();
    assert.equal(await page.getByLabel('Search').inputValue(), '');
    await page.getByLabel('State').selectOption('succ');
    await page.getByText('Nothing found').waitFor();
});

test('whose file is private is seen by them and by administrators alone', async () => {
    const { page, visitor, browser, appliance } = here;
    const mira = await Visitor.arrive(browser, appliance, { door: 'clean' });
    await mira.signIn('mira', 'a lantern on the stairs');
    await mira.page.getByLabel('Search').fill('elsewhere');
    await mira.page.getByRole('row', { name: /elsewhere\.bin/ }).waitFor();
    await mira.page.getByLabel('Search').fill('first');
    await mira.page.getByText('Nothing found').waitFor();
    assert.deepEqual(await mira.page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link').allInnerTexts(), ['Samples']);
    await mira.page.goto('/#/users');
    await mira.heading('Not found');
    await mira.leave();
    await page.goto('/#/samples?search=first');
    await page.getByRole('row', { name: /first\.bin/ }).waitFor();
    assert.deepEqual(visitor.complaints, []);
});
