// A browser's User-Agent in two words. Pure.

const browsers: readonly (readonly [RegExp, string])[] = [
    [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
    [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
    [/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
    [/\bSafari\//, 'Safari'],
    [/^curl\//, 'curl'],
];

const systems: readonly (readonly [RegExp, string])[] = [
    [/\b(?:iPhone|iPad)\b/, 'iOS'],
    [/\bAndroid\b/, 'Android'],
    [/\bWindows\b/, 'Windows'],
    [/\bMac OS X\b/, 'macOS'],
    [/\bLinux\b/, 'Linux'],
];

export function browserOf(userAgent: string): string {
    const browser = browsers.find(([pattern]) => pattern.test(userAgent))?.[1];
    const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1];
    if (browser === undefined) return userAgent.split(/[\s/]/)[0] || 'unknown';
    return system === undefined ? browser : `${browser} on ${system}`;
}
