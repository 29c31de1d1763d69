// Times as people read them: relative, with the exact one beside. Pure but for the reader's language and zone.

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ['year', 365 * 86400],
    ['month', 30 * 86400],
    ['day', 86400],
    ['hour', 3600],
    ['minute', 60],
];

/** "3 hours ago", "in 12 days"; "just now" within a minute. */
export function relative(at: string, now: number): string {
    const seconds = (Date.parse(at) - now) / 1000;
    if (Number.isNaN(seconds)) return at;
    for (const [unit, size] of units) {
        // Days up to two months, months up to two years: "in 45 days" says more than "in 2 months".
        const from = unit === 'month' || unit === 'year' ? 2 * size : size;
        if (Math.abs(seconds) >= from) {
            return new Intl.RelativeTimeFormat('en', { numeric: 'always' }).format(Math.trunc(seconds / size), unit);
        }
    }
    return 'just now';
}

/** In the reader's zone, which is named. */
export function exact(at: string): string {
    const date = new Date(at);
    if (Number.isNaN(date.getTime())) return at;
    return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' }).format(date);
}

/** "2 March 2026", in the reader's zone. */
export function day(at: string): string {
    const date = new Date(at);
    if (Number.isNaN(date.getTime())) return at;
    return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' }).format(date);
}

/** How long something has been running: "2 days 4 hours". */
export function duration(seconds: number): string {
    const parts: string[] = [];
    let rest = Math.max(0, Math.floor(seconds));
    for (const [unit, size] of [['day', 86400], ['hour', 3600], ['minute', 60]] as const) {
        const count = Math.floor(rest / size);
        rest -= count * size;
        if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
    }
    return parts.slice(0, 2).join(' ') || 'less than a minute';
}

/** Whether it is to come. Not within a minute: the page's clock moves on every half of one. */
export function isAhead(at: string, now: number): boolean {
    return Date.parse(at) - now >= 60000;
}

/** "expires in 311 days", "expired 2 days ago", "valid from 3 May 2027". */
export function validity(certificate: { not_before: string; not_after: string }, now: number): string {
    if (isAhead(certificate.not_before, now)) return `valid from ${day(certificate.not_before)}`;
    const left = Date.parse(certificate.not_after) - now;
    const days = Math.floor(Math.abs(left) / 86400000);
    const inDays = `${days} day${days === 1 ? '' : 's'}`;
    if (left < 0) return days === 0 ? 'expired today' : `expired ${inDays} ago`;
    return days === 0 ? 'expires today' : `expires in ${inDays}`;
}

/** Where `now` lies between two times, 0 to 1: today's place on the bar of a certificate's validity. */
export function elapsed(certificate: { not_before: string; not_after: string }, now: number): number {
    const from = Date.parse(certificate.not_before);
    const to = Date.parse(certificate.not_after);
    if (!(to > from)) return 1;
    return Math.min(1, Math.max(0, (now - from) / (to - from)));
}

/** A datetime-local input's value, in the reader's zone, as RFC 3339 in UTC; null where it is none. */
export function fromLocal(value: string): string | null {
    if (value === '') return null;
    const date = new Date(value);
    return Number.isNaN(date.getTime()) ? null : `${date.toISOString().slice(0, 19)}Z`;
}
