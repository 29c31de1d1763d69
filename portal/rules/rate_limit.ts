// Limits on submissions, as pairs of samples and minutes, and as a form has them. Pure.

export type Pair = readonly [samples: number, minutes: number];

export const units = [
    { value: '1', label: 'minutes' },
    { value: '60', label: 'hours' },
    { value: '1440', label: 'days' },
] as const;

type Unit = (typeof units)[number]['value'];

/** A pair as it is typed. */
export interface Row {
    samples: string;
    count: string;
    unit: Unit;
}

export const mostRows = 8;
const mostSamples = 1000000;
const mostMinutes = 31 * 1440;

/** In the largest unit that fits. */
export function rowOf([samples, minutes]: Pair): Row {
    const unit: Unit = minutes % 1440 === 0 ? '1440' : minutes % 60 === 0 ? '60' : '1';
    return { samples: String(samples), count: String(minutes / Number(unit)), unit };
}

const whole = (text: string) => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : NaN);

/** The pair that was typed, or what is wrong with it. */
export function pairOf(row: Row): Pair | string {
    const samples = whole(row.samples);
    if (!(samples <= mostSamples)) return 'Samples: a whole number from 0 to 1,000,000.';
    const minutes = whole(row.count) * Number(row.unit);
    if (!(minutes >= 1 && minutes <= mostMinutes)) return 'The time: a whole number, from one minute to 31 days.';
    return [samples, minutes];
}

function timeWords(minutes: number): string {
    const { count, unit } = rowOf([0, minutes]);
    const words = { '1': 'minute', '60': 'hour', '1440': 'day' }[unit];
    return count === '1' ? words : `${count} ${words}s`;
}

/** "At most 100 samples per day, and 10 samples per hour." */
export function limitWords(pairs: readonly Pair[]): string {
    if (pairs.length === 0) return 'No limit.';
    const each = pairs.map(([samples, minutes]) => `${samples.toLocaleString('en')} sample${samples === 1 ? '' : 's'} per ${timeWords(minutes)}`);
    return `At most ${each.join(', and ')}.`;
}
