// The clean door's pages begin here: who is it? Then either the sign-in page or the frame with the pages in it. Only what
// signing in takes is in this bundle; the rest is fetched once somebody is signed in, or begins to be.
import '@patternfly/react-core/dist/styles/base.css';
import '../parts/portal.css';
import { Suspense, lazy } from 'react';
import { place } from '../parts/route';
import { start } from '../parts/start';
import { Strip } from '../parts/strip';
import { useWho } from '../parts/who';
import { IdentityContext, whoAmI } from './identity';
import { SignIn } from './sign_in';

const fetchFrame = () => {
    // The page that is shown first comes beside the frame, not after it.
    if (place(window.location.hash).path === '/') void import('./pages/samples');
    return import('./frame');
};
const Frame = lazy(fetchFrame);
const strip = <Strip>{window.location.hostname}</Strip>;

function Portal() {
    const { who, signedIn, refreshIdentity } = useWho(whoAmI);
    switch (who.state) {
        case 'unknown':
            return strip;
        case 'nobody':
        case 'unreachable':
            return <SignIn unreachable={who.state === 'unreachable'} onBegin={() => void fetchFrame()} onSignedIn={signedIn} />;
        case 'known':
            return (
                <IdentityContext.Provider value={{ identity: who.identity, refreshIdentity }}>
                    <Suspense fallback={strip}>
                        <Frame />
                    </Suspense>
                </IdentityContext.Provider>
            );
    }
}

document.title = `Gatehouse · ${window.location.hostname}`;
start(<Portal />);
