// Every page of the clean door: where it is, what it is called, for whom, and how its code is fetched.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import type { Role } from '../api/clean';

export interface PageProps {
    /** Of a page about one thing: which one. */
    id: string;
}

export interface Page {
    /** ":id" stands for one thing. */
    path: string;
    title: string;
    /** The page of the navigation that it belongs to; null: it is reached by the user menu. */
    under: string | null;
    roles: readonly Role[];
    Body: LazyExoticComponent<ComponentType<PageProps>>;
}

const everybody: readonly Role[] = ['user', 'org-admin', 'admin'];
const admins: readonly Role[] = ['org-admin', 'admin'];

export const pages: readonly Page[] = [
    { path: '/samples', title: 'Samples', under: '/samples', roles: everybody, Body: lazy(() => import('./pages/samples')) },
    { path: '/samples/:id', title: 'Sample', under: '/samples', roles: everybody, Body: lazy(() => import('./pages/sample')) },
    { path: '/users', title: 'Users', under: '/users', roles: admins, Body: lazy(() => import('./pages/users')) },
    { path: '/users/:id', title: 'User Details', under: '/users', roles: admins, Body: lazy(() => import('./pages/user')) },
    { path: '/organizations', title: 'Organizations', under: '/organizations', roles: ['admin'], Body: lazy(() => import('./pages/organizations')) },
    { path: '/profile', title: 'Profile and API key', under: null, roles: everybody, Body: lazy(() => import('./pages/profile')) },
    { path: '/integration', title: 'Manage Integration', under: null, roles: ['admin'], Body: lazy(() => import('./pages/integration')) },
];

/** What the navigation offers to somebody with that role. */
export function navigation(role: Role): Page[] {
    return pages.filter((page) => page.under === page.path && page.roles.includes(role));
}

/** What the menu beside the login name offers to somebody with that role. */
export function userMenu(role: Role): Page[] {
    return pages.filter((page) => page.under === null && page.roles.includes(role));
}

function decoded(part: string): string | null {
    try {
        return decodeURIComponent(part);
    } catch {
        return null;
    }
}

/** The page at a path, for somebody with that role; null: there is none. */
export function pageAt(path: string, role: Role): { page: Page; id: string } | null {
    const [, first = '', second, ...more] = (path === '/' ? '/samples' : path).split('/');
    if (more.length > 0) return null;
    const wanted = second === undefined ? `/${first}` : `/${first}/:id`;
    const page = pages.find((each) => each.path === wanted && each.roles.includes(role));
    const id = decoded(second ?? '');
    return page === undefined || id === null || second === '' ? null : { page, id };
}
