// The head of a page: its title, one sentence that says what it is for, its one primary button.
import { useEffect, useRef } from 'react';

let begun = false; // a head was shown: who loads the portal begins where the browser does

export function PageHead({ title, sentence, action }: { title: string; sentence: React.ReactNode; action?: React.ReactNode }) {
    const heading = useRef<HTMLHeadingElement>(null);
    // Who navigates by keyboard or ear begins a new page at its head, also where the link went with the page before.
    useEffect(() => {
        if (begun || document.activeElement !== document.body) heading.current?.focus({ preventScroll: true });
        begun = true;
    }, []);
    return (
        <header className="gh-head">
            <div>
                <h1 ref={heading} tabIndex={-1} className="gh-title">
                    {title}
                </h1>
                <p>{sentence}</p>
            </div>
            {action}
        </header>
    );
}
