// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { When } from '../parts/when';

afterEach(() => {
    cleanup();
    vi.useRealTimers();
});

describe('The clock of a page', () => {
    it('is right again at once where no time was shown for a while', () => {
        vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
        const at = new Date().toISOString();
        const { unmount } = render(<When at={at} />);
        expect(screen.getByText('just now')).toBeTruthy();
        unmount();
        vi.advanceTimersByTime(2 * 3600 * 1000);
        render(<When at={at} />);
        expect(screen.getByText('2 hours ago')).toBeTruthy();
    });
});
