// The files that are being submitted: they go on while one looks at other pages, and end with the page itself. One for
// the whole page.
import { useSyncExternalStore } from 'react';
import { submitSample, type SubmissionOptions } from '../api/clean';
import { GivenUp } from '../api/transport';
import { problemOf } from '../parts/action';
import { refresh } from '../parts/data';
import * as rules from '../rules/submission';

interface Sending {
    file: File;
    options: SubmissionOptions;
    stop: AbortController;
}

const listeners = new Set<() => void>();
const sending = new Map<number, Sending>();
let all: readonly rules.Submission[] = [];
let keys = 0;

function tell(next: readonly rules.Submission[]) {
    all = next;
    for (const listener of listeners) listener();
}

const change = (key: number, what: Partial<rules.Submission>) => tell(rules.changed(all, key, what));

async function send(key: number, { file, options, stop }: Sending) {
    change(key, { state: 'sending', share: 0, problem: null });
    try {
        const sample = await submitSample(file, options, (share) => change(key, { share }), stop.signal);
        change(key, { state: 'done', share: 1, sample });
        sending.delete(key);
        refresh('samples', 'appliance');
    } catch (error) {
        if (error instanceof GivenUp) change(key, { state: 'given_up' });
        else change(key, { state: 'failed', problem: problemOf(error) });
    }
    goOn();
}

function goOn() {
    for (const { key } of rules.nextToSend(all)) {
        const one = sending.get(key);
        if (one !== undefined) void send(key, one);
    }
}

/** Submits them one after the other, all with these options. */
export function submit(files: readonly File[], options: SubmissionOptions): void {
    const fresh = files.map((file) => {
        const key = ++keys;
        sending.set(key, { file, options, stop: new AbortController() });
        return rules.waiting(key, file);
    });
    tell([...all, ...fresh]);
    goOn();
}

export function giveUp(key: number): void {
    const one = sending.get(key);
    const was = all.find((each) => each.key === key);
    if (one === undefined || was === undefined) return;
    one.stop.abort();
    if (was.state === 'waiting') change(key, { state: 'given_up' }); // what is being sent hears of it by itself
}

/** Once more, with the options of then. */
export function again(key: number): void {
    const one = sending.get(key);
    if (one === undefined) return;
    sending.set(key, { ...one, stop: new AbortController() });
    change(key, { state: 'waiting', share: 0, problem: null });
    goOn();
}

/** Forgets what is not under way any more. */
export function clear(): void {
    for (const each of all) if (!rules.isUnderWay(each)) sending.delete(each.key);
    tell(all.filter(rules.isUnderWay));
}

function subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function useSubmissions(): readonly rules.Submission[] {
    return useSyncExternalStore(subscribe, () => all);
}

/** As an effect: the browser asks before it leaves a page that is sending. */
export function keepPageWhileSending(): () => void {
    const ask = (event: BeforeUnloadEvent) => {
        if (all.some(rules.isUnderWay)) event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
}
