// Every page as it looks in the dark, on a telephone, and with text at twice its size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostname } from './appliance.mjs';
import { pair } from './certificates.mjs';
import { lookAtAll, manners } from './manners.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene();

const pages = [
    ['overview', '/', 'Overview'],
    ['ssl', '/configuration/ssl', 'SSL Certificates'],
    ['ssl-drawer', '/configuration/ssl?door=admin', 'SSL Certificates'],
    ['authorities', '/configuration/authorities', 'CA Certificates'],
    ['hostname', '/configuration/hostname', 'Hostname'],
    ['network', '/configuration/network', 'Network'],
    ['tls', '/configuration/tls', 'TLS'],
    ['operators', '/access/operators', 'Operators'],
    ['sessions', '/access/sessions', 'Sessions'],
    ['tokens', '/access/tokens', 'Tokens'],
    ['account', '/access/account', 'My account'],
    ['audit', '/audit', 'Audit'],
];

test('the bell counts what the banners say, and each says its matter in a line', async () => {
    const { page, appliance } = here;
    // Every page after this one has names that are long, something to warn of, and a change that was refused.
    const long = 'gateway-of-the-eastern-branch-office.internal.example.test';
    appliance.place('clean', pair([long, `second.${long}`], 10));
    appliance.place('admin', { certificate: pair([hostname.admin]).certificate, key: pair([hostname.admin]).key });
    const banners = page.locator('.gh-notices .gh-notice');
    await banners.filter({ hasText: 'the last change was refused (key_mismatch).' }).waitFor();
    await banners.filter({ hasText: 'the certificate expires in 9 days.' }).waitFor();
    const count = await banners.count();
    assert.ok(count >= 3, 'a password to change, a certificate that expires, a change that was refused');
    await page.getByRole('button', { name: `${count} notices`, exact: true }).click();
    assert.equal(await page.getByRole('menuitem').count(), count);
    await page.keyboard.press('Escape');
    for (const text of await banners.allInnerTexts()) assert.ok(text.length < 140, text);
    await page.goto('/#/configuration/ssl');
    await page.locator('li[data-door="admin"] [data-refused="key_mismatch"]').waitFor();
});

for (const [manner, options, enlarge] of manners) {
    test(`every page in ${manner}`, async () => {
        const visitor = await Visitor.arrive(here.browser, here.appliance, options);
        const { page } = visitor;
        await page.goto('/');
        await visitor.heading('Sign in');
        await visitor.look(`look-sign-in-${manner}`);
        await visitor.signIn();
        await lookAtAll(visitor, pages, manner, enlarge);
        await visitor.leave();
    });
}
