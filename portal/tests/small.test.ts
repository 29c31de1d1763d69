import jsQR from 'jsqr';
import { describe, expect, it } from 'vitest';
import { place } from '../parts/route';
import { browserOf } from '../rules/browser';
import { newPasswordFault } from '../rules/password';
import { qrPath } from '../rules/qr_code';

describe('A QR code', () => {
    it('is read back by a scanner as what it was made of', () => {
        const text = 'otpauth://totp/gw.example.com:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=gw.example.com';
        const { size, path } = qrPath(text);
        const scale = 4;
        const width = size * scale;
        const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
        for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h/g)) {
            for (let dy = 0; dy < scale; ++dy) {
                for (let dx = 0; dx < scale; ++dx) {
                    const pixel = 4 * ((Number(y) * scale + dy) * width + Number(x) * scale + dx);
                    pixels.fill(0, pixel, pixel + 3);
                }
            }
        }
        expect(jsQR(pixels, width, width)?.data).toBe(text);
    });
});

describe('A place', () => {
    it('is a path and its query behind the #', () => {
        expect(place('').path).toBe('/');
        expect(place('#/configuration/ssl?door=clean').path).toBe('/configuration/ssl');
        expect(place('#/configuration/ssl?door=clean').query.get('door')).toBe('clean');
    });
});

describe('A browser', () => {
    it.each([
        ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
        ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
        ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari on iOS'],
        ['curl/8.5.0', 'curl'], ['python-requests/2.31', 'python-requests'], ['', 'unknown'],
    ])('%s is called %s', (agent, words) => {
        expect(browserOf(agent)).toBe(words);
    });
});

describe('A new password', () => {
    it('has at least 10 characters and at most 1024 bytes; nothing is said before it is begun', () => {
        expect(newPasswordFault('')).toBeUndefined();
        expect(newPasswordFault('123456789')).toBeDefined();
        expect(newPasswordFault('1234567890')).toBeUndefined();
        expect(newPasswordFault('ü'.repeat(513))).toBeDefined();
    });
});
