import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { scene } from './scene.mjs';

const here = scene();
const address = [192, 0, 2, 77];
let server;

// A name server that knows one thing: the address of whatever it is asked for.
before(async () => {
    server = createSocket('udp4');
    server.on('message', (question, from) => {
        const end = question.indexOf(0, 12) + 5; // behind name, type and class
        const head = Buffer.from(question.subarray(0, 12));
        const asksForA = question.readUInt16BE(end - 4) === 1;
        head.writeUInt16BE(0x8180, 2); // an answer, without error
        head.writeUInt16BE(asksForA ? 1 : 0, 6);
        head.writeUInt32BE(0, 8);
        const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]);
        server.send(Buffer.concat([head, question.subarray(12, end), ...(asksForA ? [record] : [])]), from.port, from.address);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
});
after(() => server.close());

test('a resolver is set for one network, and a look-up goes there', async () => {
    const { page, visitor } = here;
    await visitor.open('Network');
    await page.locator('#dns-clean').fill('no server');
    await page.getByText("'no' is no address of a server.").waitFor();
    await visitor.look('network-wrong');
    await page.locator('#dns-clean').fill(`127.0.0.1:${server.address().port}`);
    await visitor.press('Save');
    await page.getByText('Saved. The next look-up goes there.').waitFor();

    await page.getByLabel('Name').fill('amp.example.test');
    await page.locator('#lookup-network').selectOption('clean');
    await visitor.press('Look up');
    await page.locator('[data-notice="success"]').getByText(address.join('.')).waitFor();
    await visitor.look('network');
    await page.reload();
    await visitor.heading('Network');
    await page.waitForFunction((text) => document.querySelector('#dns-clean')?.value === text, `127.0.0.1:${server.address().port}`);
    assert.equal(await page.locator('#dns-dirty').inputValue(), '', 'the other network is as it was');
});
