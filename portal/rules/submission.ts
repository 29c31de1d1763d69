// Files on their way to the appliance: in which order, how far, and what became of each. Pure; parts of the page send
// them (clean/submissions).
import type { Sample } from '../api/clean';
import type { Problem } from './problem';
import { bytes } from './sample';

export interface Submission {
    key: number;
    filename: string;
    size: number;
    state: 'waiting' | 'sending' | 'done' | 'failed' | 'given_up';
    /** That has been sent, 0 to 1. All of it: the appliance writes it to its disk. */
    share: number;
    sample: Sample | null;
    problem: Problem | null;
}

/** At once; the others wait. */
export const atOnce = 2;

export function waiting(key: number, file: { name: string; size: number }): Submission {
    return { key, filename: file.name, size: file.size, state: 'waiting', share: 0, sample: null, problem: null };
}

export function isUnderWay({ state }: Submission): boolean {
    return state === 'waiting' || state === 'sending';
}

/** Whose turn it is, as far as there is room. */
export function nextToSend(all: readonly Submission[]): Submission[] {
    const room = atOnce - all.filter(({ state }) => state === 'sending').length;
    return all.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, room));
}

export function changed(all: readonly Submission[], key: number, change: Partial<Submission>): Submission[] {
    return all.map((each) => (each.key === key ? { ...each, ...change } : each));
}

/** "Sending, 41 %". */
export function progressWords({ state, share, size }: Submission): string {
    switch (state) {
        case 'waiting':
            return 'Waits for those before it';
        case 'sending':
            return share < 1 ? `Sending, ${Math.floor(share * 100)} % of ${bytes(size)}` : 'Sent; the appliance stores it';
        case 'done':
            return 'Submitted';
        case 'failed':
            return 'Not submitted';
        case 'given_up':
            return 'Cancelled';
    }
}

/** What is wrong with a file, before it is sent. `most`: bytes that the appliance takes; unknown: 0. */
export function fileFault(file: { name: string; size: number }, most: number): string | undefined {
    if (most === 0 || file.size <= most) return undefined;
    const alike = bytes(file.size) === bytes(most); // then only the exact numbers tell them apart
    const words = (count: number) => (alike ? `${count.toLocaleString('en')} bytes` : bytes(count));
    return `${file.name} has ${words(file.size)}; this appliance takes ${words(most)} at most.`;
}

/** How all of them stand, in a line. */
export function summary(all: readonly Submission[]): string {
    const count = (state: Submission['state']) => all.filter((each) => each.state === state).length;
    const words: (readonly [number, string])[] = [
        [count('waiting') + count('sending'), 'under way'], [count('done'), 'submitted'], [count('failed'), 'failed'], [count('given_up'), 'cancelled'],
    ];
    return words.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`).join(', ');
}
