// Profile: what is said of oneself, one's API key, one's password.
import { call } from '../../api/clean';
import { PageHead } from '../../parts/page_head';
import { PasswordForm } from '../../parts/password_form';
import { roleWords } from '../../rules/user';
import { useSignedIn } from '../identity';
import { ApiKey } from '../users/api_key';
import { FactsForm } from '../users/facts_form';
import { Limits } from '../users/rate_limit';

export default function Profile() {
    const { identity, refreshIdentity } = useSignedIn();
    const login = identity.username;
    const path = { login };
    return (
        <>
            <PageHead title="Profile and API key"
                sentence={`You are signed in as ${login}, with the role ${roleWords[identity.role]}, in the organization ${identity.organization_name}.`} />
            <section className="gh-block">
                <h2>Details</h2>
                <FactsForm user={{ ...identity, login }} giver={null} onSaved={refreshIdentity} />
            </section>
            <ApiKey login={login} whose="your" />
            <Limits name={`user/${login}`} whom={login} mayChange={false} ask={() => call('get', '/api/v1/users/{login}/rate-limit', { path })}
                save={(body) => call('put', '/api/v1/users/{login}/rate-limit', { path, body })} />
            <PasswordForm username={login} save={(body) => call('put', '/api/v1/users/{login}/password', { path, body })} onSaved={refreshIdentity} />
        </>
    );
}
