// The ways in which pages are looked at: in the dark, on a telephone, with text at twice its size; and what must hold in
// each of them.
import assert from 'node:assert/strict';

/** Text at twice its size, as whoever needs it tells the browser once: the page gets the layout of a narrower one. */
async function browsersText(page) {
    const debug = await page.context().newCDPSession(page);
    await debug.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } });
}

/** As an extension or a style sheet of one's own does: the layout stays. */
const pagesText = (page) => page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));

/** Each by its name, what the browser is told, and what enlarges the text. */
export const manners = [
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['narrow', { viewport: { width: 360, height: 740 } }],
    ['large', {}, browsersText],
    ['narrow-large', { viewport: { width: 360, height: 740 } }, browsersText],
    ['large-page', {}, pagesText],
];

/** What in the page's main part holds more than it is wide: its text is cut off, or lies over its neighbour's. */
const cutOff = () => [...document.querySelectorAll('main, main *')].flatMap((element) => {
    if (!(element instanceof HTMLElement) || element.closest('.pf-v6-screen-reader, input, textarea') !== null) return [];
    const over = element.scrollWidth - element.clientWidth;
    if (element.clientWidth === 0 || over <= 1) return []; // inline, or a rounded half
    if (element.innerText.trim() === '') return []; // a cross that is easier to hit than to see
    // On a telephone an open drawer lies over what is then beside it, out of sight.
    if (element.matches('.pf-v6-c-drawer.pf-m-expanded > .pf-v6-c-drawer__main')) return [];
    return [`${element.tagName.toLowerCase()}.${element.className} by ${over}: ${element.innerText.slice(0, 60)}`];
});

/** Looks at each page ([name, path, title]) in one manner: a picture, and nothing is wider than its place. */
export async function lookAtAll(visitor, pages, manner, enlarge) {
    const { page } = visitor;
    for (const [name, path, title] of pages) {
        await page.goto(`/#${path}`);
        await visitor.heading(title);
        await visitor.settled();
        await enlarge?.(page);
        await visitor.look(`look-${name}-${manner}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `${name} is ${wide} pixels too wide, ${manner}`);
        assert.deepEqual(await page.evaluate(cutOff), [], `${name}, ${manner}`);
    }
}
