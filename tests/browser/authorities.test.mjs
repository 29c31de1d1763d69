import { test } from 'node:test';
import { pair } from './certificates.mjs';
import { scene } from './scene.mjs';

const here = scene();

test('a certificate is added by its text, listed, and removed', async () => {
    const { page, visitor } = here;
    await visitor.open('CA Certificates');
    await visitor.press('Add…');
    const add = visitor.dialog('Add CA certificates');
    await add.getByRole('textbox', { name: /PEM/ }).fill('no certificate');
    await visitor.press('Add', add);
    await add.locator('[data-notice="danger"], [aria-invalid="true"]').first().waitFor();
    await visitor.look('authorities-wrong');
    await add.getByRole('textbox', { name: /PEM/ }).fill(pair(['ca.example.test']).certificate);
    await visitor.press('Add', add);
    const added = visitor.dialog('CA certificates added');
    await added.getByText('One certificate is trusted from now on.').waitFor();
    await visitor.press('Close', added);
    await page.getByRole('row', { name: /ca\.example\.test/ }).waitFor();
    await visitor.look('authorities');
    await visitor.press('Remove ca.example.test');
    const remove = visitor.dialog('Remove ca.example.test');
    await visitor.press('Remove', remove);
    await remove.waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'No certificates of your own' }).waitFor();
});

test('what cannot be retrieved is said in the dialog, which stays', async () => {
    const { page, visitor } = here;
    await visitor.press('Retrieve…');
    const dialog = visitor.dialog('Retrieve certificates');
    await dialog.getByLabel('Host').fill('127.0.0.1'); // the appliance itself
    await visitor.press('Retrieve', dialog);
    await dialog.locator('[data-notice="danger"], [aria-invalid="true"]').first().waitFor();
    await visitor.look('authorities-retrieve');
    await visitor.press('Cancel', dialog);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
});
