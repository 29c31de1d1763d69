import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { scene } from './scene.mjs';

const here = scene({ door: 'clean' });
const row = (name) => here.page.getByRole('row', { name });

async function choose(organization, operation) {
    await here.page.getByRole('button', { name: `Operations on ${organization}`, exact: true }).click();
    await here.page.getByRole('menuitem', { name: operation }).click();
}

test('an organization is made, with what is wrong said at its field', async () => {
    const { visitor } = here;
    await visitor.open('Organizations');
    await visitor.press('New organization…');
    const dialog = visitor.dialog('New organization');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('DEFAULT');
    await visitor.press('Make the organization', dialog);
    await dialog.getByText('There is an organization of this name.').waitFor();
    await visitor.look('clean-organizations-taken');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Eastern <b>branch</b>');
    await visitor.press('Make the organization', dialog);
    await dialog.waitFor({ state: 'detached' });
    await row(/Eastern <b>branch<\/b> Active 0/).waitFor();
    await visitor.look('clean-organizations');
});

test('it is renamed, and limited', async () => {
    const { visitor, appliance } = here;
    await choose('Eastern <b>branch</b>', 'Rename…');
    const rename = visitor.dialog('Rename Eastern <b>branch</b>');
    await rename.getByRole('textbox', { name: 'Name' }).fill('Eastern branch');
    await visitor.press('Rename', rename);
    await row(/Eastern branch Active/).waitFor();
    await choose('Eastern branch', 'Rate limit…');
    const limit = visitor.dialog('Rate limit of Eastern branch');
    await visitor.press('Add a limit', limit);
    await visitor.look('clean-organizations-limit');
    await visitor.press('Save', limit);
    await limit.waitFor({ state: 'detached' });
    const box = await CleanBox.signedIn(appliance);
    const { items } = (await box.ask('GET', '/api/v1/organizations')).json;
    const { id } = items.find(({ name }) => name === 'Eastern branch');
    const { json } = await box.ask('GET', `/api/v1/organizations/${id}/rate-limit`);
    assert.deepEqual(json['submission-rate-limit'], [[100, 1440]]);
    await box.makeUser('ada', { password: 'a lantern on the stairs', organization_id: id });
});

test('its users are refused while it is not active', async () => {
    const { visitor, appliance } = here;
    const ada = await CleanBox.signedIn(appliance, 'ada', 'a lantern on the stairs');
    await choose('Eastern branch', 'De-activate…');
    await visitor.press('De-activate', visitor.dialog('De-activate Eastern branch'));
    await row(/Eastern branch De-activated 1/).waitFor();
    assert.ok([401, 403].includes((await ada.ask('GET', '/api/v1/samples').catch(() => ({ status: 403 }))).status));
    await choose('Eastern branch', 'Activate…');
    await visitor.press('Activate', visitor.dialog('Activate Eastern branch'));
    await row(/Eastern branch Active 1/).waitFor();
});

test('it is deleted once nobody is in it', async () => {
    const { visitor, appliance } = here;
    await choose('Eastern branch', 'Delete…');
    const dialog = visitor.dialog('Delete Eastern branch');
    await visitor.press('Delete', dialog);
    await dialog.getByRole('alert').waitFor();
    await visitor.look('clean-organizations-not-empty');
    const box = await CleanBox.signedIn(appliance);
    await box.ask('DELETE', '/api/v1/users/ada', { status: 204 });
    await visitor.press('Delete', dialog);
    await dialog.waitFor({ state: 'detached' });
    await row(/Eastern branch/).waitFor({ state: 'detached' });
});
