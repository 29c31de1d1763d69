// From one page of a list to the next.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';

export interface PagerProps {
    label: string;
    page: number;
    /** How many there are, where that is known. */
    pages?: number;
    /** null: there is none. */
    onPrevious: (() => void) | null;
    onNext: (() => void) | null;
}

export function Pager({ label, page, pages, onPrevious, onNext }: PagerProps) {
    if (onPrevious === null && onNext === null) return null;
    return (
        <nav className="gh-pages" aria-label={`Pages of ${label}`}>
            <Button variant="secondary" isDisabled={onPrevious === null} onClick={() => onPrevious?.()}>
                Previous
            </Button>
            <span>
                Page {page} {pages === undefined ? '' : `of ${pages}`}
            </span>
            <Button variant="secondary" isDisabled={onNext === null} onClick={() => onNext?.()}>
                Next
            </Button>
        </nav>
    );
}
