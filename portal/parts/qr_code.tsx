// A QR code as one path of an SVG: no image, no inline style.
import { qrPath } from '../rules/qr_code';

export function QrCode({ text, label }: { text: string; label: string }) {
    const { size, path } = qrPath(text);
    return (
        <svg className="gh-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
            <rect width={size} height={size} fill="#fff" />
            <path d={path} fill="#000" />
        </svg>
    );
}
