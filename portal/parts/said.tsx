// What became of something, said to everybody; and where the focus goes when what had it went with what was done.
import { useEffect, useRef } from 'react';

/** `words` are empty before. */
export function Said({ words }: { words: string }) {
    const line = useRef<HTMLParagraphElement>(null);
    const told = useRef('');
    const waits = useRef(false);
    useEffect(() => {
        if (told.current !== words) {
            told.current = words;
            waits.current = words !== '';
        }
        // What had the focus may only go with the list's next answer.
        if (!waits.current || document.activeElement !== document.body) return;
        waits.current = false;
        line.current?.focus({ preventScroll: true });
    });
    return (
        <p role="status" ref={line} tabIndex={-1} className="gh-said">
            {words}
        </p>
    );
}
