// Certificates as a CA or a tool would make them, by openssl.
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function inFolder(work) {
    const folder = mkdtempSync(join(tmpdir(), 'gh-browser-pki-'));
    try {
        return work((name) => join(folder, name), (...command) => execFileSync('openssl', command, { cwd: folder, stdio: 'pipe' }));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

const identity = (names) => ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`];

/** A self-signed pair for these names: its texts in PEM and its fingerprint. */
export function pair(names, days = 400) {
    return inFolder((path, openssl) => {
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', 'key', '-out', 'cert',
            '-days', String(days), ...identity(names));
        const certificate = readFileSync(path('cert'), 'utf8');
        return { certificate, key: readFileSync(path('key'), 'utf8'), fingerprint: fingerprint(certificate) };
    });
}

/** What a CA that nobody knows makes of a signing request for these names. */
export function signed(request, names, days = 300) {
    return inFolder((path, openssl) => {
        writeFileSync(path('csr'), request);
        writeFileSync(path('extensions'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', 'ca.key', '-out', 'ca',
            '-days', '1000', '-subj', '/CN=Test CA', '-addext', 'keyUsage=critical,keyCertSign');
        openssl('x509', '-req', '-in', 'csr', '-CA', 'ca', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days),
            '-extfile', 'extensions', '-out', 'cert');
        const certificate = readFileSync(path('cert'), 'utf8');
        return { certificate, authority: readFileSync(path('ca'), 'utf8'), fingerprint: fingerprint(certificate) };
    });
}

/** The same with a key of its own: its texts, the CA's and its fingerprint. With -1 for `days` it expired yesterday. */
export function issued(names, days) {
    return inFolder((path, openssl) => {
        openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', 'key', '-out', 'csr',
            '-subj', `/CN=${names[0]}`);
        return { key: readFileSync(path('key'), 'utf8'), ...signed(readFileSync(path('csr'), 'utf8'), names, days) };
    });
}

/** The pair in a PKCS#12 file as old tools write it: with RC2, Triple DES and SHA-1. */
export function oldPkcs12({ certificate, key }, passphrase) {
    return inFolder((path, openssl) => {
        writeFileSync(path('pem'), certificate + key);
        openssl('pkcs12', '-export', '-legacy', '-in', 'pem', '-out', 'p12', '-passout', `pass:${passphrase}`);
        return readFileSync(path('p12'));
    });
}

/** SHA-256 of the first certificate in a text of PEM, in lower-case hex. */
export function fingerprint(pem) {
    return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}
