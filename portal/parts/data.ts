// What the pages know of the appliance: one copy of each answer, shared by all that show it, asked for again when an
// event says that it changed. Lives as long as the page.
import { useCallback, useEffect, useSyncExternalStore } from 'react';

export interface Known<T> {
    value: T | undefined;
    error: unknown;
    /** Asked for and not answered yet. */
    loading: boolean;
}

interface Entry {
    known: Known<unknown>;
    load: () => Promise<unknown>;
    listeners: Set<() => void>;
    run: number;
}

const entries = new Map<string, Entry>();
const nothing: Known<never> = { value: undefined, error: undefined, loading: true };

function tell(entry: Entry, known: Known<unknown>) {
    entry.known = known;
    for (const listener of entry.listeners) listener();
}

async function load(entry: Entry) {
    const run = ++entry.run;
    tell(entry, { ...entry.known, loading: true });
    try {
        const value = await entry.load();
        if (run === entry.run) tell(entry, { value, error: undefined, loading: false });
    } catch (error) {
        if (run === entry.run) tell(entry, { value: entry.known.value, error, loading: false });
    }
}

/** Asks again for everything shown whose key begins with one of these; forgets what is not shown. */
export function refresh(...prefixes: string[]): void {
    for (const [key, entry] of entries) {
        if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
        if (entry.listeners.size > 0) void load(entry);
        else entries.delete(key);
    }
}

/** Puts in place what an answer to a change already told. */
export function know<T>(key: string, change: (value: T) => T): void {
    const entry = entries.get(key);
    if (entry?.known.value === undefined) return;
    tell(entry, { ...entry.known, value: change(entry.known.value as T) });
}

/** The answer that `key` stands for. `ask` may be a new function each time; the latest one is used. */
export function useData<T>(key: string, ask: () => Promise<T>): Known<T> & { reload: () => void } {
    const subscribe = useCallback((listener: () => void) => {
        const entry = entries.get(key) ?? { known: nothing, load: ask, listeners: new Set(), run: 0 };
        entries.set(key, entry);
        // What nobody looked at meanwhile may have changed: shown as it was, and asked for again.
        const unseen = entry.listeners.size === 0;
        entry.listeners.add(listener);
        if (unseen) void load(entry);
        return () => {
            entry.listeners.delete(listener);
        };
    }, [key]);
    const known = useSyncExternalStore(subscribe, () => entries.get(key)?.known ?? nothing) as Known<T>;
    useEffect(() => {
        const entry = entries.get(key);
        if (entry !== undefined) entry.load = ask;
    });
    const reload = useCallback(() => {
        const entry = entries.get(key);
        if (entry !== undefined) void load(entry);
    }, [key]);
    return { ...known, reload };
}
