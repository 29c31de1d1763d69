// A table of things: sorted by its headings, filtered by words, paged, a list on narrow screens; says what would be here
// where nothing is, and shows where it will be while it loads.
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { useState } from 'react';
import { filtered, paged, sorted, type Direction, type Sortable } from '../rules/listing';
import { problemOf } from './action';
import { Nothing, type Empty } from './nothing';
import { Pager } from './pager';
import { ProblemAlert } from './problem_alert';
import { Rows, type Heading } from './table';
import { Waiting } from './waiting';

export interface Column<T> extends Heading<T> {
    /** What it is sorted by; none: not at all. */
    by?: (item: T) => Sortable;
}

export interface ListingProps<T> {
    label: string;
    columns: readonly Column<T>[];
    items: readonly T[] | undefined;
    error?: unknown;
    keyOf: (item: T) => string;
    /** What the filter looks through; none: no filter. */
    text?: (item: T) => string;
    empty: Empty;
    sortedBy?: number;
    direction?: Direction;
    pageSize?: number;
}

export function Listing<T>(props: ListingProps<T>) {
    const { label, columns, items, error, keyOf, text, empty, pageSize = 20 } = props;
    const [order, setOrder] = useState({ column: props.sortedBy ?? 0, direction: props.direction ?? ('asc' as Direction) });
    const [query, setQuery] = useState('');
    const [page, setPage] = useState(1);

    if (error !== undefined && items === undefined) return <ProblemAlert problem={problemOf(error)} />;
    if (items === undefined) return <Waiting lines={4} label={`Loading ${label}`} />;
    if (items.length === 0) return <Nothing {...empty} />;

    const by = columns[order.column]?.by;
    const found = text === undefined ? [...items] : filtered(items, query, text);
    const shown = paged(by === undefined ? found : sorted(found, by, order.direction), page, pageSize);
    return (
        <div className="gh-listing">
            {text !== undefined && items.length > 5 && (
                <div className="gh-filter">
                    <TextInput type="search" aria-label={`Filter ${label}`} placeholder="Filter" value={query} onChange={(_, next) => {
                        setQuery(next);
                        setPage(1);
                    }} />
                    <span role="status" className="gh-quiet">
                        {query === '' ? '' : `${found.length} of ${items.length}`}
                    </span>
                </div>
            )}
            <Rows label={label} columns={columns} items={shown.items} keyOf={keyOf} sorts={(column) => column.by !== undefined}
                sortedBy={order.column} direction={order.direction} onSort={(column, direction) => setOrder({ column, direction })} />
            {found.length === 0 && <p className="gh-none">Nothing holds “{query}”.</p>}
            <Pager label={label} page={shown.page} pages={shown.pages} onPrevious={shown.page > 1 ? () => setPage(shown.page - 1) : null}
                onNext={shown.page < shown.pages ? () => setPage(shown.page + 1) : null} />
        </div>
    );
}
