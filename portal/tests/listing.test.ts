import { describe, expect, it } from 'vitest';
import { filtered, paged, sorted } from '../rules/listing';

describe('A list', () => {
    it('is sorted as people sort, null last either way, and the original stays', () => {
        const names = ['eth10', 'eth2', 'Alpha', 'beta'];
        expect(sorted(names, (name) => name, 'asc')).toEqual(['Alpha', 'beta', 'eth2', 'eth10']);
        expect(sorted(names, (name) => name, 'desc')).toEqual(['eth10', 'eth2', 'beta', 'Alpha']);
        expect(names[0]).toBe('eth10');
        expect(sorted([3, null, 1], (value) => value, 'asc')).toEqual([1, 3, null]);
        expect(sorted([3, null, 1], (value) => value, 'desc')).toEqual([3, 1, null]);
    });
    it('is filtered by every word, whatever the case', () => {
        const lines = ['mira@example.com Operate', 'admin Operate', 'MIRA Read'];
        expect(filtered(lines, ' mira  oper', (line) => line)).toEqual(['mira@example.com Operate']);
        expect(filtered(lines, ' ', (line) => line)).toEqual(lines);
    });
    it('is paged, and a page behind the last is the last', () => {
        const items = [1, 2, 3, 4, 5];
        expect(paged(items, 2, 2)).toEqual({ items: [3, 4], page: 2, pages: 3 });
        expect(paged(items, 9, 2)).toEqual({ items: [5], page: 3, pages: 3 });
        expect(paged(items, 0, 2).page).toBe(1);
        expect(paged([], 1, 2)).toEqual({ items: [], page: 1, pages: 1 });
    });
});
