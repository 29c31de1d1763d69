// The questions that several pages ask, each under one key, so that all of them show the same answer.
import { call, type Interface, type InterfaceName } from '../api/admin';
import { know, useData } from '../parts/data';

export const useStatus = () => useData('status', () => call('get', '/api/v1/status', {}));

export const useInterfaces = () => useData('interfaces', async () => (await call('get', '/api/v1/interfaces', {})).items);

export const useCertificate = (door: InterfaceName) =>
    useData(`certificate/${door}`, () => call('get', '/api/v1/interfaces/{interface}/certificate', { path: { interface: door } }));

export const useAuthorities = () => useData('authorities', async () => (await call('get', '/api/v1/authorities', {})).items);

export const useSystemRoots = () => useData('system-roots', () => call('get', '/api/v1/authorities/system', {}));

export const useNetwork = () => useData('network', () => call('get', '/api/v1/network', {}));

export const useOperators = () => useData('operators', async () => (await call('get', '/api/v1/operators', {})).items);

export const useSessions = () => useData('sessions', async () => (await call('get', '/api/v1/sessions', {})).items);

export const useTokens = () => useData('tokens', async () => (await call('get', '/api/v1/tokens', {})).items);

export const useTotp = () => useData('totp', () => call('get', '/api/v1/operators/self/totp', {}));

/** Takes over a door as the answer to a change told it. */
export function knowInterface(door: Interface): void {
    know<Interface[]>('interfaces', (doors) => doors.map((each) => (each.interface === door.interface ? door : each)));
}
