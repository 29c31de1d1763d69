// The sign-in page: which door this is, name and password, and what to do when the browser warned on the way here.
import type { Identity } from '../api/admin';
import { SignInForm } from '../parts/sign_in_form';
import { Strip } from '../parts/strip';
import { Notice } from '../parts/notice';
import { signIn } from './identity';

export function SignIn({ unreachable, onBegin, onSignedIn }: { unreachable: boolean; onBegin: () => void; onSignedIn: (identity: Identity) => void }) {
    return (
        <>
            <Strip>Administration</Strip>
            <main className="gh-sign-in">
                <h1 className="gh-title">Sign in</h1>
                <p>
                    Gatehouse, the administration of <strong>{window.location.hostname}</strong>. Users of the appliance sign in at another
                    door.
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
                        browser shows, with what the appliance says on its console:
                    </p>
                    <pre className="gh-mono gh-pre">gatehousectl certificate show --interface admin</pre>
                </details>
                <details>
                    <summary>Nobody knows the password</summary>
                    <p>
                        After the first start it is in the file <code>initial-password</code> of the state folder. Whoever is root on the
                        appliance can set a new one:
                    </p>
                    <pre className="gh-mono gh-pre">gatehousectl operator set-password admin</pre>
                </details>
            </main>
        </>
    );
}
