// The client of the clean door. Types come from docs/api/clean.yaml.
import type { components, paths } from './clean_schema';
import { address, caller, listenTo, upload } from './transport';

type Schemas = components['schemas'];
export type ApplianceState = Schemas['Appliance'];
export type Behaviour = Schemas['Behaviour'];
export type ConnectionTest = Schemas['ConnectionTest'];
export type DeviceKind = Schemas['DeviceKind'];
export type DispositionService = Schemas['DispositionService'];
export type Event = Schemas['SampleChanged'] | Schemas['UserEvent'];
export type FailedDisposition = Schemas['FailedDisposition'];
export type Identity = Schemas['Identity'];
export type Organization = Schemas['Organization'];
export type RateLimit = Schemas['RateLimit'];
export type Registration = Schemas['Registration'];
export type Role = Schemas['Role'];
export type Sample = Schemas['Sample'];
export type SampleState = Schemas['SampleState'];
export type User = Schemas['User'];

export const call = caller<paths>();

// ---- submissions

export interface SubmissionOptions {
    tags: readonly string[];
    private: boolean;
}

/** Submits a file. `progress` hears the share that has been sent, 0 to 1. Throws as a call does, and GivenUp. */
export async function submitSample(
    file: File, options: SubmissionOptions, progress: (share: number) => void, signal?: AbortSignal,
): Promise<Sample> {
    const form = new FormData();
    // The appliance reads the form as it arrives: what it must know before the file stands before it.
    if (options.tags.length > 0) form.append('tags', options.tags.join(','));
    if (options.private) form.append('private', 'true');
    form.append('sample', file, file.name);
    const what = { method: 'POST', url: '/api/v1/samples', form, progress } as const;
    return await upload(signal === undefined ? what : { ...what, signal }) as Sample;
}

/** Where a browser finds what belongs to a sample. */
export function sampleAddress(id: string, what: 'report.html' | 'analysis.json' | 'sample.zip'): string {
    return address(`/api/v1/samples/{id}/${what}`, { id });
}

// ---- events

const kinds: readonly Event['event'][] = ['sample.changed', 'device.registered', 'user.changed'];

/** Tells of events as they come, and of the connection, asking for the password where the session has ended. Returns what ends it. */
export function listen(heard: (event: Event) => void, connected: (is: boolean) => void): () => void {
    return listenTo<Event>({ kinds, heard, connected, probe: () => call('get', '/api/v1/appliance', {}) });
}
