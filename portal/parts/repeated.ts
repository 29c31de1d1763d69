// Asking again and again for what no event tells of: while it is looked at, and only then.
import { useEffect, useRef } from 'react';

/** Calls `ask` every `pause` milliseconds while it is `active`, and at once where the page is seen again. */
export function useRepeated(ask: () => void, pause: number, active: boolean): void {
    const latest = useRef(ask);
    useEffect(() => {
        latest.current = ask;
    });
    useEffect(() => {
        if (!active) return undefined;
        const again = () => {
            if (document.visibilityState === 'visible') latest.current();
        };
        const timer = setInterval(again, pause);
        document.addEventListener('visibilitychange', again);
        return () => {
            clearInterval(timer);
            document.removeEventListener('visibilitychange', again);
        };
    }, [active, pause]);
}
