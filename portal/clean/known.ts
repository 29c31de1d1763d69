// The questions that several pages ask, each under one key, so that all of them show the same answer.
import { call } from '../api/clean';
import { everything } from '../api/transport';
import { useData } from '../parts/data';

export const useAppliance = () => useData('appliance', () => call('get', '/api/v1/appliance', {}));

export const useSample = (id: string) => useData(`sample/${id}`, () => call('get', '/api/v1/samples/{id}', { path: { id } }));

export const useUser = (login: string) => useData(`user/${login}`, () => call('get', '/api/v1/users/{login}', { path: { login } }));

/** For the role admin. */
export const useOrganizations = () =>
    useData('organizations', () => everything((cursor) => call('get', '/api/v1/organizations', { query: { cursor, limit: 1000 } })));

/** For the role admin. There are few of them, and so one page. */
export const useDispositionServices = () => useData('dispositions', async () => (await call('get', '/api/v1/disposition-services', {})).items);

/** The same for every page, whoever sees it: none for other roles. */
export const useToldServices = (may: boolean) =>
    useData(`dispositions/told/${may}`, async () => (may ? (await call('get', '/api/v1/disposition-services', {})).items : []));

/** For the role admin: how many devices wait to be let in, as far as one page holds them. */
export const usePending = (may: boolean) =>
    useData(`users/pending/${may}`, async () => may ? (await call('get', '/api/v1/users', { query: { pending: true, limit: 100 } })).items.length : 0);
