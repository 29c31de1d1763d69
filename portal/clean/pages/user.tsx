// User Details: who it is, whether it is let in, and everything an administrator does about it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { DescriptionList } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import { useState } from 'react';
import { call, type User } from '../../api/clean';
import { problemOf } from '../../parts/action';
import { Fact } from '../../parts/fact';
import { Notice } from '../../parts/notice';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { Waiting } from '../../parts/waiting';
import { When } from '../../parts/when';
import { conflictWords, isPending, roleWords } from '../../rules/user';
import { useIdentity } from '../identity';
import { useUser } from '../known';
import type { PageProps } from '../pages';
import { ApiKey } from '../users/api_key';
import { FactsForm } from '../users/facts_form';
import { Operation, type OperationName } from '../users/operations';
import { Limits } from '../users/rate_limit';
import { RegistrationFacts } from '../users/registration';
import { Status } from '../users/words';

export default function UserDetails({ id }: PageProps) {
    const user = useUser(id);
    if (user.value === undefined) {
        return (
            <>
                <PageHead title="User Details" sentence="Who it is, and whether it is let in." />
                {user.error === undefined ? <Waiting lines={8} /> : (
                    <>
                        <ProblemAlert problem={problemOf(user.error)} />
                        <p>
                            <a href="#/users">Back to the users</a>
                        </p>
                    </>
                )}
            </>
        );
    }
    return <Known user={user.value} />;
}

function Known({ user }: { user: User }) {
    const identity = useIdentity();
    const [operation, setOperation] = useState<OperationName | null>(null);
    const own = user.login === identity.username;
    const isAdmin = identity.role === 'admin';
    const path = { login: user.login };
    const button = (name: OperationName, words: string, danger = false) => (
        <Button variant="secondary" isDanger={danger} onClick={() => setOperation(name)}>
            {words}
        </Button>
    );
    return (
        <>
            <PageHead title={user.login} sentence={isPending(user) ? 'A device that registered itself and waits to be let in.' : user.device ? 'A device.' : 'User Details'}
                action={own ? <a href="#/profile">My profile</a> : user.active ? undefined : <Button onClick={() => setOperation('activate')}>Re-Activate User…</Button>} />
            {!user.active && conflictWords(user) !== null && (
                <div className="gh-block">
                    <Notice variant="warning" title={`Somebody else tried to register as ${user.login}, with another secret.`}>
                        Before you let it in, make sure that the device is the one below.
                    </Notice>
                </div>
            )}
            <Summary user={user} />
            {user.registration !== null && (
                <section className="gh-block">
                    <h2>Registration</h2>
                    <RegistrationFacts registration={user.registration} />
                </section>
            )}
            <section className="gh-block">
                <h2>Details</h2>
                {/* What another administrator changed meanwhile is what one goes on from. */}
                <FactsForm key={`${user.name}\n${user.email}\n${user.title}\n${user.role}`} user={user} giver={own || user.device ? null : identity.role} onSaved={() => undefined} />
            </section>
            {(isAdmin || own) && <ApiKey login={user.login} whose={own ? 'your' : 'its'} />}
            <Limits name={`user/${user.login}`} whom={user.login} mayChange ask={() => call('get', '/api/v1/users/{login}/rate-limit', { path })}
                save={(body) => call('put', '/api/v1/users/{login}/rate-limit', { path, body })} />
            {!own && (
                <section className="gh-block">
                    <h2>Access</h2>
                    <div className="gh-buttons">
                        {!user.device && button('password', 'Set the password…')}
                        {user.active && button('deactivate', 'De-activate…')}
                        {user.device && button('reset', 'Reset registration…', true)}
                        {button('remove', 'Delete…', true)}
                    </div>
                </section>
            )}
            {operation !== null && <Operation name={operation} user={user} onClose={() => setOperation(null)} />}
        </>
    );
}

function Summary({ user }: { user: User }) {
    return (
        <section className="gh-block gh-facts" aria-label="Status">
            <DescriptionList isCompact isHorizontal>
                <Fact term="Status"><Status user={user} /></Fact>
                <Fact term="Role">{roleWords[user.role]}</Fact>
                <Fact term="Organization"><bdi className="gh-long">{user.organization.name}</bdi></Fact>
                <Fact term="Made"><When at={user.created_at} /></Fact>
                <Fact term="Last used"><When at={user.last_used_at} /></Fact>
                <Fact term="Samples"><a href={`#/samples?search=${encodeURIComponent(user.login)}`}>Search for its samples</a></Fact>
            </DescriptionList>
        </section>
    );
}
