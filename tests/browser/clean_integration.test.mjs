// Manage Integration: a cloud is added, reached, told of what is malicious, and told once more of what it did not take.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Appliance } from './appliance.mjs';
import { fingerprint, issued } from './certificates.mjs';
import { CleanBox } from './clean_box.mjs';
import { Cloud } from './cloud.mjs';
import { Engine, sign } from './engine.mjs';
import { NameServer } from './names.mjs';
import { Neighbour } from './neighbour.mjs';
import { endAll } from './scene.mjs';
import { Visitor, launch } from './visitor.mjs';

const port = 8443;
const url = `https://cloud.example.test:${port}/dispositions`;
const folder = mkdtempSync(join(tmpdir(), 'gh-engine-'));
const engine = new Engine(folder);
const pair = issued(['cloud.example.test']);
let neighbour;
let names;
let cloud;
let appliance;
let browser;
let visitor;
let page;
let box;

before(async () => {
    neighbour = new Neighbour();
    const address = neighbour.address.split('.').map(Number);
    names = await NameServer.start((name) => (name === 'cloud.example.test' ? address : name === 'loop.example.test' ? [127, 0, 0, 1] : undefined));
    cloud = await Cloud.start(neighbour, pair, port);
    await engine.listen();
    appliance = await Appliance.start((configuration) => {
        configuration.analysis = { socket: engine.path, protocol: 'clamd' };
        configuration.networks = { dirty: { dns: [names.address] } };
    });
    box = await CleanBox.signedIn(appliance);
    browser = await launch();
    visitor = await Visitor.arrive(browser, appliance, { door: 'clean' });
    page = visitor.page;
    await visitor.signIn();
});
after(() => endAll([() => visitor?.leave(), () => browser?.close(), () => appliance?.stop(), () => engine.close(), () => cloud?.close(), () => names?.close(), () => neighbour?.close(),
    () => rmSync(folder, { recursive: true, force: true })]));

const services = async () => (await box.ask('GET', '/api/v1/disposition-services')).json.items;
const card = (of = url) => page.locator('[data-service]').filter({ has: page.getByRole('heading', { name: of, exact: true }) });
const step = (dialog, name) => dialog.locator(`[data-step="${name}"]`);

/** Somebody's page, without what a test that failed left open. */
async function opened(who = visitor) {
    await who.page.goto('/#/');
    await who.page.reload();
    await who.page.getByRole('button', { name: 'admin', exact: true }).click();
    await who.page.getByRole('menuitem', { name: 'Manage Integration' }).click();
    await who.heading('Manage Integration');
    await who.settled();
}

async function choose(operation, of = url) {
    await page.getByRole('button', { name: `Operations on ${of}`, exact: true }).click();
    await page.getByRole('menuitem', { name: operation, exact: true }).click();
}

async function add({ of = url, user = Cloud.user, password = Cloud.password } = {}) {
    await visitor.press('Add a service…');
    const dialog = visitor.dialog('Add a service');
    await dialog.getByLabel('URL').fill(of);
    await dialog.getByLabel('User').fill(user);
    await dialog.getByLabel('Password').fill(password);
    await visitor.press('Add', dialog);
    return dialog;
}

/** A malicious sample's digest. */
async function malicious(name) {
    return (await box.submit(name, `${name}: ${sign}`)).sha256;
}

test('administrators find it in the menu beside their name, and nobody else does', async () => {
    const { json } = await box.ask('GET', '/api/v1/session');
    await box.makeUser('mira', { password: 'a lantern on the stairs', role: 'org-admin', organization_id: json.organization_id });
    const mira = await Visitor.arrive(browser, appliance, { door: 'clean' });
    await mira.signIn('mira', 'a lantern on the stairs');
    await mira.page.getByRole('button', { name: 'mira', exact: true }).click();
    await mira.page.getByRole('menuitem', { name: 'Profile and API key' }).waitFor();
    assert.equal(await mira.page.getByRole('menuitem', { name: 'Manage Integration' }).count(), 0);
    await mira.page.goto('/#/integration');
    await mira.heading('Not found');
    await mira.leave();
    await opened();
    await page.getByRole('heading', { name: 'No services yet' }).waitFor();
    await visitor.look('clean-integration-empty');
});

test('a service is added, with what is wrong said at its field', async () => {
    await opened();
    await visitor.press('Add a service…');
    const dialog = visitor.dialog('Add a service');
    await dialog.getByLabel('URL').fill('http://cloud.example.test/');
    await dialog.getByText('nothing is told without TLS', { exact: false }).waitFor();
    await dialog.getByLabel('User').fill('a:b');
    await dialog.getByText('Without colons and control characters.').waitFor();
    await dialog.getByLabel('User').fill('gatehouse');
    await dialog.getByLabel('Password').fill('some password');
    await dialog.getByLabel('URL').fill('https://cloud_of_ours-.test/'); // only the appliance says no
    await visitor.press('Add', dialog);
    await dialog.locator('#service-url[aria-invalid="true"]').waitFor();
    await visitor.look('clean-integration-wrong');
    await dialog.getByLabel('URL').fill(url);
    await visitor.press('Add', dialog);
    await dialog.waitFor({ state: 'detached' });
    await card().getByText('Not called yet', { exact: true }).waitFor();
    for (const words of ['gatehouse', '*****', 'Dirty network', 'never']) await card().getByText(words, { exact: true }).first().waitFor();
    await page.getByRole('status').filter({ hasText: 'was added' }).waitFor();
    await visitor.look('clean-integration-added');
    const again = await add();
    await again.getByText('There is a service with this URL and user name already.', { exact: false }).waitFor();
    assert.equal(await again.locator('#service-url').getAttribute('aria-invalid'), 'true');
    await visitor.press('Cancel', again);
    assert.equal((await services()).length, 1);
});

test('Test Connection says which CA is not trusted, shows the fingerprints, and names the page that mends it', async () => {
    await opened();
    await choose('Test Connection…');
    const dialog = visitor.dialog('Test Connection');
    await dialog.getByText('It came to an end at: Trust the certificate.').waitFor();
    for (const name of ['resolve', 'connect', 'tls']) await step(dialog, name).getByText('Passed').waitFor();
    await step(dialog, 'resolve').getByText(neighbour.address, { exact: false }).waitFor();
    await step(dialog, 'trust').getByText('Failed').waitFor();
    await step(dialog, 'trust').getByText('on its page CA Certificates.', { exact: false }).waitFor();
    await step(dialog, 'status').getByText('Not reached').waitFor();
    const text = (await dialog.innerText()).replace(/\s/g, '').toLowerCase();
    assert.ok(text.includes(pair.fingerprint), 'the fingerprint of the server');
    assert.ok(text.includes(fingerprint(pair.authority)), 'and of its CA');
    assert.deepEqual(cloud.requests, [], 'nothing was said to whom is not trusted');
    await visitor.look('clean-integration-untrusted');
});

test('once its CA is trusted, Test again says that the password is wrong, and leads to Edit', async () => {
    await opened();
    await choose('Test Connection…');
    const dialog = visitor.dialog('Test Connection');
    await dialog.getByText('It came to an end at: Trust the certificate.').waitFor();
    await appliance.console('POST', '/api/v1/authorities', { pem: pair.authority });
    await visitor.press('Test again', dialog);
    await dialog.getByText('It came to an end at: Ask with user and password.').waitFor();
    await step(dialog, 'trust').getByText('Passed').waitFor();
    await step(dialog, 'status').getByText('This is mended here, by Edit.', { exact: false }).waitFor();
    await visitor.look('clean-integration-credentials');
    await visitor.press('Edit…', dialog);
    const edit = visitor.dialog('Edit the service');
    assert.equal(await edit.getByLabel('Password').inputValue(), '');
    await edit.getByLabel('Password').fill(Cloud.password);
    await visitor.press('Save', edit);
    await edit.waitFor({ state: 'detached' });
    await choose('Test Connection…');
    await visitor.dialog('Test Connection').getByText('The service was reached, is trusted, and answers.', { exact: false }).waitFor();
    await visitor.look('clean-integration-passed');
    await visitor.press('Close', visitor.dialog('Test Connection'));
    assert.deepEqual(cloud.requests.map(({ method }) => method), ['OPTIONS', 'OPTIONS']);
    assert.deepEqual(cloud.requests.map(({ known }) => known), [false, true]);
});

test('neither a name that nobody knows nor the appliance itself is called', async () => {
    await opened();
    for (const [of, failed] of [['https://nowhere.example.test/', 'resolve'], ['https://loop.example.test/', 'connect'], [`https://127.0.0.1:${appliance.ports.clean}/`, 'connect']]) {
        await (await add({ of })).waitFor({ state: 'detached' });
        await choose('Test Connection…', of);
        const dialog = visitor.dialog('Test Connection');
        await step(dialog, failed).getByText('Failed').waitFor();
        await step(dialog, 'status').getByText('Not reached').waitFor();
        await visitor.look(`clean-integration-${failed}`);
        await visitor.press('Close', dialog);
        await choose('Remove…', of);
        const remove = visitor.dialog('Remove the service');
        await remove.getByText('With it goes its password.', { exact: false }).waitFor();
        await visitor.press('Remove', remove);
        await card(of).waitFor({ state: 'detached' });
    }
    await page.locator('.gh-said:focus', { hasText: 'was removed' }).waitFor(); // what had the focus is gone
});

test('a malicious sample is told, and the page shows it by itself', async () => {
    await opened();
    const sha256 = await malicious('bad.bin');
    await card().locator('dd time').first().waitFor();
    assert.deepEqual(cloud.told.map((told) => [told.sha256, told.disposition]), [[sha256, 'malicious']]);
    await card().getByText('Nothing waits', { exact: true }).waitFor();
    await visitor.look('clean-integration-told');
});

test('while it is away what there is to tell waits, and is told without anybody’s help', async () => {
    await opened();
    await cloud.close();
    await malicious('worse.bin');
    await card().getByText('Away', { exact: true }).waitFor();
    await card().getByText('1 waits', { exact: false }).waitFor();
    await visitor.look('clean-integration-away');
    await cloud.open();
    await card().getByText('Nothing waits', { exact: true }).waitFor(); // it is looked for again by itself
    await visitor.look('clean-integration-back');
});

test('what it does not take is kept with the reason, and told once more: one, then the rest', async () => {
    await opened();
    await cloud.answer(404);
    const digests = [];
    for (const name of ['first.bin', 'second.bin', 'third.bin']) digests.push(await malicious(name));
    await card().getByText('Failed', { exact: true }).waitFor();
    await card().getByText('3 could not be told.').waitFor();
    await card().getByText('404', { exact: false }).first().waitFor();
    await visitor.look('clean-integration-failed');
    await page.getByRole('button', { name: `Show what ${url} could not be told` }).click();
    const dialog = visitor.dialog('What could not be told');
    for (const digest of digests) await dialog.getByRole('row', { name: new RegExp(`${digest} Malicious`) }).waitFor();
    await visitor.look('clean-integration-failed-list');
    await cloud.answer(204);
    await dialog.getByRole('button', { name: `Retry ${digests[1]}` }).click();
    await dialog.getByRole('row', { name: new RegExp(digests[1]) }).waitFor({ state: 'detached' });
    await dialog.locator('.gh-said:focus', { hasText: 'It is told once more.' }).waitFor();
    await visitor.press('Close', dialog);
    await card().getByText('2 could not be told.').waitFor();
    await page.getByRole('button', { name: `Retry all of ${url}` }).click();
    await page.getByText('2 are told once more.', { exact: false }).waitFor();
    await card().getByText('Nothing waits', { exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Retry all/ }).count(), 0);
    for (const digest of digests) assert.equal(cloud.told.filter(({ sha256 }) => sha256 === digest).length, 2, 'refused once, taken once');
    const keys = new Set(cloud.requests.filter(({ method }) => method === 'POST').map(({ key }) => key));
    assert.equal(keys.size, new Set(cloud.told.map(({ sha256 }) => sha256)).size, 'each disposition has one key, however often it is told');
});

test('its password stays as it is, and is asked for where the URL is another one', async () => {
    await opened();
    await choose('Edit…');
    const dialog = visitor.dialog('Edit the service');
    await dialog.getByText('Left empty, it stays as it is.').waitFor();
    await dialog.getByLabel('Network').selectOption('clean');
    await visitor.press('Save', dialog);
    await dialog.waitFor({ state: 'detached' });
    await card().getByText('Clean network').waitFor();
    await choose('Edit…');
    await dialog.getByLabel('URL').fill(`${url}/v2`);
    await dialog.getByText('what was meant for one place is not sent to another', { exact: false }).waitFor();
    await visitor.press('Save', dialog);
    await dialog.locator('#service-password[aria-invalid="true"]').waitFor();
    await visitor.look('clean-integration-password-needed');
    await dialog.getByLabel('Password').fill(Cloud.password);
    await visitor.press('Save', dialog);
    await card(`${url}/v2`).waitFor();
    assert.deepEqual((await services()).map(({ url: of, network, password }) => [of, network, password]), [[`${url}/v2`, 'clean', '*****']]);
});

test('it is removed with what waits for it, which is said before', async () => {
    await opened();
    await cloud.close();
    const of = `${url}/v2`;
    await malicious('last.bin');
    await card(of).getByText('1 waits', { exact: false }).waitFor();
    await choose('Remove…', of);
    const dialog = visitor.dialog('Remove the service');
    await dialog.getByText('what waits for it (1)', { exact: false }).waitFor();
    await visitor.look('clean-integration-remove');
    await visitor.press('Cancel', dialog);
    assert.equal((await services()).length, 1);
    await choose('Remove…', of);
    await visitor.press('Remove', dialog);
    await page.getByRole('heading', { name: 'No services yet' }).waitFor();
    assert.deepEqual(await services(), []);
});
