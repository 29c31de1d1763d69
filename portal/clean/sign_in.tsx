// The sign-in page: which appliance this is, name and password, and what to do when the browser warned on the way here.
import type { Identity } from '../api/clean';
import { Notice } from '../parts/notice';
import { SignInForm } from '../parts/sign_in_form';
import { Strip } from '../parts/strip';
import { signIn } from './identity';

export function SignIn({ unreachable, onBegin, onSignedIn }: { unreachable: boolean; onBegin: () => void; onSignedIn: (identity: Identity) => void }) {
    return (
        <>
            <Strip>{window.location.hostname}</Strip>
            <main className="gh-sign-in">
                <h1 className="gh-title">Sign in</h1>
                <p>
                    Gatehouse on <strong>{window.location.hostname}</strong>: submit samples and see what was found. Operators of the
                    appliance sign in at another door.
                </p>
                {unreachable && (
                    <Notice variant="warning" title="The appliance did not answer as expected.">
                        It may be starting. Signing in tries again.
                    </Notice>
                )}
                <SignInForm signIn={signIn} onSignedIn={onSignedIn} onBegin={onBegin} />
                <details>
                    <summary>The browser warned about the certificate</summary>
                    <p>
                        A new appliance shows a self-signed certificate. Before you go on, compare its SHA-256 fingerprint, which the
                        browser shows, with what the appliance's operator reads on its console:
                    </p>
                    <pre className="gh-mono gh-pre">gatehousectl certificate show --interface clean</pre>
                </details>
                <details>
                    <summary>I do not know my password</summary>
                    <p>
                        An administrator can set a new one on the page Users. The first administrator's is in the file{' '}
                        <code>initial-password-clean</code> of the appliance's state folder until it is changed.
                    </p>
                </details>
            </main>
        </>
    );
}
