import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NameServer } from './names.mjs';
import { scene } from './scene.mjs';

const here = scene();
const address = [192, 0, 2, 77];
let server;

before(async () => {
    server = await NameServer.start(() => address);
});
after(() => server.close());

test('a resolver is set for one network, and a look-up goes there', async () => {
    const { page, visitor } = here;
    await visitor.open('Network');
    await page.locator('#dns-clean').fill('no server');
    await page.getByText("'no' is no address of a server.").waitFor();
    await visitor.look('network-wrong');
    await page.locator('#dns-clean').fill(server.address);
    await visitor.press('Save');
    await page.getByText('Saved. The next look-up goes there.').waitFor();

    await page.getByLabel('Name').fill('amp.example.test');
    await page.locator('#lookup-network').selectOption('clean');
    await visitor.press('Look up');
    await page.locator('[data-notice="success"]').getByText(address.join('.')).waitFor();
    await visitor.look('network');
    await page.reload();
    await visitor.heading('Network');
    await page.waitForFunction((text) => document.querySelector('#dns-clean')?.value === text, server.address);
    assert.equal(await page.locator('#dns-dirty').inputValue(), '', 'the other network is as it was');
});
