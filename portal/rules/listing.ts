// Sorting, filtering and paging of what a table has in hand. Pure.

export type Direction = 'asc' | 'desc';

export type Sortable = string | number | boolean | null;

/** A sorted copy; numbers by size, text as people sort it ("eth2" before "eth10"), null last either way. */
export function sorted<T>(items: readonly T[], by: (item: T) => Sortable, direction: Direction): T[] {
    const sign = direction === 'asc' ? 1 : -1;
    return [...items].sort((left, right) => {
        const a = by(left);
        const b = by(right);
        if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
        if (typeof a === 'string' && typeof b === 'string') return sign * a.localeCompare(b, 'en', { numeric: true });
        return sign * (Number(a) - Number(b));
    });
}

/** Those that hold every word of the query, whatever the case. */
export function filtered<T>(items: readonly T[], query: string, text: (item: T) => string): T[] {
    const words = query.toLowerCase().split(/\s+/).filter((word) => word !== '');
    return items.filter((item) => {
        const all = text(item).toLowerCase();
        return words.every((word) => all.includes(word));
    });
}

export interface PageOf<T> {
    items: T[];
    page: number;
    pages: number;
}

/** Page `page` of them, 1-based; the last one there is where it lies behind. */
export function paged<T>(items: readonly T[], page: number, size: number): PageOf<T> {
    const pages = Math.max(1, Math.ceil(items.length / size));
    const shown = Math.min(Math.max(1, page), pages);
    return { items: items.slice((shown - 1) * size, shown * size), page: shown, pages };
}
