import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene();
const password = 'a lantern on the stairs';

test('an operator is added, with what is wrong said at its field', async () => {
    const { page, visitor } = here;
    await visitor.open('Operators');
    await visitor.press('Add an operator…');
    const dialog = visitor.dialog('Add an operator');
    await dialog.getByLabel('User name').fill('admin');
    await dialog.getByLabel('Password').fill('short');
    await dialog.getByText('At least 10 characters', { exact: false }).first().waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Add', exact: true }).isDisabled());
    await dialog.getByLabel('Password').fill(password);
    await visitor.press('Add', dialog);
    await dialog.getByText('There is an operator of this name.').waitFor();
    await visitor.look('operators-taken');
    await dialog.getByLabel('User name').fill('ada');
    await dialog.getByLabel('Name', { exact: true }).fill('Ada Example');
    await visitor.press('Add', dialog);
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /ada Ada Example/ }).waitFor();
    await visitor.look('operators');
});

test('who may look only is offered nothing that changes something', async () => {
    const { visitor, browser, appliance } = here;
    const ada = await Visitor.arrive(browser, appliance);
    await ada.signIn('ada', password);
    await ada.open('Operators');
    await ada.page.getByRole('row', { name: /ada Ada Example/ }).waitFor();
    assert.equal(await ada.page.getByRole('button', { name: 'Add an operator…' }).count(), 0);
    await ada.open('SSL', 'SSL Certificates');
    await ada.page.getByRole('button', { name: 'Operations on Application (clean)' }).click();
    assert.deepEqual(await ada.page.getByRole('menuitem').allInnerTexts(), ['Download…']);
    await ada.look('ssl-read-only');
    await ada.leave();
    assert.deepEqual(visitor.complaints, []);
});

test('an operator is removed', async () => {
    const { page, visitor } = here;
    await visitor.press('Remove ada');
    const dialog = visitor.dialog('Remove ada');
    await visitor.look('operators-remove');
    await visitor.press('Remove', dialog);
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /ada Ada Example/ }).waitFor({ state: 'detached' });
});
