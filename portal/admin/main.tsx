// The admin door's pages begin here: who is it? Then either the sign-in page or the frame with the pages in it. Only what
// signing in takes is in this bundle; the rest is fetched once somebody is signed in, or begins to be.
import '@patternfly/react-core/dist/styles/base.css';
import '../parts/portal.css';
import { StrictMode, Suspense, lazy, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Refusal, call, type Identity } from '../api/client';
import { IdentityContext } from '../parts/identity';
import { place } from '../parts/route';
import { Strip } from '../parts/strip';
import { followSystemTheme } from '../parts/theme';
import { SignIn } from './sign_in';

const fetchFrame = () => {
    // The page that is shown first comes beside the frame, not after it.
    if (place(window.location.hash).path === '/') void import('./pages/overview');
    return import('./frame');
};
const Frame = lazy(fetchFrame);

type Who = { state: 'unknown' } | { state: 'nobody' } | { state: 'unreachable' } | { state: 'known'; identity: Identity };

function Portal() {
    const [who, setWho] = useState<Who>({ state: 'unknown' });
    useEffect(() => {
        call('get', '/api/v1/session', {}).then(
            (identity) => setWho({ state: 'known', identity }),
            (error: unknown) => setWho({ state: error instanceof Refusal && error.problem.status === 401 ? 'nobody' : 'unreachable' }),
        );
    }, []);
    const refreshIdentity = () => {
        call('get', '/api/v1/session', {}).then(
            (identity) => setWho({ state: 'known', identity }),
            () => undefined, // what is shown stays as it was; the next call says what is wrong
        );
    };
    switch (who.state) {
        case 'unknown':
            return <Strip>Administration</Strip>;
        case 'nobody':
        case 'unreachable':
            return <SignIn unreachable={who.state === 'unreachable'} onBegin={() => void fetchFrame()}
                onSignedIn={(identity) => setWho({ state: 'known', identity })} />;
        case 'known':
            return (
                <IdentityContext.Provider value={{ identity: who.identity, refreshIdentity }}>
                    <Suspense fallback={<Strip>Administration</Strip>}>
                        <Frame />
                    </Suspense>
                </IdentityContext.Provider>
            );
    }
}

followSystemTheme();
const page = document.getElementById('page');
if (page !== null) {
    createRoot(page).render(
        <StrictMode>
            <Portal />
        </StrictMode>,
    );
}
