// Without a mouse: all of it by keys alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFocused, signInByKeys, staysIn, tabTo } from './keys.mjs';
import { scene } from './scene.mjs';

const here = scene({ signedIn: false });
test('who has no mouse signs in, reaches an operation, and stands where it began once it is closed', async () => {
    const { page, visitor, appliance } = here;
    const { keyboard } = page;
    await signInByKeys(page, appliance.password());
    await visitor.heading('Overview');

    await tabTo(page, page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'SSL', exact: true }));
    await keyboard.press('Enter');
    await visitor.heading('SSL Certificates');

    const operations = page.getByRole('button', { name: 'Operations on Application (clean)' });
    await tabTo(page, operations);
    await keyboard.press('Enter');
    const upload = page.getByRole('menuitem', { name: 'Upload…' });
    await upload.waitFor();
    await keyboard.press('ArrowDown');
    assert.ok(await isFocused(upload), 'the menu is entered by its first item');
    await visitor.look('keyboard-menu');
    await keyboard.press('Enter');

    const dialog = visitor.dialog('Upload a certificate: Application (clean)');
    await dialog.locator('button:focus', { hasText: 'Choose files' }).waitFor(); // where it begins, not at what closes it
    await visitor.look('keyboard-dialog');
    await staysIn(page, dialog);
    await keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.ok(await isFocused(operations), 'the focus is where it was');
});

test('Escape closes the menu, and the focus stays at its button', async () => {
    const { page } = here;
    const operations = page.getByRole('button', { name: 'Operations on Application (clean)' });
    await tabTo(page, operations);
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem').first().waitFor({ state: 'detached' });
    assert.ok(await isFocused(operations));
});
