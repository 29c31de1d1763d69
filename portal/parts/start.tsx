// How a door's pages begin: in the reader's theme, in the place that index.html has for them.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { followSystemTheme } from './theme';

export function start(portal: React.ReactElement): void {
    followSystemTheme();
    const page = document.getElementById('page');
    if (page !== null) createRoot(page).render(<StrictMode>{portal}</StrictMode>);
}
