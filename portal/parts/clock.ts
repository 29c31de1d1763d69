// The time, for all that shows it relative to now; moves on every half minute.
import { useSyncExternalStore } from 'react';

const step = 30000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
    listeners.add(listener);
    if (timer === undefined) now = Date.now(); // it stood still while nobody looked
    timer ??= setInterval(() => {
        now = Date.now();
        for (const each of listeners) each();
    }, step);
    return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
    };
}

export function useNow(): number {
    return useSyncExternalStore(subscribe, () => now);
}
