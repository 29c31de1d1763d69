// The audit as a file for a spreadsheet (RFC 4180). Pure.
import type { AuditRecord } from '../api/admin';

const columns = [
    'id', 'at', 'actor', 'via', 'address', 'action', 'interface', 'object', 'result', 'code', 'change_id',
    'before_sha256', 'after_sha256',
] as const satisfies readonly (keyof AuditRecord)[];

// What begins a formula, in its wide forms too, and what a spreadsheet passes over before it.
const formula = '[ "]*(?=[=+\\-@\\t\\r＝＋－＠])';
const atStart = new RegExp(`^${formula}`);
// Some spreadsheets divide cells at a semicolon or a tab, whatever the file was written with; within such a line the quotes
// of ours no longer stand at a cell's start, and hold nothing together.
const behindDivider = new RegExp(`[;\\t\\r\\n]${formula}`, 'g');

/** Quoted, always, and with an apostrophe wherever a formula could begin. */
export function cell(value: string | number | null): string {
    if (value === null) return '""';
    const text = typeof value === 'number' ? String(value) : value.replace(behindDivider, "$&'").replace(atStart, "$&'");
    return `"${text.replaceAll('"', '""')}"`;
}

export function auditCsv(records: readonly AuditRecord[]): string {
    const lines = [columns.map(cell).join(',')];
    for (const record of records) lines.push(columns.map((column) => cell(record[column])).join(','));
    return `${lines.join('\r\n')}\r\n`;
}
