// Every page as it looks in the dark, on a telephone, and with text at twice its size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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

const manners = [
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { viewport: { width: 360, height: 740 } }],
];

for (const [manner, options] of manners) {
    test(`every page in ${manner}`, async () => {
        const visitor = await Visitor.arrive(here.browser, here.appliance, options);
        await visitor.page.goto('/');
        await visitor.heading('Sign in');
        await visitor.look(`look-sign-in-${manner}`);
        await visitor.signIn();
        for (const [name, path, title] of pages) {
            await visitor.page.goto(`/#${path}`);
            await visitor.heading(title);
            await visitor.settled();
            await visitor.look(`look-${name}-${manner}`);
            const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
            assert.ok(wide <= 0, `${name} is ${wide} pixels too wide, ${manner}`);
        }
        await visitor.leave();
    });
}
