// A table of things, whose headings sort it; a list on narrow screens.
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import type { Direction } from '../rules/listing';

export interface Heading<T> {
    title: string;
    cell: (item: T) => React.ReactNode;
    /** Holds buttons; its heading is for readers only. */
    actions?: boolean;
}

export interface RowsProps<T, C extends Heading<T>> {
    label: string;
    columns: readonly C[];
    items: readonly T[];
    keyOf: (item: T) => string;
    /** Whether a heading sorts. */
    sorts: (column: C) => boolean;
    /** The column that it is sorted by; -1: none. */
    sortedBy: number;
    direction: Direction;
    onSort: (column: number, direction: Direction) => void;
}

export function Rows<T, C extends Heading<T>>(props: RowsProps<T, C>) {
    const { label, columns, items, keyOf, sorts, sortedBy, direction, onSort } = props;
    return (
        <Table aria-label={label} variant="compact" gridBreakPoint="grid-md">
            <Thead>
                <Tr>
                    {columns.map((column, index) => {
                        if (column.actions) return <Th key={column.title} screenReaderText={column.title} />;
                        if (!sorts(column)) return <Th key={column.title} modifier="nowrap">{column.title}</Th>;
                        const sort = {
                            sortBy: sortedBy < 0 ? {} : { index: sortedBy, direction },
                            onSort: (_: unknown, at: number, next: Direction) => onSort(at, next),
                            columnIndex: index,
                        };
                        return <Th key={column.title} sort={sort} modifier="nowrap">{column.title}</Th>;
                    })}
                </Tr>
            </Thead>
            <Tbody>
                {items.map((item) => (
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
    );
}
