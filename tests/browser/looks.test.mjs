// Every page as it looks in the dark, on a telephone, and with text at twice its size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostname } from './appliance.mjs';
import { pair } from './certificates.mjs';
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

/** Text at twice its size, as whoever needs it tells the browser once: the page gets the layout of a narrower one. */
async function browsersText(page) {
    const debug = await page.context().newCDPSession(page);
    await debug.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } });
}

/** As an extension or a style sheet of one's own does: the layout stays. */
const pagesText = (page) => page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));

const manners = [
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { viewport: { width: 360, height: 740 } }],
    ['large', {}, browsersText],
    ['narrow-large', { viewport: { width: 360, height: 740 } }, browsersText],
    ['large-page', {}, pagesText],
];

/** What in the page's main part holds more than it is wide: its text is cut off, or lies over its neighbour's. */
const cutOff = () => [...document.querySelectorAll('main, main *')].flatMap((element) => {
    if (!(element instanceof HTMLElement) || element.closest('.pf-v6-screen-reader, input, textarea') !== null) return [];
    const over = element.scrollWidth - element.clientWidth;
    if (element.clientWidth === 0 || over <= 1) return []; // inline, or a rounded half
    // On a telephone an open drawer lies over what is then beside it, out of sight.
    if (element.matches('.pf-v6-c-drawer.pf-m-expanded > .pf-v6-c-drawer__main')) return [];
    return [`${element.tagName.toLowerCase()}.${element.className} by ${over}: ${element.innerText.slice(0, 60)}`];
});

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
        for (const [name, path, title] of pages) {
            await page.goto(`/#${path}`);
            await visitor.heading(title);
            await visitor.settled();
            await enlarge?.(page);
            await visitor.look(`look-${name}-${manner}`);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
            assert.ok(wide <= 0, `${name} is ${wide} pixels too wide, ${manner}`);
            assert.deepEqual(await page.evaluate(cutOff), [], `${name}, ${manner}`);
        }
        await visitor.leave();
    });
}
