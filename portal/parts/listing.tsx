// A table of things: sorted by its headings, filtered by words, paged, a list on narrow screens; says what would be here
// where nothing is, and shows where it will be while it loads.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/dynamic/components/EmptyState';
import { Skeleton } from '@patternfly/react-core/dist/dynamic/components/Skeleton';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import { useState } from 'react';
import { filtered, paged, sorted, type Direction, type Sortable } from '../rules/listing';
import { problemOf } from './action';
import { ProblemAlert } from './problem_alert';

export interface Column<T> {
    title: string;
    cell: (item: T) => React.ReactNode;
    /** What it is sorted by; none: not at all. */
    by?: (item: T) => Sortable;
    /** Holds buttons; its heading is for readers only. */
    actions?: boolean;
}

export interface ListingProps<T> {
    label: string;
    columns: readonly Column<T>[];
    items: readonly T[] | undefined;
    error?: unknown;
    keyOf: (item: T) => string;
    /** What the filter looks through; none: no filter. */
    text?: (item: T) => string;
    empty: { title: string; sentence: string };
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
    if (items.length === 0) {
        return (
            <EmptyState titleText={empty.title} headingLevel="h2" variant="sm">
                <EmptyStateBody>{empty.sentence}</EmptyStateBody>
            </EmptyState>
        );
    }

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
            <Table aria-label={label} variant="compact" gridBreakPoint="grid-md">
                <Thead>
                    <Tr>
                        {columns.map((column, index) => {
                            if (column.actions) return <Th key={column.title} screenReaderText={column.title} />;
                            if (column.by === undefined) return <Th key={column.title}>{column.title}</Th>;
                            const sort = {
                                sortBy: { index: order.column, direction: order.direction },
                                onSort: (_: unknown, at: number, direction: Direction) => setOrder({ column: at, direction }),
                                columnIndex: index,
                            };
                            return <Th key={column.title} sort={sort} modifier="nowrap">{column.title}</Th>;
                        })}
                    </Tr>
                </Thead>
                <Tbody>
                    {shown.items.map((item) => (
                        <Tr key={keyOf(item)}>
                            {columns.map((column) => (
                                <Td key={column.title} dataLabel={column.title}>
                                    {column.cell(item)}
                                </Td>
                            ))}
                        </Tr>
                    ))}
                </Tbody>
            </Table>
            {found.length === 0 && <p className="gh-none">Nothing holds “{query}”.</p>}
            {shown.pages > 1 && (
                <nav className="gh-pages" aria-label={`Pages of ${label}`}>
                    <Button variant="secondary" isDisabled={shown.page === 1} onClick={() => setPage(shown.page - 1)}>
                        Previous
                    </Button>
                    <span>
                        Page {shown.page} of {shown.pages}
                    </span>
                    <Button variant="secondary" isDisabled={shown.page === shown.pages} onClick={() => setPage(shown.page + 1)}>
                        Next
                    </Button>
                </nav>
            )}
        </div>
    );
}

/** Lines where text will be. */
export function Waiting({ lines, label = 'Loading' }: { lines: number; label?: string }) {
    return (
        <div className="gh-waiting" role="status" aria-label={label}>
            {Array.from({ length: lines }, (_, index) => (
                <Skeleton key={index} screenreaderText={index === 0 ? label : ''} />
            ))}
        </div>
    );
}
