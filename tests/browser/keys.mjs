// Keys alone: how somebody gets about a page who has no mouse.
import assert from 'node:assert/strict';

export const most = 60; // more than any page has to pass

export const isFocused = (place) => place.evaluate((element) => element === document.activeElement);

/** Goes on by Tab until it stands there. */
export async function tabTo(page, place) {
    await place.waitFor();
    for (let i = 0; i < most && !await isFocused(place); ++i) await page.keyboard.press('Tab');
    assert.ok(await isFocused(place), `Tab leads to ${place}`);
}

/** From the page before the door, as the first of its people. */
export async function signInByKeys(page, password) {
    await page.goto('/');
    await tabTo(page, page.getByLabel('User name'));
    await page.keyboard.type('admin');
    await tabTo(page, page.getByLabel('Password'));
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
}

/** Opens the menu of that button, and chooses from it. */
export async function choose(page, button, name) {
    await tabTo(page, button);
    await page.keyboard.press('Enter');
    const item = page.getByRole('menuitem', { name, exact: true });
    await item.waitFor();
    for (let i = 0; i < most && !await isFocused(item); ++i) await page.keyboard.press('ArrowDown');
    assert.ok(await isFocused(item), `the arrow leads to ${name}`);
    await page.keyboard.press('Enter');
}

/** Tab goes round in the dialog, and nowhere else. */
export async function staysIn(page, dialog) {
    for (let i = 0; i < most; ++i) {
        await page.keyboard.press('Tab');
        assert.equal(await dialog.locator(':focus').count(), 1, 'Tab stays in the dialog');
    }
}
