import { describe, expect, it } from 'vitest';
import { notices } from '../rules/notices';
import { certificate, clean, doorStatus, reload } from './samples';

const withDays = (days_left: number) => ({ ...clean, certificate: { ...certificate, days_left } });
const keys = (...args: Parameters<typeof notices>) => notices(...args).map((notice) => notice.key);

describe('What must not be missed', () => {
    it('is nothing where all is well, or where nothing is known yet', () => {
        expect(keys([clean], { clean: doorStatus })).toEqual([]);
        expect(keys([clean], {})).toEqual([]);
        expect(keys([], {})).toEqual([]);
    });
    it('begins so many days before a certificate expires as the appliance is told', () => {
        expect(keys([withDays(61)], {})).toEqual([]);
        expect(keys([withDays(60)], {})).toEqual(['expires-clean']);
        expect(keys([{ ...withDays(60), expiry_warning_days: 14 }], {})).toEqual([]);
        expect(notices([withDays(1)], {})[0]?.text).toContain('tomorrow');
        expect(notices([withDays(0)], {})[0]).toMatchObject({ key: 'expires-clean', severity: 'warning' });
        expect(notices([withDays(-1)], {})[0]).toMatchObject({ key: 'expired-clean', severity: 'danger' });
    });
    it('names a refused reload by its code, and the page that says why', () => {
        const refused = { ...doorStatus, last_reload: { ...reload, result: 'refused' as const, code: 'key_mismatch', message: 'The key fits nothing.' } };
        expect(notices([clean], { clean: refused })[0]).toMatchObject({
            severity: 'danger', page: '/configuration/ssl?door=clean', text: 'Application (clean): the last change was refused (key_mismatch).',
        });
    });
    it('is a password that the first start made', () => {
        expect(keys([], {}, { initial_password: true })).toEqual(['initial-password']);
        expect(keys([], {}, { initial_password: false })).toEqual([]);
    });
    it('names legacy TLS', () => {
        expect(keys([{ ...clean, tls: { policy: 'intermediate', legacy: true } }], {})).toEqual(['legacy-clean']);
    });
});
