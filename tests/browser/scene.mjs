// What each file of tests begins with and ends with: an appliance, a browser, and somebody who is signed in.
import { after, before } from 'node:test';
import { Appliance } from './appliance.mjs';
import { Visitor, launch } from './visitor.mjs';

/** Ends each in turn, whatever becomes of the one before; throws what failed first. */
export async function endAll(ends) {
    const failures = [];
    for (const end of ends) {
        try {
            await end();
        } catch (error) {
            failures.push(error);
        }
    }
    if (failures.length > 0) throw failures[0];
}

/**
 * Filled before the file's first test. `signedIn: false`: the visitor stands before the door, which is `door`. `prepare`
 * brings the appliance into the state that the tests begin with, before anybody is at a browser.
 */
export function scene({ door = 'admin', signedIn = true, change, prepare = () => {} } = {}) {
    const here = { appliance: null, browser: null, visitor: null, page: null };
    before(async () => {
        [here.appliance, here.browser] = await Promise.all([Appliance.start(change), launch()]);
        await prepare(here.appliance);
        here.visitor = await Visitor.arrive(here.browser, here.appliance, { door });
        here.page = here.visitor.page;
        if (signedIn) await here.visitor.signIn();
    });
    after(() => endAll([() => here.visitor?.leave(), () => here.browser?.close(), () => here.appliance?.stop()]));
    return here;
}
