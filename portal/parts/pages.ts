// A long list of the appliance's, page by page: the appliance sorts and filters it, a cursor leads on.
import { useRef, useState } from 'react';
import { useData } from './data';

export interface PageAnswer<T> {
    items: T[];
    next: string | null;
}

export interface Pages<T> {
    /** Undefined before the first answer. While another page is asked for, the one before stays. */
    items: T[] | undefined;
    error: unknown;
    loading: boolean;
    /** From 1. */
    page: number;
    previous: (() => void) | null;
    next: (() => void) | null;
}

/** `key` names the list with its filter and order; another one begins at the first page. */
export function usePages<T>(key: string, ask: (cursor: string | undefined) => Promise<PageAnswer<T>>): Pages<T> {
    const [at, setAt] = useState<{ key: string; cursors: readonly string[] }>({ key, cursors: [] });
    const cursors = at.key === key ? at.cursors : [];
    const cursor = cursors[cursors.length - 1];
    const known = useData(`${key} ${cursor ?? ''}`, () => ask(cursor));
    const shown = useRef<PageAnswer<T> | undefined>(undefined);
    if (known.value !== undefined) shown.current = known.value;
    const next = known.value?.next ?? null;
    return {
        items: shown.current?.items,
        error: known.error,
        loading: known.loading,
        page: cursors.length + 1,
        previous: cursors.length === 0 ? null : () => setAt({ key, cursors: cursors.slice(0, -1) }),
        next: next === null ? null : () => setAt({ key, cursors: [...cursors, next] }),
    };
}
