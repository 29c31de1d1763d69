// A time: relative, with the exact one in the reader's zone on hover and for those who have it read out.
import { exact, relative, validity } from '../rules/time';
import { useNow } from './clock';

export function When({ at, none = 'never' }: { at: string | null; none?: string }) {
    const now = useNow();
    if (at === null) return <span className="gh-quiet">{none}</span>;
    return (
        <time dateTime={at} title={exact(at)}>
            {relative(at, now)}
        </time>
    );
}

/** "expires in 311 days". */
export function Expiry({ certificate }: { certificate: { not_before: string; not_after: string } }) {
    const now = useNow();
    return (
        <time dateTime={certificate.not_after} title={exact(certificate.not_after)}>
            {validity(certificate, now)}
        </time>
    );
}
