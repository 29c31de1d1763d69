// A user's API key: shown when it is asked for, and replaced.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { call } from '../../api/clean';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { Copyable } from '../../parts/copy';
import { ProblemAlert } from '../../parts/problem_alert';

export function ApiKey({ login, whose }: { login: string; whose: string }) {
    const [key, setKey] = useState<string | null>(null);
    const [asking, setAsking] = useState(false);
    const [said, setSaid] = useState('');
    const { busy, problem, run } = useAction();
    const show = () => run(async () => setKey((await call('get', '/api/v1/users/{login}/api-key', { path: { login } })).api_key));
    return (
        <section className="gh-block">
            <h2>API key</h2>
            <p>What {whose} scripts and devices show in place of a password. Whoever has it acts as {login}.</p>
            <ProblemAlert problem={problem} />
            {key !== null && <Copyable text={key} what="API key" block />}
            <div className="gh-buttons">
                {key === null ? (
                    <Button variant="secondary" isLoading={busy} isDisabled={busy} onClick={() => void show()}>
                        Show the key
                    </Button>
                ) : (
                    <Button variant="secondary" onClick={() => setKey(null)}>
                        Hide the key
                    </Button>
                )}
                <Button variant="link" onClick={() => setAsking(true)}>
                    Regenerate…
                </Button>
                <span role="status">{said}</span>
            </div>
            {asking && <Regenerate login={login} onClose={() => setAsking(false)} onMade={(made) => {
                setKey(made);
                setSaid('This is the new key. The old one is refused.');
            }} />}
        </section>
    );
}

function Regenerate({ login, onMade, onClose }: { login: string; onMade: (key: string) => void; onClose: () => void }) {
    return (
        <Confirm title="Regenerate the API key" sentence={`The present key of ${login} is refused from the next request on. Whatever uses it has to be given the new one.`}
            primary="Regenerate" danger onClose={onClose}
            work={async () => onMade((await call('post', '/api/v1/users/{login}/api-key', { path: { login } })).api_key)} />
    );
}
