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
