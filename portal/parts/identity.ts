// Who is signed in, for every page.
import { createContext, useContext } from 'react';
import type { Identity } from '../api/client';

export interface SignedIn {
    identity: Identity;
    /** Asks the appliance again: the password is another now, the second factor is on. */
    refreshIdentity: () => void;
}

export const IdentityContext = createContext<SignedIn | null>(null);

export function useSignedIn(): SignedIn {
    const signedIn = useContext(IdentityContext);
    if (signedIn === null) throw new Error('nobody is signed in');
    return signedIn;
}

export function useIdentity(): Identity {
    return useSignedIn().identity;
}

/** Whether to offer what changes something. The appliance judges for itself. */
export function useMayOperate(): boolean {
    return useIdentity().role === 'operate';
}
