import { describe, expect, it } from 'vitest';
import type { DispositionService } from '../api/clean';
import * as rules from '../rules/disposition';
import { service, untrusted } from './clean_samples';

const queue = (more: Partial<DispositionService['queue']> = {}) => ({ ...service.queue, ...more });

describe('The state of a service', () => {
    const states = Object.keys(rules.stateWords) as DispositionService['state'][];

    it('is told by a word of its own each, and by a sentence', () => {
        expect(states).toEqual(['idle', 'telling', 'away', 'failed', 'locked']);
        expect(new Set(states.map((state) => rules.stateWords[state].word)).size).toBe(states.length);
        for (const state of states) expect(rules.stateWords[state].sentence, state).toMatch(/\.$/);
    });
    it('says of one that was never called that it was not, rather than that all is told', () => {
        const never = { state: 'idle', last_success_at: null, last_failure: null } as const;
        expect(rules.wordsOf(never).word).toBe('Not called yet');
        expect(rules.wordsOf({ ...never, state: 'away' })).toBe(rules.stateWords.away);
        expect(rules.wordsOf({ ...never, last_success_at: '2026-03-02T09:58:11Z' })).toBe(rules.stateWords.idle);
        expect(rules.wordsOf({ ...never, last_failure: { at: '2026-03-02T09:58:11Z', message: 'No.' } })).toBe(rules.stateWords.idle);
    });
    it('is looked at again only while something waits', () => {
        expect(rules.isUnderWay({ queue: queue() })).toBe(false);
        expect(rules.isUnderWay({ queue: queue({ failed: 7, dropped: 2 }) })).toBe(false);
        expect(rules.isUnderWay({ queue: queue({ waiting: 1 }) })).toBe(true);
    });
});

describe('A queue', () => {
    it('says how many wait', () => {
        expect(rules.waitingWords(queue())).toBe('Nothing waits.');
        expect(rules.waitingWords(queue({ waiting: 1 }))).toBe('1 waits');
        expect(rules.waitingWords(queue({ waiting: 100000 }))).toBe('100,000 wait, the oldest');
    });
    it('says what failed and what is lost, where there is any', () => {
        expect(rules.failedWords(queue())).toBeNull();
        expect(rules.droppedWords(queue())).toBeNull();
        expect(rules.failedWords(queue({ failed: 1200 }))).toBe('1,200 could not be told.');
        expect(rules.droppedWords(queue({ dropped: 1 }))).toBe('1 could not be told, and was forgotten because there were too many.');
        expect(rules.droppedWords(queue({ dropped: 2 }))).toBe('2 could not be told, and were forgotten because there were too many.');
    });
    it('goes with the service, which is said before', () => {
        expect(rules.removalWords(service)).toBe('It is told nothing any more. With it goes its password. Samples stay. This cannot be undone.');
        expect(rules.removalWords({ queue: queue({ waiting: 3 }) })).toContain('With it go its password and what waits for it (3).');
        expect(rules.removalWords({ queue: queue({ waiting: 3, failed: 1200 }) })).toContain('With it go its password, what waits for it (3) and what could not be told (1,200).');
    });
    it('is told once more, one or all', () => {
        expect(rules.retryWords(1)).toBe('It is told once more.');
        expect(rules.retryWords(1200)).toBe('1,200 are told once more.');
    });
});

describe('A test of the connection', () => {
    it('says in a sentence how far it came', () => {
        expect(rules.testWords({ ...untrusted, ok: true })).toMatch(/^The service was reached, is trusted/);
        expect(rules.testWords(untrusted)).toBe('It came to an end at: Trust the certificate.');
        expect(rules.testWords({ ok: false, steps: [] })).toBe('The test came to no end.');
    });
    it('has its steps in their order, and a word for each result', () => {
        expect(rules.stepsInOrder).toEqual(untrusted.steps.map(({ step }) => step));
        expect([true, false, null].map((ok) => rules.resultWords(ok).word)).toEqual(['Passed', 'Failed', 'Not reached']);
    });
    it('names the page that mends what it found, and the door where that is', () => {
        expect(rules.pageWords('authorities')).toMatch(/administration door .* CA Certificates\.$/);
        expect(rules.pageWords('network')).toMatch(/administration door .* Network\.$/);
        expect(rules.pageWords('service')).toMatch(/here, by Edit\.$/);
        expect(rules.pageWords(null)).toBeNull();
    });
});

describe('The URL of a service', () => {
    it.each(['', 'h', 'https:', 'https://', 'https://cloud.example.com', ' https://cloud.example.com/a?b=c ', 'https://[2001:db8::1]:8443/x'])('may be %j, or becomes one', (url) => {
        expect(rules.urlFault(url)).toBeUndefined();
    });
    it.each([
        ['http://cloud.example.com/', 'https://'],
        ['ftp', 'https://'],
        ['HTTPS://cloud.example.com/', 'https://'],
        ['cloud.example.com', 'https://'],
        ['https://cloud example.com/', 'no URL'],
        ['https://[::1/', 'no URL'],
        ['https://mira:secret@cloud.example.com/', 'fields of their own'],
        ['https://mira@cloud.example.com/', 'fields of their own'],
        ['https://cloud.example.com/#part', 'fragment'],
    ])('%s is refused as it is typed', (url, why) => {
        expect(rules.urlFault(url)).toContain(why);
    });
});

describe('The user of a service', () => {
    it('has no colon, which ends it in Basic, and no control character', () => {
        for (const good of ['', 'gatehouse', 'ü ser@example.com']) expect(rules.userFault(good), good).toBeUndefined();
        for (const bad of ['a:b', 'a\nb', 'a\u0000', 'a\u007f']) expect(rules.userFault(bad), JSON.stringify(bad)).toBeDefined();
    });
});
