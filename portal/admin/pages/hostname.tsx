// Hostname: the name of each door, which its certificate is checked for.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useState } from 'react';
import { call, type Interface } from '../../api/admin';
import { problemOf, useAction } from '../../parts/action';
import { refresh } from '../../parts/data';
import { TextField } from '../../parts/field';
import { useMayOperate } from '../identity';
import { Waiting } from '../../parts/waiting';
import { Padlock } from '../../parts/padlock';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { isHostname } from '../../rules/certificate';
import { doorWords } from '../../rules/notices';
import { placeProblem } from '../../rules/problem';
import { knowInterface, useInterfaces } from '../known';

const from = {
    file: 'Set in the configuration file, and to be changed there.',
    portal: 'Set here.',
    system: 'This is the name that the system has.',
} as const;

export default function Hostname() {
    const interfaces = useInterfaces();
    return (
        <>
            <PageHead title="Hostname" sentence="The name by which each door is reached, and which its certificate must hold." />
            {interfaces.value === undefined && (interfaces.error === undefined ? <Waiting lines={6} /> : <ProblemAlert problem={problemOf(interfaces.error)} />)}
            {interfaces.value?.map((door) => <Door key={door.interface} door={door} />)}
        </>
    );
}

function Door({ door }: { door: Interface }) {
    const mayOperate = useMayOperate();
    const fixed = door.fixed.includes('hostname');
    const present = door.hostname_from === 'system' ? '' : door.hostname;
    const [typed, setTyped] = useState<string | null>(null);
    const [saved, setSaved] = useState(false);
    const { busy, problem, run } = useAction();
    const value = typed ?? present;
    const wrong = value.trim() !== '' && !isHostname(value.trim());
    const { at, general } = placeProblem(problem, ['hostname']);
    const save = (event: React.FormEvent) => {
        event.preventDefault();
        void run(async () => {
            const path = { interface: door.interface };
            knowInterface(await call('put', '/api/v1/interfaces/{interface}/hostname', { path, body: { hostname: value.trim() } }));
            setTyped(null);
            setSaved(true);
            refresh('certificate', 'status');
        });
    };
    return (
        <section className="gh-block" data-door={door.interface}>
            <h2>
                {doorWords[door.interface]} <Padlock padlock={door.padlock} reasons={door.padlock_reasons} />
            </h2>
            {door.padlock_reasons.map((reason) => (
                <p key={reason}>
                    {reason} <a href={`#/configuration/ssl?door=${door.interface}`}>Certificate</a>
                </p>
            ))}
            <Form onSubmit={save} noValidate className="gh-narrow">
                <ProblemAlert problem={general} />
                <TextField id={`hostname-${door.interface}`} label="Hostname" value={value} disabled={fixed || !mayOperate} placeholder={door.hostname}
                    onChange={(next) => {
                        setTyped(next);
                        setSaved(false);
                    }}
                    help={typed === null ? from[door.hostname_from] : 'A DNS name or an IP address; empty for the name that the system has.'}
                    error={wrong ? 'This is neither a DNS name nor an IP address.' : at['hostname']} />
                {!fixed && mayOperate && (
                    <div className="gh-buttons">
                        <Button type="submit" variant="secondary" isDisabled={busy || wrong || value.trim() === present} isLoading={busy}>
                            Save
                        </Button>
                        <span role="status">{saved ? 'Saved; the padlock is judged anew.' : ''}</span>
                    </div>
                )}
            </Form>
        </section>
    );
}
