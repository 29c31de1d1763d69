// A table of what usePages holds: its headings, and the fields above it, ask the appliance for another order.
import type { Direction } from '../rules/listing';
import { problemOf } from './action';
import { Nothing, type Empty } from './nothing';
import { Pager } from './pager';
import type { Pages } from './pages';
import { ProblemAlert } from './problem_alert';
import { Rows, type Heading } from './table';
import { Waiting } from './waiting';

export interface RemoteColumn<T> extends Heading<T> {
    /** What the appliance calls the order by it; none: it does not sort by that. */
    order?: string;
}

export interface RemoteListingProps<T> {
    label: string;
    columns: readonly RemoteColumn<T>[];
    pages: Pages<T>;
    keyOf: (item: T) => string;
    empty: Empty;
    sort: string;
    direction: Direction;
    onSort: (sort: string, direction: Direction) => void;
}

export function RemoteListing<T>({ label, columns, pages, keyOf, empty, sort, direction, onSort }: RemoteListingProps<T>) {
    const { items, error } = pages;
    const problem = error === undefined ? null : problemOf(error);
    if (items === undefined) return problem === null ? <Waiting lines={6} label={`Loading ${label}`} /> : <ProblemAlert problem={problem} />;
    return (
        <div className="gh-listing" aria-busy={pages.loading}>
            <ProblemAlert problem={problem} />
            {items.length === 0 ? (
                <Nothing {...empty} />
            ) : (
                <Rows label={label} columns={columns} items={items} keyOf={keyOf} sorts={(column) => column.order !== undefined}
                    sortedBy={columns.findIndex((column) => column.order === sort)} direction={direction}
                    onSort={(column, next) => onSort(columns[column]?.order ?? sort, next)} />
            )}
            <Pager label={label} page={pages.page} onPrevious={pages.previous} onNext={pages.next} />
        </div>
    );
}
