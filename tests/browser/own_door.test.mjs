// The certificate that one looks through is changed, in a browser that verifies it.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Appliance } from './appliance.mjs';
import { launch, Visitor } from './visitor.mjs';

let appliance;

before(async () => {
    appliance = await Appliance.start();
});
after(async () => {
    await appliance.stop();
});

const placed = () => readFileSync(join(appliance.state, 'admin', 'cert.pem'));

// As the flag takes it: SHA-256 of the public key, in base64.
const keyHash = (pem) => createHash('sha256').update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })).digest('base64');

test('the link behind a change leads to a question about the new certificate, however many old connections there are', async () => {
    const browser = await launch([`--ignore-certificate-errors-spki-list=${keyHash(placed())}`]);
    const visitor = await Visitor.arrive(browser, appliance, { ignoreHTTPSErrors: false });
    await visitor.signIn();
    await visitor.open('SSL', 'SSL Certificates');
    const page = visitor.page;
    // Several connections at once, all kept.
    await page.evaluate(() => Promise.all(Array.from({ length: 12 }, () => fetch('/api/v1/status'))));
    await page.getByRole('button', { name: 'Operations on Administration' }).click();
    await page.getByRole('menuitem', { name: 'Regenerate…' }).click();
    const dialog = visitor.dialog('Regenerate the certificate');
    await visitor.press('Regenerate', dialog);
    const link = dialog.getByRole('link', { name: 'Continue with the new certificate' });
    await link.waitFor();
    const refused = page.waitForEvent('requestfailed', (request) => request.isNavigationRequest());
    await link.click();
    assert.equal((await refused).failure().errorText, 'net::ERR_CERT_AUTHORITY_INVALID');
    await visitor.context.close();
    await browser.close();
});
