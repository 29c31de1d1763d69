// What is said of a sample: its state, its verdict, its size, its tags. Pure.
import type { Behaviour, SampleState } from '../api/clean';

export interface StateWords {
    word: string;
    sentence: string;
    status: 'success' | 'info' | 'danger' | 'custom';
}

export const stateWords: Record<SampleState, StateWords> = {
    wait: { word: 'Waiting', sentence: 'It waits for its turn to be analysed.', status: 'custom' },
    prep: { word: 'Preparing', sentence: 'Its analysis is being prepared.', status: 'info' },
    run: { word: 'Being sent', sentence: 'It is being sent to the analysis engine.', status: 'info' },
    proc: { word: 'Being analysed', sentence: 'It is being analysed.', status: 'info' },
    succ: { word: 'Analysed', sentence: 'It was analysed.', status: 'success' },
    fail: { word: 'Failed', sentence: 'It could not be analysed.', status: 'danger' },
};

export const states = Object.keys(stateWords) as SampleState[];

export function isState(text: string): text is SampleState {
    return text in stateWords;
}

/** Whether something will still become of it. */
export function isUnderWay(state: SampleState): boolean {
    return state !== 'succ' && state !== 'fail';
}

export interface Verdict {
    word: string;
    /** With the score, where there is one. */
    sentence: string;
    status: 'success' | 'info' | 'warning' | 'danger' | null;
}

/** From where a sample is called so. The appliance tells others of those it calls malicious. */
const bands: readonly (readonly [number, Omit<Verdict, 'sentence'>])[] = [
    [90, { word: 'Malicious', status: 'danger' }],
    [50, { word: 'Suspicious', status: 'warning' }],
    [1, { word: 'Low', status: 'info' }],
    [0, { word: 'Clean', status: 'success' }],
];

/** Word and sentence of a score from 0 to 100; null: it has none, for the reason that its state says. */
export function verdictWords(score: number | null, state: SampleState): Verdict {
    if (score === null) {
        if (isUnderWay(state)) return { word: 'Not yet', sentence: 'There is no verdict yet.', status: null };
        return { word: 'None', sentence: 'There is no verdict.', status: null };
    }
    const [, band] = bands.find(([from]) => score >= from) ?? bands[bands.length - 1]!;
    return { ...band, sentence: `${band.word}: score ${score} of 100.` };
}

/** The least score, as a choice. */
export const scoreChoices: readonly { value: string; label: string }[] = [
    { value: '', label: 'Any verdict' },
    { value: '90', label: 'Malicious: 90 and more' },
    { value: '50', label: 'Suspicious: 50 and more' },
    { value: '1', label: 'Anything found' },
    { value: '0', label: 'With a verdict' },
];

/** The gravest first, then the surest. */
export function gravestBehaviours(behaviours: readonly Behaviour[]): Behaviour[] {
    return [...behaviours].sort((a, b) => b.severity - a.severity || b.confidence - a.confidence || a.title.localeCompare(b.title, 'en'));
}

const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** "48.2 KiB". */
export function bytes(count: number): string {
    if (count < 1024) return `${count} byte${count === 1 ? '' : 's'}`;
    let value = count;
    let unit = -1;
    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        ++unit;
    }
    const shown = value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
    // 1023.9 KiB are a MiB to whoever reads them.
    if (shown >= 1024 && unit < units.length - 1) return `1 ${units[unit + 1]}`;
    return `${shown} ${units[unit]}`;
}

// ---- tags

/** Tags as people type them: separated by commas, each once. A blank is part of a tag. */
export function splitTags(text: string): string[] {
    const tags = text.split(',').map((tag) => tag.trim()).filter((tag) => tag !== '');
    return tags.filter((tag, index) => tags.indexOf(tag) === index);
}

export function tagFault(tag: string): string | undefined {
    return [...tag].length > 64 ? `A tag has 64 characters at most: ${tag.slice(0, 16)}… has more.` : undefined;
}
