// What becomes of a sample while one looks at it: with an engine of the tests' own.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Appliance } from './appliance.mjs';
import { CleanBox } from './clean_box.mjs';
import { Engine, sign } from './engine.mjs';
import { Visitor, launch } from './visitor.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gh-engine-'));
const engine = new Engine(folder);
let appliance;
let browser;
let visitor;
let page;

before(async () => {
    await engine.listen();
    appliance = await Appliance.start((configuration) => {
        configuration.analysis = { socket: engine.path, protocol: 'clamd' };
    });
    browser = await launch();
    visitor = await Visitor.arrive(browser, appliance, { door: 'clean' });
    page = visitor.page;
    await visitor.signIn();
});
after(async () => {
    try {
        await visitor?.leave();
    } finally {
        await browser?.close();
        await appliance?.stop();
        await engine.close();
        rmSync(folder, { recursive: true, force: true });
    }
});

test('a sample goes from state to state before one’s eyes, to its verdict', async () => {
    engine.hold();
    await visitor.press('Submit samples…');
    const dialog = visitor.dialog('Submit samples');
    await dialog.locator('input[type=file]').setInputFiles([{ name: 'bad.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(`before ${sign} after`) }]);
    await visitor.press('Submit', dialog);
    const row = page.getByRole('row', { name: /bad\.bin/ });
    await row.getByText('Being analysed').waitFor();
    await visitor.look('clean-samples-running');
    engine.release();
    await row.getByText(/^Malicious \d+$/).waitFor();
    await row.getByText('Analysed').waitFor();
    await visitor.look('clean-samples-malicious');
});

test('a sample shows its verdict, why, and its report', async () => {
    await page.getByRole('row', { name: /bad\.bin/ }).getByRole('link', { name: 'bad.bin' }).click();
    await visitor.heading('bad.bin');
    await page.getByRole('row', { name: /Gatehouse\.Test-1/ }).waitFor();
    await visitor.look('clean-sample-malicious');
    const [report] = await Promise.all([visitor.context.waitForEvent('page'), page.getByRole('link', { name: 'Open the report' }).click()]);
    await report.waitForLoadState();
    assert.match(await report.locator('body').innerText(), /bad\.bin/);
    await report.close();
    await visitor.press('Download…');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /JSON/ }).click()]);
    assert.ok((await download.path()) !== null);
    await visitor.press('Close', visitor.dialog('Download'));
});

test('the page of a sample follows what becomes of it, too', async () => {
    engine.hold();
    const box = await CleanBox.signedIn(appliance);
    const sample = await box.submit('good.bin', 'nothing to be seen');
    await page.goto(`/#/samples/${sample.id}`);
    await visitor.heading('good.bin');
    await page.getByText('It is being analysed.').waitFor();
    engine.release();
    await page.getByText('Nothing noticed').waitFor();
    await page.getByText(/^Clean \d+$/).waitFor();
    await visitor.look('clean-sample-clean');
});

test('samples are found by how grave their verdict is', async () => {
    await page.goto('/#/samples');
    await visitor.heading('Samples');
    await page.getByLabel('Verdict').selectOption('90');
    await page.getByRole('row', { name: /good\.bin/ }).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /bad\.bin/ }).waitFor();
});

test('an engine that is gone is told above every page, and so is what waits for it', async () => {
    await engine.close();
    const box = await CleanBox.signedIn(appliance);
    const sample = await box.submit('stranded.bin', 'who judges this?');
    const banner = page.getByText('Samples wait: the analysis engine is not reachable.');
    // It is told of when the appliance next tried, and the page hears of it with the next page.
    for (let i = 0; await banner.count() === 0; ++i) {
        await page.goto(i % 2 === 0 ? '/#/users' : '/#/samples');
        await visitor.heading(i % 2 === 0 ? 'Users' : 'Samples');
        await page.waitForTimeout(200);
        assert.ok(i < 300, 'the banner comes within a minute');
    }
    await page.goto(`/#/samples/${sample.id}`);
    await visitor.heading('stranded.bin');
    await page.getByText('It waits for the analysis engine.').waitFor();
    await visitor.look('clean-sample-stranded');
});
