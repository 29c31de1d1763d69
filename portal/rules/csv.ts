// The audit as a file for a spreadsheet (RFC 4180). Pure.
import type { AuditRecord } from '../api/client';

const columns = [
    'id', 'at', 'actor', 'via', 'address', 'action', 'interface', 'object', 'result', 'code', 'change_id',
    'before_sha256', 'after_sha256',
] as const satisfies readonly (keyof AuditRecord)[];

/** Quoted; what a spreadsheet would take for a formula begins with an apostrophe. */
export function cell(value: string | number | null): string {
    let text = value === null ? '' : String(value);
    if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function auditCsv(records: readonly AuditRecord[]): string {
    const lines = [columns.join(',')];
    for (const record of records) lines.push(columns.map((column) => cell(record[column])).join(','));
    return `${lines.join('\r\n')}\r\n`;
}
