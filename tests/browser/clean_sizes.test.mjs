// What a browser with an empty cache takes over the wire at the clean door, in bytes; a budget is no matter of time.
import { test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { counted, within } from './received.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

const here = scene({ door: 'clean', signedIn: false });

test('the sign-in page takes 120 kB, the first page behind it 300 kB more, each later one 60 kB', async () => {
    const { browser, appliance } = here;
    const box = await CleanBox.signedIn(appliance);
    const sample = await box.submit('a.bin', 'something');
    await box.ask('POST', '/api/v1/disposition-services', { json: { url: 'https://cloud.example.test/', user: 'gatehouse', password: 'a long secret', network: 'dirty' }, status: 201 });
    const visitor = await Visitor.arrive(browser, appliance, { door: 'clean' });
    const { page } = visitor;
    const take = await counted(visitor);
    await page.goto('/');
    await visitor.heading('Sign in');
    await page.waitForLoadState('networkidle');
    within(take(), 120, 'sign-in');

    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill(appliance.password('clean'));
    await visitor.press('Sign in');
    await visitor.heading('Samples');
    await visitor.settled();
    await page.waitForFunction(() => document.fonts.status === 'loaded');
    within(take(), 300, 'first page');

    for (const [path, name] of [[`/samples/${sample.id}`, 'a.bin'], ['/users', 'Users'], ['/users/admin', 'admin'], ['/organizations', 'Organizations'],
        ['/profile', 'Profile and API key'], ['/integration', 'Manage Integration']]) {
        await page.goto(`/#${path}`);
        await visitor.heading(name);
        await visitor.settled();
        within(take(), 60, path);
    }
    await visitor.leave();
});
