// Who is at the page: asked at its beginning, before anything of it is shown.
import { useCallback, useEffect, useState } from 'react';
import { Refusal } from '../api/transport';

export type Who<Identity> = { state: 'unknown' } | { state: 'nobody' } | { state: 'unreachable' } | { state: 'known'; identity: Identity };

/** `ask` is one and the same function each time. */
export function useWho<Identity>(ask: () => Promise<Identity>) {
    const [who, setWho] = useState<Who<Identity>>({ state: 'unknown' });
    const signedIn = useCallback((identity: Identity) => setWho({ state: 'known', identity }), []);
    useEffect(() => {
        ask().then(signedIn, (error: unknown) =>
            setWho({ state: error instanceof Refusal && error.problem.status === 401 ? 'nobody' : 'unreachable' }));
    }, [ask, signedIn]);
    const refreshIdentity = useCallback(() => {
        // Where it fails, what is shown stays as it was; the next call says what is wrong.
        ask().then(signedIn, () => undefined);
    }, [ask, signedIn]);
    return { who, signedIn, refreshIdentity };
}
