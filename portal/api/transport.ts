// The network, below both doors' clients: everything that the pages ask the appliance for goes through here, and nothing
// else in the portal calls fetch, XMLHttpRequest or EventSource. What may be asked for is said by the types of a door's
// OpenAPI description, which its client brings.
import { readProblem, sentence, unreadable, type Problem } from '../rules/problem';

/** The appliance said no, and why. */
export class Refusal extends Error {
    constructor(readonly problem: Problem, readonly retryAfter: number | null = null) {
        super(sentence(problem));
    }
}

/** No answer came: the network, the appliance, or a certificate that the browser does not take. */
export class Unreachable extends Error {
    constructor() {
        super('The appliance did not answer. The connection may be gone, or its certificate may have changed.');
    }
}

// ---- typed calls

type Method = 'get' | 'put' | 'post' | 'delete';
type Operation<Paths, P extends keyof Paths, M> = M extends keyof Paths[P] ? Paths[P][M] : never;
type MethodOf<Paths, P extends keyof Paths> = { [M in Method]: Operation<Paths, P, M> extends object ? M : never }[Method];
type Content<R> = R extends { content: { 'application/json': infer J } } ? J : void;
type Responses<O> = O extends { responses: infer R } ? R : never;
type Answer<O> = Responses<O> extends { 200: infer R } ? Content<R> : Responses<O> extends { 201: infer R } ? Content<R> : void;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer J } } } ? { body: J } : { body?: never };
type Parameter<O, K extends 'path' | 'query'> = O extends { parameters: { [k in K]?: infer T } } ? T : undefined;
type PathPart<O> = Parameter<O, 'path'> extends undefined ? { path?: never } : { path: Parameter<O, 'path'> };
type QueryPart<O> = { query?: Exclude<Parameter<O, 'query'>, undefined> };
type Options<O> = Body<O> & PathPart<O> & QueryPart<O> & { signal?: AbortSignal };

/** How a door whose routes are `Paths` is asked. */
export type Call<Paths> = <P extends keyof Paths & string, M extends MethodOf<Paths, P>>(
    method: M, route: P, options: Options<Operation<Paths, P, M>>,
) => Promise<Answer<Operation<Paths, P, M>>>;

type Scalar = string | number | boolean;
type Values = Record<string, Scalar | readonly Scalar[] | undefined>;

/** A route's path with its parameters filled in. Lists are joined by commas; what is undefined is left out. */
export function address(template: string, path: Values = {}, query: Values = {}): string {
    const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
    const pairs = Object.entries(query)
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(Array.isArray(value) ? value.join(',') : String(value))}`);
    return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

// ---- a session that has ended

let signInAgain: (() => Promise<void>) | null = null;
let signingIn: Promise<void> | null = null;

/** What to do when the session has ended: `again` resolves once the person has signed in, then the call is repeated. */
export function onSessionEnded(again: (() => Promise<void>) | null): void {
    signInAgain = again;
}

function restored(): Promise<void> {
    signingIn ??= (signInAgain?.() ?? Promise.reject(new Error('nobody asks'))).finally(() => {
        signingIn = null;
    });
    return signingIn;
}

interface Raw {
    status: number;
    text: string;
    retryAfter: string | null;
}

function refusalOf(raw: Raw): Refusal {
    const seconds = Number(raw.retryAfter);
    return new Refusal(readProblem(raw.status, raw.text), raw.retryAfter !== null && seconds > 0 ? seconds : null);
}

/** Sends, and once more after the session was restored. */
async function answered(send: () => Promise<Raw>, mayAsk: boolean): Promise<Raw> {
    const raw = await send();
    if (raw.status < 400) return raw;
    const refusal = refusalOf(raw);
    if (!(mayAsk && refusal.problem.code === 'not_signed_in' && signInAgain !== null)) throw refusal;
    await restored();
    return answered(send, false);
}

function decoded(raw: Raw): unknown {
    if (raw.text === '') return undefined;
    try {
        return JSON.parse(raw.text);
    } catch {
        throw new Refusal(unreadable(raw.status));
    }
}

async function fetched(url: string, init: RequestInit): Promise<Raw> {
    let response: Response;
    try {
        response = await fetch(url, { credentials: 'same-origin', cache: 'no-store', redirect: 'error', ...init });
        return { status: response.status, text: await response.text(), retryAfter: response.headers.get('Retry-After') };
    } catch (error) {
        if (init.signal?.aborted) throw error;
        throw new Unreachable();
    }
}

/**
 * Asks a route of the API. Throws Refusal or Unreachable. A session that has ended is restored and the call repeated,
 * but for signing in and asking who one is.
 */
async function ask(
    method: string, route: string, { body, path, query, signal }: { body?: unknown; path?: Values; query?: Values; signal?: AbortSignal },
): Promise<unknown> {
    const init: RequestInit = { method: method.toUpperCase() };
    if (signal !== undefined) init.signal = signal;
    if (body !== undefined) {
        init.headers = { 'Content-Type': 'application/json' };
        init.body = JSON.stringify(body);
    }
    const mayAsk = route !== '/api/v1/session';
    return decoded(await answered(() => fetched(address(route, path, query), init), mayAsk));
}

/** `ask`, as the types of a door allow it. */
export function caller<Paths>(): Call<Paths> {
    return ask as Call<Paths>;
}

/** All items of a list, page by page, up to `most`. */
export async function everything<T>(page: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>, most = 10000): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
        const answer = await page(cursor);
        items.push(...answer.items);
        cursor = answer.next ?? undefined;
    } while (cursor !== undefined && items.length < most);
    return items;
}

// ---- uploads

/** Who gave up an upload is answered with this. */
export class GivenUp extends Error {}

export interface Upload {
    method: 'PUT' | 'POST';
    url: string;
    form: FormData;
    /** Hears the share that has been sent, 0 to 1. */
    progress: (share: number) => void;
    signal?: AbortSignal;
}

function sent({ method, url, form, progress, signal }: Upload): Promise<Raw> {
    return new Promise((resolve, reject) => {
        if (signal?.aborted) {
            reject(new GivenUp());
            return;
        }
        const request = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
        request.open(method, url);
        request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
        request.onload = () =>
            resolve({ status: request.status, text: request.responseText, retryAfter: request.getResponseHeader('Retry-After') });
        request.onerror = () => reject(new Unreachable());
        request.onabort = () => reject(new GivenUp());
        signal?.addEventListener('abort', () => request.abort(), { once: true });
        request.send(form);
    });
}

/** Sends a form with files. Throws as a call does, and GivenUp. */
export async function upload(what: Upload): Promise<unknown> {
    return decoded(await answered(() => sent(what), true));
}

// ---- events

export interface Listening<E> {
    /** The kinds of event there are. */
    kinds: readonly string[];
    heard: (event: E) => void;
    connected: (is: boolean) => void;
    /** An ordinary call: EventSource does not say why it closed; this does, and restores a session on the way. */
    probe: () => Promise<unknown>;
}

/** Tells of events as they come, and of the connection, which comes back by itself. Returns what ends it. */
export function listenTo<E>({ kinds, heard, connected, probe }: Listening<E>): () => void {
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = 1000;
    let ended = false;

    const again = () => {
        timer = setTimeout(() => {
            probe().then(open, again);
        }, pause);
        pause = Math.min(2 * pause, 30000);
    };
    const open = () => {
        if (ended) return;
        source = new EventSource('/api/v1/events');
        source.onopen = () => {
            pause = 1000;
            connected(true);
        };
        source.onerror = () => {
            connected(false);
            if (source?.readyState !== EventSource.CLOSED || ended) return;
            source.close();
            again();
        };
        for (const kind of kinds) {
            source.addEventListener(kind, (message: MessageEvent<string>) => {
                try {
                    heard(JSON.parse(message.data) as E);
                } catch {
                    // Not an event as described: nothing to tell anybody.
                }
            });
        }
    };
    open();
    return () => {
        ended = true;
        clearTimeout(timer);
        source?.close();
    };
}
