// Who is signed in, for every page of a door. Each door has identities of its own kind.
import { createContext, useContext } from 'react';

export interface SignedIn<Identity> {
    identity: Identity;
    /** Asks the appliance again: the password is another now, the name was changed. */
    refreshIdentity: () => void;
}

export function identityOf<Identity>() {
    const IdentityContext = createContext<SignedIn<Identity> | null>(null);
    function useSignedIn(): SignedIn<Identity> {
        const signedIn = useContext(IdentityContext);
        if (signedIn === null) throw new Error('nobody is signed in');
        return signedIn;
    }
    function useIdentity(): Identity {
        return useSignedIn().identity;
    }
    return { IdentityContext, useSignedIn, useIdentity };
}
