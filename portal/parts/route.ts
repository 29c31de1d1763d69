// Where one is: the part of the address behind the #, so that the appliance serves one page for all of them.
import { useSyncExternalStore } from 'react';

export interface Place {
    path: string;
    query: URLSearchParams;
}

export function place(hash: string): Place {
    const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
    return { path: path === '' ? '/' : path, query: new URLSearchParams(query) };
}

function subscribe(listener: () => void) {
    window.addEventListener('hashchange', listener);
    return () => window.removeEventListener('hashchange', listener);
}

export function usePlace(): Place {
    return place(useSyncExternalStore(subscribe, () => window.location.hash));
}

export function goTo(path: string): void {
    window.location.hash = path;
}

/** A place as an address: what is undefined or empty is left out of its query. */
export function addressOf(path: string, query: Record<string, string | undefined>): string {
    const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
    return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`;
}

/** Goes there in place of where one is: Back leads to where one was before. */
export function goInstead(path: string): void {
    window.location.replace(`#${path}`);
}
