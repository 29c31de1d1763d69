import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bringsKey, partOf, passphraseNeeded } from '../rules/upload';

// Real files, made as operators make them.
let folder = '';
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'portal-upload-'));
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=gw.example.com', '-keyout', 'ec.key', '-out', 'cert.pem');
    openssl('x509', '-in', 'cert.pem', '-outform', 'DER', '-out', 'cert.der');
    openssl('crl2pkcs7', '-nocrl', '-certfile', 'cert.pem', '-outform', 'DER', '-out', 'chain.p7b');
    openssl('crl2pkcs7', '-nocrl', '-certfile', 'cert.pem', '-out', 'chain.p7.pem');
    openssl('pkcs12', '-export', '-in', 'cert.pem', '-inkey', 'ec.key', '-passout', 'pass:secret', '-out', 'pair.p12');
    openssl('genrsa', '-out', 'rsa.key', '2048');
    openssl('pkcs8', '-topk8', '-in', 'ec.key', '-nocrypt', '-outform', 'DER', '-out', 'pkcs8.der');
    openssl('pkcs8', '-topk8', '-in', 'ec.key', '-passout', 'pass:secret', '-outform', 'DER', '-out', 'locked.der');
    openssl('pkcs8', '-topk8', '-in', 'ec.key', '-passout', 'pass:secret', '-out', 'locked.pem');
    openssl('ec', '-in', 'ec.key', '-outform', 'DER', '-out', 'sec1.der');
    openssl('ec', '-in', 'ec.key', '-aes256', '-passout', 'pass:secret', '-out', 'dek.pem');
    openssl('rsa', '-in', 'rsa.key', '-traditional', '-outform', 'DER', '-out', 'pkcs1.der');
    writeFileSync(join(folder, 'both.pem'), Buffer.concat([read('ec.key'), read('cert.pem')]));
    writeFileSync(join(folder, 'empty'), '');
    writeFileSync(join(folder, 'text'), 'not a certificate');
    writeFileSync(join(folder, 'cut.der'), read('cert.der').slice(0, 2));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('A file of an upload', () => {
    it.each([
        ['cert.pem', 'certificate'], ['cert.der', 'certificate'], ['chain.p7b', 'certificate'], ['chain.p7.pem', 'certificate'], ['both.pem', 'certificate'],
        ['ec.key', 'key'], ['rsa.key', 'key'], ['locked.pem', 'key'], ['dek.pem', 'key'], ['pkcs8.der', 'key'], ['sec1.der', 'key'], ['pkcs1.der', 'key'],
        ['locked.der', 'key'], ['pair.p12', 'pkcs12'],
        // What is none of these goes where the appliance says what is wrong with it.
        ['empty', 'certificate'], ['text', 'certificate'], ['cut.der', 'certificate'],
    ])('%s goes as %s, whatever its name', (name, part) => {
        expect(partOf(read(name))).toBe(part);
    });

    it.each([
        ['cert.pem', 'no'], ['cert.der', 'no'], ['ec.key', 'no'], ['pkcs8.der', 'no'], ['pkcs1.der', 'no'], ['sec1.der', 'no'], ['chain.p7b', 'no'],
        ['locked.pem', 'yes'], ['dek.pem', 'yes'], ['locked.der', 'yes'], ['pair.p12', 'perhaps'], ['empty', 'no'],
    ])('%s asks for a passphrase: %s', (name, need) => {
        expect(passphraseNeeded(read(name))).toBe(need);
    });

    it('brings a key, or leaves it to the appliance', () => {
        for (const name of ['ec.key', 'both.pem', 'pair.p12', 'pkcs8.der']) expect(bringsKey(read(name)), name).toBe(true);
        for (const name of ['cert.pem', 'cert.der', 'chain.p7b', 'empty']) expect(bringsKey(read(name)), name).toBe(false);
    });
});
