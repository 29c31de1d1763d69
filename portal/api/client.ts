// The network: everything these pages ask the appliance for goes through here, and nothing else in the portal calls
// fetch, XMLHttpRequest or EventSource. Types come from docs/api/admin.yaml.
import { readProblem, sentence, unreadable } from '../rules/problem';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type AuditRecord = Schemas['AuditRecord'];
export type Authority = Schemas['Authority'];
export type Certificate = Schemas['Certificate'];
export type Change = Schemas['Change'];
export type DoorStatus = Schemas['DoorStatus'];
export type Event = Schemas['Event'];
export type Finding = Schemas['Finding'];
export type Identity = Schemas['Identity'];
export type Interface = Schemas['Interface'];
export type InterfaceName = Schemas['InterfaceName'];
export type KeyType = Schemas['KeyType'];
export type Lookup = Schemas['Lookup'];
export type Network = Schemas['Network'];
export type NetworkName = Schemas['NetworkName'];
export type NewToken = Schemas['NewToken'];
export type Operator = Schemas['Operator'];
export type Padlock = Schemas['Padlock'];
export type Problem = Schemas['Problem'];
export type Reload = Schemas['Reload'];
export type Retrieved = Schemas['Retrieved'];
export type Role = Schemas['Role'];
export type ServedCertificate = Schemas['ServedCertificate'];
export type Session = Schemas['Session'];
export type SigningRequest = Schemas['Request'];
export type Source = Schemas['Source'];
export type Status = Schemas['Status'];
export type TlsPolicy = Schemas['TlsPolicy'];
export type Token = Schemas['Token'];

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
type MethodOf<P extends keyof paths> = { [M in Method]: paths[P][M] extends object ? M : never }[Method];
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type Content<R> = R extends { content: { 'application/json': infer J } } ? J : void;
type Responses<O> = O extends { responses: infer R } ? R : never;
type Answer<O> = Responses<O> extends { 200: infer R } ? Content<R> : Responses<O> extends { 201: infer R } ? Content<R> : void;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer J } } } ? { body: J } : { body?: never };
type Parameter<O, K extends 'path' | 'query'> = O extends { parameters: { [k in K]?: infer T } } ? T : undefined;
type PathPart<O> = Parameter<O, 'path'> extends undefined ? { path?: never } : { path: Parameter<O, 'path'> };
type QueryPart<O> = { query?: Exclude<Parameter<O, 'query'>, undefined> };
type Options<O> = Body<O> & PathPart<O> & QueryPart<O> & { signal?: AbortSignal };

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
export async function call<P extends keyof paths, M extends MethodOf<P>>(
    method: M, route: P, options: Options<Operation<P, M>>,
): Promise<Answer<Operation<P, M>>> {
    const { body, path, query, signal } = options as { body?: unknown; path?: Values; query?: Values; signal?: AbortSignal };
    const init: RequestInit = { method: method.toUpperCase() };
    if (signal !== undefined) init.signal = signal;
    if (body !== undefined) {
        init.headers = { 'Content-Type': 'application/json' };
        init.body = JSON.stringify(body);
    }
    const mayAsk = route !== '/api/v1/session';
    return decoded(await answered(() => fetched(address(route, path, query), init), mayAsk)) as Answer<Operation<P, M>>;
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

/** A file, by the name that the appliance's sentences call it. */
export interface UploadFile {
    name: string;
    blob: Blob;
}

export interface UploadParts {
    certificate: UploadFile[];
    key: UploadFile | null;
    pkcs12: UploadFile | null;
    passphrase: string;
}

function sent(url: string, form: FormData, progress: (share: number) => void): Promise<Raw> {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
        request.open('PUT', url);
        request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
        request.onload = () =>
            resolve({ status: request.status, text: request.responseText, retryAfter: request.getResponseHeader('Retry-After') });
        request.onerror = () => reject(new Unreachable());
        request.send(form);
    });
}

/** Judges (`dry`) or activates a certificate. `progress` hears the share that has been sent, 0 to 1. */
export async function uploadCertificate(
    door: InterfaceName, parts: UploadParts, how: { dry: boolean; confirm: string[] }, progress: (share: number) => void = () => {},
): Promise<Change> {
    const form = new FormData();
    for (const { blob, name } of parts.certificate) form.append('certificate', blob, name);
    if (parts.key !== null) form.append('key', parts.key.blob, parts.key.name);
    if (parts.pkcs12 !== null) form.append('pkcs12', parts.pkcs12.blob, parts.pkcs12.name);
    if (parts.passphrase !== '') form.append('passphrase', parts.passphrase);
    const url = address('/api/v1/interfaces/{interface}/certificate', { interface: door }, {
        dry_run: how.dry ? true : undefined,
        confirm: how.confirm.length > 0 ? how.confirm : undefined,
    });
    return decoded(await answered(() => sent(url, form, progress), true)) as Change;
}

/** Where a browser finds a door's certificate as a file. */
export function downloadAddress(door: InterfaceName, format: 'pem' | 'der' | 'chain' | 'p7b'): string {
    return address('/api/v1/interfaces/{interface}/certificate/download', { interface: door }, { format });
}

// ---- events

const kinds: readonly Event['event'][] = ['certificate.changed', 'reload.failed', 'certificate.expiring', 'settings.changed'];

/**
 * Tells of events as they come, and of the connection. Comes back by itself, asking for the password where the session
 * has ended. Returns what ends it.
 */
export function listen(heard: (event: Event) => void, connected: (is: boolean) => void): () => void {
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = 1000;
    let ended = false;

    const again = () => {
        timer = setTimeout(() => {
            // EventSource does not say why it closed; an ordinary call does, and restores a session on the way.
            call('get', '/api/v1/status', {}).then(open, again);
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
                    heard(JSON.parse(message.data) as Event);
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
