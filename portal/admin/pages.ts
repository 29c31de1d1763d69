// Every page of the admin door: where it is, what it is called, and how its code is fetched.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

export interface Page {
    path: string;
    title: string;
    group: string | null;
    Body: LazyExoticComponent<ComponentType>;
}

export const pages: readonly Page[] = [
    { path: '/', title: 'Overview', group: null, Body: lazy(() => import('./pages/overview')) },
    { path: '/configuration/ssl', title: 'SSL', group: 'Configuration', Body: lazy(() => import('./pages/ssl')) },
    { path: '/configuration/authorities', title: 'CA Certificates', group: 'Configuration', Body: lazy(() => import('./pages/authorities')) },
    { path: '/configuration/hostname', title: 'Hostname', group: 'Configuration', Body: lazy(() => import('./pages/hostname')) },
    { path: '/configuration/network', title: 'Network', group: 'Configuration', Body: lazy(() => import('./pages/network')) },
    { path: '/configuration/tls', title: 'TLS', group: 'Configuration', Body: lazy(() => import('./pages/tls')) },
    { path: '/access/operators', title: 'Operators', group: 'Access', Body: lazy(() => import('./pages/operators')) },
    { path: '/access/sessions', title: 'Sessions', group: 'Access', Body: lazy(() => import('./pages/sessions')) },
    { path: '/access/tokens', title: 'Tokens', group: 'Access', Body: lazy(() => import('./pages/tokens')) },
    { path: '/access/account', title: 'My account', group: 'Access', Body: lazy(() => import('./pages/account')) },
    { path: '/audit', title: 'Audit', group: null, Body: lazy(() => import('./pages/audit')) },
];

/** In the order of the navigation: single pages and groups of them. */
export const groups: readonly { title: string | null; pages: readonly Page[] }[] = pages.reduce<{ title: string | null; pages: Page[] }[]>(
    (found, page) => {
        const last = found[found.length - 1];
        if (last !== undefined && last.title === page.group) last.pages.push(page);
        else found.push({ title: page.group, pages: [page] });
        return found;
    },
    [],
);
