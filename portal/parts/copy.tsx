// Text to take along: monospace, selectable, with a button that copies it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import CopyIcon from '@patternfly/react-icons/dist/dynamic/icons/copy-icon';
import { useEffect, useRef, useState } from 'react';
import { grouped } from '../rules/certificate';

async function copy(text: string, shown: HTMLElement | null): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Not allowed: at least select it, for the keyboard's own copy.
        if (shown !== null) window.getSelection()?.selectAllChildren(shown);
        return false;
    }
}

/** `shown` stands there, `text` is copied; `what` names it for those who cannot see it. */
export function Copyable({ text, shown = text, what, block = false }: { text: string; shown?: string; what: string; block?: boolean }) {
    const [said, setSaid] = useState('');
    const element = useRef<HTMLElement>(null);
    useEffect(() => {
        if (said === '') return undefined;
        const timer = setTimeout(() => setSaid(''), 3000);
        return () => clearTimeout(timer);
    }, [said]);
    const take = () => void copy(text, element.current).then((done) => setSaid(done ? 'Copied' : 'Selected; copy it with the keyboard'));
    return (
        <span className={block ? 'gh-copyable gh-copyable-block' : 'gh-copyable'}>
            {block ? (
                // Long text scrolls, so the keyboard must reach it.
                <pre ref={element as React.RefObject<HTMLPreElement>} className="gh-mono gh-pre" role="group" tabIndex={0} aria-label={what}>
                    {shown}
                </pre>
            ) : (
                <code ref={element} className="gh-mono">
                    {shown}
                </code>
            )}
            <Button variant="plain" size="sm" aria-label={`Copy ${what}`} icon={<CopyIcon />} onClick={take} />
            <span role="status" className="gh-quiet">
                {said}
            </span>
        </span>
    );
}

export function Fingerprint({ value, what = 'fingerprint' }: { value: string; what?: string }) {
    return <Copyable text={value} shown={grouped(value)} what={what} />;
}
