import { describe, expect, it } from 'vitest';
import { auditCsv, cell } from '../rules/csv';

describe('The audit as CSV', () => {
    it('quotes every cell, so that nothing breaks a line or a column', () => {
        expect(cell('plain')).toBe('"plain"');
        expect(cell('a,b')).toBe('"a,b"');
        expect(cell('say "no"')).toBe('"say ""no"""');
        expect(cell('two\nlines')).toBe('"two\nlines"');
        expect(cell(null)).toBe('""');
        expect(cell(7)).toBe('"7"');
    });
    it('holds nothing that a spreadsheet would calculate', () => {
        expect(cell('=HYPERLINK("http://x")')).toBe('"\'=HYPERLINK(""http://x"")"');
        for (const start of ['+', '-', '@', '\t']) expect(cell(`${start}1`)).toBe(`"'${start}1"`);
        expect(cell('  =1')).toBe(`"  '=1"`);
        expect(cell('"=1')).toBe(`"""'=1"`);
        expect(cell('＝1')).toBe(`"'＝1"`);
    });
    it('holds none behind what other spreadsheets divide cells at, either', () => {
        expect(cell("x;=cmd|'/C calc'!A0;")).toBe(`"x;'=cmd|'/C calc'!A0;"`);
        expect(cell('x; @SUM(A1)')).toBe(`"x; '@SUM(A1)"`);
        expect(cell('x;"=1"')).toBe(`"x;""'=1"""`);
        expect(cell('x\t-1')).toBe(`"x\t'-1"`);
        expect(cell('\t=1')).toBe(`"'\t'=1"`);
        expect(cell('x\r\n+1')).toBe(`"x\r\n'+1"`);
    });
    it('leaves alone what only looks like one', () => {
        expect(cell('gw-1.example.com; b@c = 2')).toBe('"gw-1.example.com; b@c = 2"');
    });
    it('has a heading and a line for each record', () => {
        const text = auditCsv([{
            id: 1, at: '2026-03-02T10:00:00Z', actor: 'admin', via: 'session', address: '192.0.2.1', action: 'session.opened', interface: null, object: null,
            result: 'done', code: null, change_id: null, before_sha256: null, after_sha256: null,
        }]);
        const lines = text.split('\r\n');
        expect(lines).toHaveLength(3);
        expect(lines[0]?.split(',')).toHaveLength(13);
        expect(lines[1]).toBe('"1","2026-03-02T10:00:00Z","admin","session","192.0.2.1","session.opened","","","done","","","",""');
    });
});
