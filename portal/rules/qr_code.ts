// A text as a QR code, as the path of an SVG whose units are modules, with its quiet zone. Pure.
import { encode } from 'uqr';

export function qrPath(text: string): { size: number; path: string } {
    const { data, size } = encode(text, { ecc: 'M', border: 4 });
    const path = data
        .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
        .join('');
    return { size, path };
}
