// An appliance that answers as a test tells it to: in place of the network, below api/transport, so that everything above is
// the real thing. Browser tests ask the real appliance.
import { vi } from 'vitest';

export interface Asked {
    method: string;
    url: string;
    body: unknown;
}

type Answer = [status: number, body?: unknown];
type Route = (asked: Asked) => Answer;

export class Appliance {
    readonly asked: Asked[] = [];
    /** How an upload goes out: at once. A test may let it take its time. */
    sending = (progress: (share: number) => void): Promise<void> => {
        progress(1);
        return Promise.resolve();
    };
    private readonly routes = new Map<string, Route>();

    /** `route` is "PUT /api/v1/…", without the query. */
    on(route: string, answer: Route | Answer): this {
        this.routes.set(route, typeof answer === 'function' ? answer : () => answer);
        return this;
    }

    times(route: string): number {
        return this.asked.filter((each) => `${each.method} ${each.url.split('?')[0]}` === route).length;
    }

    answer(asked: Asked): Answer {
        this.asked.push(asked);
        const route = this.routes.get(`${asked.method} ${asked.url.split('?')[0]}`);
        return route?.(asked) ?? [404, { code: 'not_found', title: 'Not Found', detail: `Nothing answers ${asked.method} ${asked.url}.` }];
    }

    /** Until vi.unstubAllGlobals(). */
    connect(): this {
        vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
            const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
            const [status, answer] = this.answer({ method: init.method ?? 'GET', url, body });
            const text = answer === undefined ? null : JSON.stringify(answer);
            const headers: Record<string, string> = status === 429 ? { 'Retry-After': '8' } : {};
            return Promise.resolve(new Response(text, { status, headers }));
        });
        const answer = (asked: Asked) => this.answer(asked);
        const sending = (progress: (share: number) => void) => this.sending(progress);
        vi.stubGlobal('XMLHttpRequest', class {
            status = 0;
            responseText = '';
            onload: (() => void) | null = null;
            onerror: (() => void) | null = null;
            onabort: (() => void) | null = null;
            upload: { onprogress: ((event: object) => void) | null } = { onprogress: null };
            private method = '';
            private url = '';
            open(method: string, url: string) {
                this.method = method;
                this.url = url;
            }
            getResponseHeader() {
                return null;
            }
            abort() {
                this.onload = null;
                this.onabort?.();
            }
            send(form: FormData) {
                const [status, body] = answer({ method: this.method, url: this.url, body: form });
                this.status = status;
                this.responseText = JSON.stringify(body);
                const sent = sending((share) => this.upload.onprogress?.({ lengthComputable: true, loaded: share, total: 1 }));
                void sent.then(() => setTimeout(() => this.onload?.()));
            }
        });
        return this;
    }
}

export const signedOut: Answer = [401, { code: 'not_signed_in', title: 'Unauthorized', detail: 'Sign in.' }];
