// What must not be missed: the bell counts them, the banners above every page show them.

export interface Notice {
    key: string;
    severity: 'danger' | 'warning' | 'info';
    text: string;
    /** The page that mends it, and what the link says. */
    page: string;
    link: string;
}
