// A device registers itself; an administrator looks at it and lets it in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { scene } from './scene.mjs';

const secret = 'the-secret-of-the-first-device-0123456789';
const another = 'some-other-secret-of-somebody-else-0123456789';
let box;
const here = scene({
    door: 'clean',
    prepare: async (appliance) => {
        box = await CleanBox.signedIn(appliance);
    },
});

test('a device that registers is told above every page, and stands first', async () => {
    const { page, visitor } = here;
    assert.deepEqual(await box.register('zzz-gateway', secret), { state: 'deactivated' });
    await page.getByText('A device waits to be let in.').waitFor();
    await visitor.look('clean-device-waits');
    await page.getByRole('link', { name: 'Look at it' }).click();
    await visitor.heading('Users');
    await page.getByRole('row', { name: /zzz-gateway/ }).waitFor();
    assert.equal(await page.getByRole('row', { name: /^admin/ }).count(), 0);
    await visitor.open('Users');
    await page.getByRole('row', { name: /admin/ }).waitFor();
    const logins = await page.getByRole('grid', { name: 'Users' }).locator('tbody td:first-child a').allInnerTexts();
    assert.equal(logins[0], 'zzz-gateway');
    await page.getByRole('row', { name: /zzz-gateway/ }).getByText('Waits to be let in').waitFor();
});

test('it is let in by Re-Activate User, once it was looked at, and gets its key', async () => {
    const { page, visitor } = here;
    await page.getByRole('link', { name: 'zzz-gateway' }).click();
    await visitor.heading('zzz-gateway');
    await page.getByText('127.0.0.1', { exact: true }).waitFor();
    await page.getByText('Mail gateway (ESA)').waitFor();
    await visitor.look('clean-device');
    await visitor.press('Re-Activate User…');
    const dialog = visitor.dialog('Re-activate zzz-gateway');
    assert.equal(await dialog.getByRole('checkbox').count(), 0);
    await visitor.look('clean-device-activate');
    await visitor.press('Re-Activate User', dialog);
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Active', { exact: true }).waitFor();
    const told = await box.poll('zzz-gateway', secret);
    assert.equal(told.state, 'active');
    assert.match(told.api_key, /^[a-z0-9]{26}$/);
    await page.getByText('A device waits to be let in.').waitFor({ state: 'detached' });
});

test('one under whose name others tried to register takes a box that names the attempts', async () => {
    const { page, visitor } = here;
    await box.register('esa-2', secret);
    await box.register('esa-2', another, { status: 409 });
    await box.register('esa-2', another, { status: 409 });
    await page.goto('/#/users/esa-2');
    await visitor.heading('esa-2');
    await page.getByText('Somebody else tried to register as esa-2', { exact: false }).waitFor();
    await page.getByText('2 with another secret, refused').waitFor();
    await visitor.press('Re-Activate User…');
    const dialog = visitor.dialog('Re-activate esa-2');
    const go = dialog.getByRole('button', { name: 'Re-Activate User', exact: true });
    assert.ok(await go.isDisabled());
    await visitor.look('clean-device-conflicts');
    await dialog.getByRole('checkbox', { name: /^2 other attempts to register as esa-2/ }).check();
    await go.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Active', { exact: true }).waitFor();
});

test('an attempt that comes while one looks has to be confirmed, too', async () => {
    const { page, visitor } = here;
    await box.register('esa-3', secret);
    await page.goto('/#/users/esa-3');
    await visitor.heading('esa-3');
    await visitor.press('Re-Activate User…');
    const dialog = visitor.dialog('Re-activate esa-3');
    await box.register('esa-3', another, { status: 409 });
    const box3 = dialog.getByRole('checkbox', { name: /^One other attempt to register as esa-3/ });
    // Where the news has not come yet. It may come before the click does, which finds the button off then.
    if (await box3.count() === 0) await dialog.getByRole('button', { name: 'Re-Activate User', exact: true }).dispatchEvent('click');
    await box3.waitFor();
    assert.notEqual((await box.poll('esa-3', secret)).state, 'active');
    await visitor.press('Cancel', dialog);
});

test('Reset discards a registration, and another secret may register then', async () => {
    const { page, visitor } = here;
    await visitor.press('Reset registration…');
    const dialog = visitor.dialog('Reset the registration of esa-3');
    await visitor.look('clean-device-reset');
    await visitor.press('Reset', dialog);
    await visitor.heading('Users');
    await page.getByRole('row', { name: /esa-2/ }).waitFor();
    await page.getByRole('row', { name: /esa-3/ }).waitFor({ state: 'detached' });
    assert.deepEqual(await box.register('esa-3', another), { state: 'deactivated' });
});
