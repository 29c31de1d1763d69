import { describe, expect, it } from 'vitest';
import * as rules from '../rules/time';

const now = Date.parse('2026-03-02T10:00:00Z');
const day = 86400000;
const at = (offset: number) => new Date(now + offset).toISOString();

describe('A time', () => {
    it.each([
        [0, 'just now'], [-59000, 'just now'], [-60000, '1 minute ago'], [-3 * 3600000, '3 hours ago'], [-day, '1 day ago'], [12 * day, 'in 12 days'],
        [45 * day, 'in 45 days'], [100 * day, 'in 3 months'], [400 * day, 'in 13 months'], [-800 * day, '2 years ago'],
    ])('%d ms away reads "%s"', (offset, words) => {
        expect(rules.relative(at(offset), now)).toBe(words);
    });

    it('that is none is shown as it came', () => {
        expect(rules.relative('soon', now)).toBe('soon');
        expect(rules.exact('soon')).toBe('soon');
    });

    it('of a form is sent in UTC', () => {
        expect(rules.fromLocal('')).toBeNull();
        expect(rules.fromLocal('not a time')).toBeNull();
        expect(rules.fromLocal('2026-03-02T10:00')).toMatch(/^2026-03-0[123]T\d\d:\d\d:00Z$/);
    });
});

describe('Validity', () => {
    const between = (from: number, to: number) => ({ not_before: at(from), not_after: at(to) });
    it.each([
        [between(-day, 311.5 * day), 'expires in 311 days'], [between(-day, 1.5 * day), 'expires in 1 day'], [between(-day, 3600000), 'expires today'],
        [between(-9 * day, -3600000), 'expired today'], [between(-9 * day, -2.5 * day), 'expired 2 days ago'],
    ])('%o reads "%s"', (certificate, words) => {
        expect(rules.validity(certificate, now)).toBe(words);
    });

    it('that has not begun says when it does', () => {
        expect(rules.validity(between(5 * day, 9 * day), now)).toMatch(/^valid from \d/);
    });

    it('that has just begun is not to come, though the clock of the page moves in steps', () => {
        expect(rules.validity(between(29000, 9 * day), now)).toBe('expires in 9 days');
    });

    it('has today between its ends, and at an end outside of them', () => {
        expect(rules.elapsed(between(-day, 3 * day), now)).toBeCloseTo(0.25);
        expect(rules.elapsed(between(day, 3 * day), now)).toBe(0);
        expect(rules.elapsed(between(-3 * day, -day), now)).toBe(1);
        expect(rules.elapsed(between(day, day), now)).toBe(1);
    });
});

describe('A duration', () => {
    it.each([[5, 'less than a minute'], [61, '1 minute'], [7200, '2 hours'], [100800, '1 day 4 hours'], [90061, '1 day 1 hour'], [-1, 'less than a minute']])(
        '%d s reads "%s"', (seconds, words) => {
            expect(rules.duration(seconds)).toBe(words);
        },
    );
});
