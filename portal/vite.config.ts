// One configuration for every bundle: `vite build --mode DOOR`. Where the pages go: PORTAL_OUT, else build/portal/DOOR.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Takes out of PatternFly's base style sheet what no page shows: its fonts (parts/font.css has the one that is used), its
 * icon font, and the themes beside light and dark.
 */
const lean = {
    postcssPlugin: 'gatehouse-lean',
    Once(root: Root) {
        root.walkAtRules('font-face', (rule) => {
            if (rule.source?.input.file?.includes('@patternfly')) rule.remove();
        });
        root.walkRules((rule) => {
            if (/theme-(?:felt|glass|high-contrast)|pf-v6-pficon|pf-v6-m-thinking|ai-indicator/.test(rule.selector)) rule.remove();
        });
    },
};

interface Node {
    source?: { input: { file?: string } };
    remove(): void;
}
interface Root {
    walkAtRules(name: string, visit: (rule: Node) => void): void;
    walkRules(visit: (rule: Node & { selector: string }) => void): void;
}

export default defineConfig(({ mode }) => {
    const door = mode === 'clean' ? 'clean' : 'admin';
    return {
        root: here(mode === 'test' ? '.' : door),
        base: '/',
        plugins: [react()],
        publicDir: false,
        css: { postcss: { plugins: [lean] } },
        build: {
            outDir: process.env['PORTAL_OUT'] ?? here(`../build/portal/${door}`),
            emptyOutDir: true,
            target: 'es2022',
            // The policy of the pages takes neither data: nor inline script.
            assetsInlineLimit: 0,
            modulePreload: { polyfill: false },
            cssCodeSplit: true,
            reportCompressedSize: false,
            sourcemap: false,
        },
        test: {
            include: ['tests/**/*.test.{ts,tsx}'],
            environment: 'node', // tests of pages say for themselves that they need a document
            // A machine that is busy fails no test.
            testTimeout: 300000,
            hookTimeout: 300000,
            // PatternFly's modules import style sheets, which node cannot.
            server: { deps: { inline: [/@patternfly\//] } },
        },
    };
});
