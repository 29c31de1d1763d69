// A person at a browser: Debian's Chromium, driven by playwright-core. Whatever a page says to the browser's console, breaks
// of its policy included, fails the test that hears it.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { hostname, patience } from './appliance.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const undisturbed = fileURLToPath(new URL('chromium_undisturbed', import.meta.url));
export const pictures = fileURLToPath(new URL('../../build/browser', import.meta.url));

/** Debian's Chromium, which finds both doors' names at this machine and nothing else. */
export function launch(args = []) {
    return chromium.launch({
        executablePath: undisturbed, // $CHROMIUM, or /usr/bin/chromium
        timeout: patience,
        args: [
            '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
            `--host-resolver-rules=${Object.values(hostname).map((name) => `MAP ${name} 127.0.0.1`).join(', ')}, MAP * ~NOTFOUND`,
            ...args,
        ],
    });
}

// What the browser says by itself of an answer that the page handles, such as 401 to "who am I?".
const expected = (text) => /^Failed to load resource: the server responded with a status of (401|403|404|409|413|422|429|507)\b/.test(text);

/** The first page behind each door's sign-in. */
const firstPage = { admin: 'Overview', clean: 'Samples' };

export class Visitor {
    /** A new window with no cookies and no cache, before a door: of `options` `door`, the others are the browser's. */
    static async arrive(browser, appliance, { door = 'admin', ...options } = {}) {
        const visitor = new Visitor();
        visitor.appliance = appliance;
        visitor.door = door;
        visitor.context = await browser.newContext({
            ignoreHTTPSErrors: true, // the doors are self-signed
            baseURL: appliance.address(door),
            viewport: { width: 1280, height: 800 },
            reducedMotion: 'reduce',
            locale: 'en-GB',
            timezoneId: 'UTC',
            ...options,
        });
        visitor.page = await visitor.context.newPage();
        visitor.page.setDefaultTimeout(patience);
        visitor.complaints = [];
        visitor.page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type()) && !expected(message.text())) visitor.complaints.push(message.text());
        });
        visitor.page.on('pageerror', (error) => visitor.complaints.push(String(error)));
        return visitor;
    }

    async signIn(username = 'admin', password = this.appliance.password(this.door)) {
        await this.page.goto('/');
        await this.page.getByLabel('User name').fill(username);
        await this.page.getByLabel('Password').fill(password);
        await this.page.getByRole('button', { name: 'Sign in' }).click();
        await this.heading(firstPage[this.door]);
    }

    /** Waits for a page's title. */
    async heading(name) {
        await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    }

    /** Goes there as a person does. */
    async open(title, name = title) {
        await this.page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: title, exact: true }).click();
        await this.heading(name);
        await this.settled();
    }

    /** Until nothing is being loaded any more. */
    async settled() {
        await this.page.waitForFunction(() => document.querySelector('.gh-waiting, .pf-m-in-progress') === null);
    }

    dialog(name) {
        return this.page.getByRole('dialog', { name });
    }

    /** Presses that button of the dialog. */
    async press(name, within = this.page) {
        // The last: a dialog has a Close in its corner too.
        await within.getByRole('button', { name, exact: true }).last().click();
    }

    /** A picture of what is seen, and no serious fault that axe finds in it. */
    async look(name) {
        mkdirSync(pictures, { recursive: true });
        await this.page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
        const found = await this.axe();
        const grave = found.filter((violation) => ['serious', 'critical'].includes(violation.impact));
        assert.deepEqual(grave.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)]), [], `axe, ${name}`);
    }

    // Brought in by the debugger, which the page's policy does not bind.
    async axe() {
        const debug = await this.context.newCDPSession(this.page);
        const evaluate = async (expression) => {
            const { result, exceptionDetails } = await debug.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
            assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
            return result.value;
        };
        await evaluate(`${axe}; 0`);
        const found = await evaluate('axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations)');
        await debug.detach();
        return found;
    }

    /** Leaves; nothing may have been complained about. */
    async leave() {
        await this.context.close();
        assert.deepEqual(this.complaints, []);
    }
}
