import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { hostname } from './appliance.mjs';
import { scene } from './scene.mjs';

const here = scene();

const block = (door) => here.page.locator(`section[data-door="${door}"]`);

/** Whether the clean door takes a client that knows nothing newer than TLS 1.2. */
async function takesOld() {
    const socket = connect({
        host: '127.0.0.1', port: here.appliance.ports.clean, servername: hostname.clean, maxVersion: 'TLSv1.2', rejectUnauthorized: false,
    });
    try {
        await once(socket, 'secureConnect'); // an error rejects it
        return true;
    } catch {
        return false;
    } finally {
        socket.destroy();
    }
}

test('the policy that is chosen holds for the next connection', async () => {
    const { page, visitor } = here;
    await visitor.open('TLS');
    assert.ok(await block('clean').getByLabel('Intermediate').isChecked());
    assert.ok(await block('clean').getByRole('button', { name: 'Save' }).isDisabled(), 'there is nothing to save');
    assert.ok(await takesOld());
    await block('clean').getByLabel('Modern').check();
    await visitor.press('Save', block('clean'));
    await block('clean').getByText('Saved, for new connections.').waitFor();
    await visitor.look('tls');
    assert.equal(await takesOld(), false);
    await page.reload();
    await visitor.heading('TLS');
    await page.waitForFunction(() => document.querySelector('#policy-clean-modern')?.checked);
    assert.ok(await block('admin').getByLabel('Intermediate').isChecked(), 'the other door is as it was');
});

test('TLS 1.0 and 1.1 at a door are warned of on its page and above every page, until they are shut out', async () => {
    const { page, visitor, appliance } = here;
    const banner = page.locator('.gh-notices [data-notice="warning"]', { hasText: 'Application (clean): TLS 1.0 and 1.1 are switched on.' });
    const warning = block('clean').locator('[data-notice="warning"]', { hasText: 'TLS 1.0 and 1.1 are switched on at this door.' });
    await visitor.open('TLS');
    await appliance.console('PUT', '/api/v1/tls/legacy', { interface: 'clean' }); // the open page hears of it
    await warning.getByText('gatehousectl tls legacy disable --interface clean').waitFor();
    assert.equal(await block('admin').locator('[data-notice]').count(), 0, 'the other door is not spoken of');
    await visitor.look('tls-legacy');
    await visitor.open('Overview');
    await banner.getByRole('link', { name: 'How to switch it off' }).click();
    await visitor.heading('TLS');

    await appliance.console('DELETE', '/api/v1/tls/legacy?interface=clean');
    await block('clean').getByText('A device that only speaks TLS 1.0 or 1.1').waitFor();
    await warning.waitFor({ state: 'detached' });
    await banner.waitFor({ state: 'detached' });
});
