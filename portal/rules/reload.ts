// Words for how a certificate came to be served. Pure.
import type { Reload } from '../api/admin';

export const triggerWords: Record<Reload['trigger'], string> = {
    start: 'Start',
    sighup: 'Reload signal',
    watch: 'Files changed',
    clock: 'Hourly look',
    api: 'Portal or script',
    console: 'Console',
};

export const resultWords: Record<Reload['result'], { word: string; status: 'success' | 'info' | 'danger' }> = {
    activated: { word: 'Activated', status: 'success' },
    unchanged: { word: 'Unchanged', status: 'info' },
    refused: { word: 'Refused', status: 'danger' },
};
