// Which part of an upload a file becomes. The appliance reads the content itself; this only tells a key and a PKCS#12
// file from the rest, so that each goes under its own name. Pure.

export type Part = 'certificate' | 'key' | 'pkcs12';

const certificateBlock = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----|-----BEGIN PKCS7-----/;
const keyBlock = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
const encryptedBlock = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/;

interface Element {
    tag: number;
    start: number;
    end: number;
}

/** The DER element at `at`, or null where there is none that fits. */
function element(bytes: Uint8Array, at: number): Element | null {
    const tag = bytes[at];
    const first = bytes[at + 1];
    if (tag === undefined || first === undefined) return null;
    if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
    const count = first & 0x7f;
    if (count === 0) return { tag, start: at + 2, end: bytes.length }; // indefinite length, as some PKCS#12 files have
    if (count > 4) return null;
    let length = 0;
    for (let i = 0; i < count; ++i) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    return { tag, start: at + 2 + count, end: at + 2 + count + length };
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;

function derPart(bytes: Uint8Array): Part {
    const outer = element(bytes, 0);
    if (outer?.tag !== SEQUENCE) return 'certificate';
    const first = element(bytes, outer.start);
    if (first === null) return 'certificate';
    if (first.tag === INTEGER) {
        // PFX has version 3; PKCS#8, PKCS#1 and SEC1 keys have 0 or 1.
        return bytes[first.start] === 3 ? 'pkcs12' : 'key';
    }
    const second = first.tag === SEQUENCE ? element(bytes, first.end) : null;
    // A certificate is three sequences (body, algorithm, signature); an encrypted key an algorithm and an octet string.
    return second?.tag === 0x04 ? 'key' : 'certificate';
}

/** By content, never by name. */
export function partOf(bytes: Uint8Array): Part {
    const text = new TextDecoder('latin1').decode(bytes);
    if (certificateBlock.test(text)) return 'certificate';
    if (keyBlock.test(text)) return 'key';
    return bytes[0] === SEQUENCE ? derPart(bytes) : 'certificate';
}

/** Whether a passphrase is needed for certain, perhaps, or not. */
export function passphraseNeeded(bytes: Uint8Array): 'yes' | 'perhaps' | 'no' {
    const text = new TextDecoder('latin1').decode(bytes);
    if (encryptedBlock.test(text)) return 'yes';
    if (certificateBlock.test(text) || keyBlock.test(text) || bytes[0] !== SEQUENCE) return 'no';
    const part = derPart(bytes);
    if (part === 'pkcs12') return 'perhaps';
    if (part === 'certificate') return 'no';
    const outer = element(bytes, 0);
    return outer !== null && bytes[outer.start] === SEQUENCE ? 'yes' : 'no';
}

/** Whether the file, or the text, brings a key. */
export function bringsKey(bytes: Uint8Array): boolean {
    return partOf(bytes) !== 'certificate' || keyBlock.test(new TextDecoder('latin1').decode(bytes));
}

export const partWords: Record<Part, string> = {
    certificate: 'certificate or chain',
    key: 'private key',
    pkcs12: 'PKCS#12: key and chain',
};

/** A megabyte holds every chain that a server should send. */
export const largestFile = 1024 * 1024;
