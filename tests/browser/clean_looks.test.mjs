// Every page of the clean door as it looks in the dark, on a telephone, and with text at twice its size.
import { test } from 'node:test';
import { CleanBox } from './clean_box.mjs';
import { lookAtAll, manners } from './manners.mjs';
import { scene } from './scene.mjs';
import { Visitor } from './visitor.mjs';

// Names as long as they may be, and without a place to break at.
const long = { file: `${'a-file-whose-name-does-not-end-'.repeat(6)}.pdf.exe`, device: 'gateway-of-the-eastern-branch-office-in-building-seven-on-the-hil', tag: 'a-tag-that-takes-all-of-the-sixty-four-characters-that-it-may-ta' };
let pages;

async function prepare(appliance) {
    const box = await CleanBox.signedIn(appliance);
    const sample = await box.submit(long.file, 'something', { tags: [long.tag, 'short', '<b>bold</b>'], isPrivate: true });
    for (let i = 0; i < 3; ++i) await box.submit(`file-${i}.bin`, `content ${i}`);
    await box.register(long.device, 'the-secret-of-the-first-device-0123456789');
    await box.register(long.device, 'some-other-secret-of-somebody-else-0123456789', { status: 409 });
    await box.makeUser('mira', { name: 'Mira Example' });
    await box.ask('PUT', '/api/v1/users/mira/rate-limit', { json: { 'submission-rate-limit': [[100, 1440], [10, 60]] } });
    const url = `https://${'a-name-that-does-not-end-'.repeat(2)}at-all.example.test/${'path-without-a-place-to-break-at-'.repeat(4)}`;
    for (const network of ['dirty', 'clean']) await box.ask('POST', '/api/v1/disposition-services', { json: { url, user: `${long.device}-${network}`, password: 'a long secret', network }, status: 201 });
    pages = [
        ['clean-samples', '/', 'Samples'],
        ['clean-sample', `/samples/${sample.id}`, long.file],
        ['clean-users', '/users', 'Users'],
        ['clean-user', '/users/mira', 'mira'],
        ['clean-device', `/users/${long.device}`, long.device],
        ['clean-organizations', '/organizations', 'Organizations'],
        ['clean-profile', '/profile', 'Profile and API key'],
        ['clean-integration', '/integration', 'Manage Integration'],
        ['clean-nowhere', '/nowhere', 'Not found'],
    ];
}

const here = scene({ door: 'clean', signedIn: false, prepare });

for (const [manner, options, enlarge] of manners) {
    test(`every page of the clean door in ${manner}`, async () => {
        const visitor = await Visitor.arrive(here.browser, here.appliance, { door: 'clean', ...options });
        await visitor.page.goto('/');
        await visitor.heading('Sign in');
        await visitor.look(`look-clean-sign-in-${manner}`);
        await visitor.signIn();
        await lookAtAll(visitor, pages, manner, enlarge);
        await visitor.leave();
    });
}
