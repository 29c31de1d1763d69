// What is said of the services that are told of malicious samples: their state, their queue, what a test of the connection
// found, and what is wrong with what is typed. Pure.
import type { ConnectionTest, DispositionService } from '../api/clean';

type State = DispositionService['state'];
type Queue = DispositionService['queue'];

export interface StateWords {
    word: string;
    /** Where the service itself says nothing more. */
    sentence: string;
    status: 'success' | 'info' | 'warning' | 'danger';
}

export const stateWords: Record<State, StateWords> = {
    idle: { word: 'Nothing waits', sentence: 'Everything that there was to tell has been told.', status: 'success' },
    telling: { word: 'Telling', sentence: 'What waits is being told.', status: 'info' },
    away: { word: 'Away', sentence: 'It cannot be reached, or takes nothing now. It is looked for again and again.', status: 'warning' },
    failed: { word: 'Failed', sentence: 'Nothing waits, and something could not be told.', status: 'danger' },
    locked: { word: 'Locked', sentence: 'Its password cannot be opened, and has to be entered again.', status: 'danger' },
};

type Told = Pick<DispositionService, 'state' | 'last_success_at' | 'last_failure'>;

/** The words of a service as it is now: that nothing waits says something else of one that was never called. */
export function wordsOf({ state, last_success_at, last_failure }: Told): StateWords {
    if (state !== 'idle' || last_success_at !== null || last_failure !== null) return stateWords[state];
    return { word: 'Not called yet', sentence: 'Nothing was found yet that it is to be told.', status: 'info' };
}

/** Whether its state may be another one soon, without anybody doing anything. */
export function isUnderWay({ queue }: Pick<DispositionService, 'queue'>): boolean {
    return queue.waiting > 0;
}

const counted = (count: number) => count.toLocaleString('en');

export function waitingWords({ waiting }: Queue): string {
    if (waiting === 0) return 'Nothing waits.';
    return waiting === 1 ? '1 waits' : `${counted(waiting)} wait, the oldest`;
}

/** What could not be told and is kept for Retry; null: nothing. */
export function failedWords({ failed }: Queue): string | null {
    return failed === 0 ? null : `${counted(failed)} could not be told.`;
}

/** What will never be told; null: nothing. */
export function droppedWords({ dropped }: Queue): string | null {
    if (dropped === 0) return null;
    return `${counted(dropped)} could not be told, and ${dropped === 1 ? 'was' : 'were'} forgotten because there were too many.`;
}

/** What goes with a service that is removed. */
export function removalWords({ queue: { waiting, failed } }: Pick<DispositionService, 'queue'>): string {
    const waits = waiting === 0 ? '' : `what waits for it (${counted(waiting)})`;
    const kept = failed === 0 ? '' : `what could not be told (${counted(failed)})`;
    const lost = ['its password', waits, kept].filter((part) => part !== '');
    const list = lost.length === 1 ? lost.join('') : `${lost.slice(0, -1).join(', ')} and ${lost.at(-1)}`;
    return `It is told nothing any more. With it ${lost.length === 1 ? 'goes' : 'go'} ${list}. Samples stay. This cannot be undone.`;
}

/** What was asked to be told once more. */
export function retryWords(count: number): string {
    return count === 1 ? 'It is told once more.' : `${counted(count)} are told once more.`;
}

// ---- a test of the connection

export type Step = ConnectionTest['steps'][number];

export const stepWords: Record<Step['step'], string> = {
    resolve: 'Resolve the name', connect: 'Connect', tls: 'TLS handshake', trust: 'Trust the certificate', status: 'Ask with user and password',
};

export const stepsInOrder = Object.keys(stepWords) as Step['step'][];

export interface ResultWords {
    word: string;
    status: 'success' | 'danger' | 'custom';
}

export function resultWords(ok: boolean | null): ResultWords {
    if (ok === null) return { word: 'Not reached', status: 'custom' };
    return ok ? { word: 'Passed', status: 'success' } : { word: 'Failed', status: 'danger' };
}

/** Where that is mended which a step found; null: nowhere here. */
export function pageWords(page: Step['page']): string | null {
    switch (page) {
        case 'authorities':
            return 'This is mended at the administration door of this appliance, on its page CA Certificates.';
        case 'network':
            return 'This is mended at the administration door of this appliance, on its page Network.';
        case 'service':
            return 'This is mended here, by Edit.';
        case null:
            return null;
    }
}

/** The result in a sentence. */
export function testWords({ ok, steps }: Pick<ConnectionTest, 'ok' | 'steps'>): string {
    if (ok) return 'The service was reached, is trusted, and answers. It was told nothing.';
    const failed = steps.find((step) => step.ok === false);
    return failed === undefined ? 'The test came to no end.' : `It came to an end at: ${stepWords[failed.step]}.`;
}

// ---- what is typed

function parsed(url: string): URL | null {
    try {
        return /\s/.test(url) ? null : new URL(url);
    } catch {
        return null;
    }
}

/** What the appliance would not take; it judges for itself, this only answers sooner. Nothing is said of a beginning. */
export function urlFault(typed: string): string | undefined {
    const url = typed.trim();
    const scheme = 'https://';
    if (scheme.startsWith(url)) return undefined;
    if (!url.startsWith(scheme)) return 'It begins with https://; nothing is told without TLS.';
    const read = parsed(url);
    if (read === null) return 'This is no URL.';
    if (read.username !== '' || read.password !== '') return 'User and password have fields of their own.';
    if (url.includes('#')) return 'Without a fragment: what stands behind # is never sent.';
    return undefined;
}

export function userFault(user: string): string | undefined {
    return /[:\u0000-\u001f\u007f]/.test(user) ? 'Without colons and control characters.' : undefined;
}
