import { describe, expect, it } from 'vitest';
import * as rules from '../rules/certificate';
import { certificate } from './samples';

describe('A padlock', () => {
    it('is told by icon, word and sentence, not by colour alone', () => {
        const words = (['green', 'yellow', 'red'] as const).map((padlock) => rules.padlockWords(padlock, ['It has expired.']));
        expect(new Set(words.map((each) => each.word)).size).toBe(3);
        expect(new Set(words.map((each) => each.status)).size).toBe(3);
        expect(words[2]?.sentence).toBe('It has expired.');
    });

    it('has a sentence even where no reason came', () => {
        expect(rules.padlockWords('yellow', []).sentence).not.toBe('');
        expect(rules.padlockWords('red', []).sentence).not.toBe('');
    });

    it('of several is the gravest', () => {
        expect(rules.worst(['green', 'red', 'yellow'])).toBe('red');
        expect(rules.worst(['green', 'yellow'])).toBe('yellow');
        expect(rules.worst([])).toBe('green');
    });
});

describe('A name', () => {
    it.each(['gw.example.com', 'localhost', 'xn--bcher-kva.example', '192.0.2.1', '2001:db8::1', 'a.b'])('is taken as a hostname: %s', (name) => {
        expect(rules.isHostname(name)).toBe(true);
    });
    it.each(['', 'gw example', '-gw.example', 'gw..example', 'bücher.example', '256.1.1.1', '1234', '2001:db8:::1', 'gw.example.com.', '*.example.com', 'a'.repeat(64)])(
        'is not taken as a hostname: %s', (name) => {
            expect(rules.isHostname(name)).toBe(false);
        },
    );
    it('of a certificate may be a wildcard', () => {
        expect(rules.isCertificateName('*.example.com')).toBe(true);
        expect(rules.isCertificateName('*')).toBe(false);
        expect(rules.isCertificateName('a.*.example.com')).toBe(false);
    });
    it('of a server is an address with or without a port', () => {
        for (const good of ['9.9.9.9', '9.9.9.9:53', '2620:fe::fe', '[2620:fe::fe]:53', '[2620:fe::fe]']) expect(rules.isServer(good), good).toBe(true);
        for (const bad of ['', 'dns.example', '9.9.9.9:', '9.9.9.9:0', '9.9.9.9:70000', '[9.9.9', '2620:fe::fe]:53']) expect(rules.isServer(bad), bad).toBe(false);
    });
    it('list is split at lines, blanks, commas and semicolons', () => {
        expect(rules.splitList(' a.example\nb.example,c.example;  d.example\r\n')).toEqual(['a.example', 'b.example', 'c.example', 'd.example']);
        expect(rules.splitList(' \n')).toEqual([]);
    });
});

describe('A subject', () => {
    it('has what was filled in', () => {
        const fields = { common_name: ' gw.example.com ', organization: 'Example, Inc', organizational_unit: ' ', locality: '', state: '', country: 'DE' };
        expect(rules.filledIn(fields)).toEqual({ common_name: 'gw.example.com', organization: 'Example, Inc', country: 'DE' });
    });
    it('is shown by its common name', () => {
        expect(rules.shortSubject({ subject: 'O=Example\\, Inc,CN=gw.example.com', names: [] })).toBe('gw.example.com');
        expect(rules.shortSubject({ subject: 'CN=a\\, b\\+c', names: [] })).toBe('a, b+c');
        expect(rules.shortSubject({ subject: 'O=Example', names: [] })).toBe('O=Example');
        expect(rules.shortSubject({ subject: '', names: ['gw.example.com'] })).toBe('gw.example.com');
        expect(rules.shortSubject({ subject: '', names: [] })).not.toBe('');
    });
});

describe('Certificates', () => {
    it('have their fingerprint grouped to be read aloud, and nothing of it lost', () => {
        const shown = rules.grouped(certificate.fingerprint_sha256);
        expect(shown.startsWith('aaaa aaaa')).toBe(true);
        expect(shown.replaceAll(' ', '')).toBe(certificate.fingerprint_sha256);
    });
    it('are compared row by row', () => {
        const after = { ...certificate, names: ['gw.example.com', 'new.example.com'], fingerprint_sha256: 'b'.repeat(64) };
        const changed = rules.differences(certificate, after, (at) => at).filter((row) => row.changed).map((row) => row.what);
        expect(changed).toEqual(['Names', 'Fingerprint']);
    });
    it('have their findings shown the gravest first, and for each that can be mended here what mends it', () => {
        const finding = (code: string, severity: 'refuse' | 'warn' | 'note') => ({ code, severity, message: '', advice: '' });
        const sorted = rules.gravestFirst([finding('reordered', 'note'), finding('expired', 'warn'), finding('key_weak', 'refuse')]);
        expect(sorted.map((each) => each.code)).toEqual(['key_weak', 'expired', 'reordered']);
        expect(rules.remedies('hostname_mismatch')).toEqual(['regenerate', 'upload', 'hostname']);
        expect(rules.remedies('unheard_of')).toEqual([]);
    });
});
