import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene();
const next = 'a lantern on the stairs';

/** What an authenticator shows now for that key (RFC 6238: SHA-1, 30 seconds, six digits). */
function code(base32) {
    const bits = [...base32.replace(/[\s=]/g, '')].map((character) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
    const digest = createHmac('sha1', key).update(step).digest();
    const at = digest[19] & 15;
    return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

test('the password is changed with the present one only, and the notice about the first one goes', async () => {
    const { page, visitor, appliance, browser } = here;
    const first = appliance.password();
    await visitor.open('My account');
    await page.getByLabel('Present password').fill('not the present one');
    await page.locator('#password').fill(next);
    await page.locator('#again').fill(next);
    await visitor.press('Change the password');
    await page.getByText('This is not your present password.').waitFor();
    await visitor.look('account-refused');
    await page.getByLabel('Present password').fill(first);
    await visitor.press('Change the password');
    await page.getByText('Changed. Your other sessions have ended.').waitFor();
    await page.getByText('You signed in with the password that the first start made.').waitFor({ state: 'detached' });
    await visitor.look('account');

    const again = await Visitor.arrive(browser, appliance);
    await again.signIn('admin', next);
    await again.leave();
    await visitor.open('Overview'); // the session goes on
    assert.deepEqual(visitor.complaints, []);
});

test('a second factor is set up, asked for at the next sign-in, and switched off again', async () => {
    const { page, visitor, appliance, browser } = here;
    await visitor.open('My account');
    await visitor.press('Set it up…');
    const dialog = visitor.dialog('Set up a second factor');
    await dialog.getByLabel('Present password').fill(next);
    await visitor.press('Go on', dialog);
    await dialog.getByRole('img', { name: 'QR code for the authenticator' }).waitFor();
    await visitor.look('account-second-factor');
    const key = await dialog.locator('code').first().innerText();
    await page.locator('#totp-otp').fill(code(key));
    await visitor.press('Switch it on', dialog);
    await dialog.getByText('The second factor is on.').waitFor();
    const recovery = (await dialog.getByRole('group', { name: 'recovery codes' }).innerText()).trim().split(/\s*\n\s*/);
    await visitor.press('I have kept them', dialog);
    await page.getByText(`Recovery codes left: ${recovery.length}.`).waitFor();

    const again = await Visitor.arrive(browser, appliance);
    await again.page.goto('/');
    await again.page.getByLabel('User name').fill('admin');
    await again.page.getByLabel('Password').fill(next);
    await again.press('Sign in');
    await again.page.locator('#sign-in-otp').fill('no-code');
    await again.press('Sign in');
    await again.page.getByText('This code is not right.').waitFor();
    await again.look('sign-in-code');
    await again.page.locator('#sign-in-otp').fill(recovery[0]);
    await again.press('Sign in');
    await again.heading('Overview');
    await again.leave();

    await visitor.press('Switch it off…');
    const off = visitor.dialog('Switch the second factor off');
    await off.getByLabel('Present password').fill(next);
    await visitor.press('Switch it off', off);
    await page.getByText('It is off: whoever knows your password can sign in.').waitFor();
});
