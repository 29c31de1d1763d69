import { describe, expect, it } from 'vitest';
import type { Problem } from '../rules/problem';
import { placeProblem, readProblem, sentence } from '../rules/problem';

const problem = (more: Partial<Problem> = {}): Problem => ({ type: 'about:blank', title: 'Conflict', status: 409, code: 'fixed_by_file', ...more });

describe('A problem document', () => {
    it('is read with its code, sentence, pointer and findings', () => {
        const finding = { code: 'key_mismatch', severity: 'refuse', message: 'The key fits nothing.', advice: '' };
        const text = JSON.stringify({ type: 'about:blank', title: 'T', status: 422, code: 'key_mismatch', detail: 'D.', pointer: '/key', findings: [finding] });
        expect(readProblem(422, text)).toEqual({
            type: 'about:blank', title: 'T', status: 422, code: 'key_mismatch', detail: 'D.', pointer: '/key', findings: [finding],
        });
    });

    it.each(['', '<html>502 Bad Gateway</html>', 'null', '[]', '{"detail":"no code"}', '{"code":7}'])(
        'that cannot be read becomes a problem of its own: %s', (text) => {
            expect(readProblem(502, text)).toMatchObject({ status: 502, code: 'unexpected_answer' });
        },
    );

    it('keeps of its findings what is one', () => {
        const text = JSON.stringify({ code: 'x', findings: [null, 'text', { code: 'a' }, { code: 'expired', message: 'M.', severity: 'warn', advice: '' }] });
        expect(readProblem(409, text).findings?.map((finding) => finding.code)).toEqual(['expired']);
    });

    it('says its detail; a 5xx, which has none, says what the pages know of its code', () => {
        expect(sentence(problem({ detail: 'The file sets it.' }))).toBe('The file sets it.');
        expect(sentence(problem({ status: 507, code: 'disk_full' }))).toContain('disk');
        expect(sentence(problem({ code: 'unheard_of' }))).toBe('Conflict');
    });

    it('names the field at fault by what its pointer begins with', () => {
        const fields = ['names', 'a/b~c', 'confirm'];
        const at = (pointer: string) => Object.keys(placeProblem(problem({ pointer }), fields).at);
        expect(at('/names/3')).toEqual(['names']);
        expect(at('/a~1b~0c')).toEqual(['a/b~c']);
        expect(at('?confirm')).toEqual(['confirm']);
        expect(at('/namesake')).toEqual([]);
        expect(at('/')).toEqual([]);
        expect(at('')).toEqual([]);
    });

    it('stands at its field where the form has it, else above the form; never at both, never nowhere', () => {
        const atNames = problem({ pointer: '/names/0', detail: 'Not a name.' });
        expect(placeProblem(atNames, ['names', 'days'])).toEqual({ at: { names: 'Not a name.' }, general: null });
        expect(placeProblem(atNames, ['days'])).toEqual({ at: {}, general: atNames });
        expect(placeProblem(problem(), ['days'])).toEqual({ at: {}, general: problem() });
        expect(placeProblem(null, ['days'])).toEqual({ at: {}, general: null });
    });

    it('stands at the very field of a member that has several, or above them where it names none', () => {
        const at = (pointer: string) => placeProblem(problem({ pointer, detail: 'D.' }), ['subject/country', 'subject/organization', 'names']).at;
        expect(at('/subject/organization')).toEqual({ 'subject/organization': 'D.' });
        expect(at('/names/3')).toEqual({ names: 'D.' });
        expect(at('/subject')).toEqual({});
        expect(at('/subject/organizational_unit')).toEqual({});
    });
});
