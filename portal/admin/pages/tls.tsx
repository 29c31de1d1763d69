// TLS: what each door takes from its clients.
import { Radio } from '@patternfly/react-core/dist/dynamic/components/Radio';
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useState } from 'react';
import { call, type Interface, type TlsPolicy } from '../../api/admin';
import { problemOf, useAction } from '../../parts/action';
import { Copyable } from '../../parts/copy';
import { useMayOperate } from '../identity';
import { Waiting } from '../../parts/waiting';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { Notice } from '../../parts/notice';
import { doorWords } from '../../rules/notices';
import { knowInterface, useInterfaces } from '../known';

const policies: readonly { value: TlsPolicy; title: string; sentence: string }[] = [
    { value: 'intermediate', title: 'Intermediate', sentence: 'TLS 1.2 and 1.3: every client of the last ten years.' },
    { value: 'modern', title: 'Modern', sentence: 'TLS 1.3 only. Older devices and libraries are refused.' },
];

export default function Tls() {
    const interfaces = useInterfaces();
    return (
        <>
            <PageHead title="TLS" sentence="Which versions of TLS each door takes." />
            {interfaces.value === undefined && (interfaces.error === undefined ? <Waiting lines={6} /> : <ProblemAlert problem={problemOf(interfaces.error)} />)}
            {interfaces.value?.map((door) => <Door key={door.interface} door={door} />)}
        </>
    );
}

function Door({ door }: { door: Interface }) {
    const mayOperate = useMayOperate();
    const fixed = door.fixed.includes('tls.policy');
    const [chosen, setChosen] = useState<TlsPolicy | null>(null);
    const [saved, setSaved] = useState(false);
    const { busy, problem, run } = useAction();
    const policy = chosen ?? door.tls.policy;
    const save = (event: React.FormEvent) => {
        event.preventDefault();
        void run(async () => {
            const path = { interface: door.interface };
            knowInterface(await call('put', '/api/v1/interfaces/{interface}/tls', { path, body: { policy } }));
            setChosen(null);
            setSaved(true);
        });
    };
    return (
        <section className="gh-block" data-door={door.interface}>
            <h2>{doorWords[door.interface]}</h2>
            {door.tls.legacy && (
                <Notice variant="warning" title="TLS 1.0 and 1.1 are switched on at this door.">
                    They have known weaknesses. Switch them off once no device needs them; on the console:{' '}
                    <Copyable text={`gatehousectl tls legacy disable --interface ${door.interface}`} what="command" />
                </Notice>
            )}
            <Form onSubmit={save} noValidate className="gh-narrow">
                <ProblemAlert problem={problem} />
                <FormGroup role="radiogroup" fieldId={`policy-${door.interface}`} label="Policy">
                    {policies.map((each) => (
                        <Radio key={each.value} id={`policy-${door.interface}-${each.value}`} name={`policy-${door.interface}`} label={each.title}
                            description={each.sentence} isChecked={policy === each.value} isDisabled={fixed || !mayOperate}
                            onChange={() => {
                                setChosen(each.value);
                                setSaved(false);
                            }} />
                    ))}
                </FormGroup>
                {fixed && <p className="gh-quiet">Set in the configuration file, and to be changed there.</p>}
                {!fixed && mayOperate && (
                    <div className="gh-buttons">
                        <Button type="submit" variant="secondary" isLoading={busy} isDisabled={busy || policy === door.tls.policy}>
                            Save
                        </Button>
                        <span role="status">{saved ? 'Saved, for new connections.' : ''}</span>
                    </div>
                )}
            </Form>
            {door.interface === 'clean' && !door.tls.legacy && (
                <details>
                    <summary>A device that only speaks TLS 1.0 or 1.1</summary>
                    <p>Such clients can be taken in at this door alone, and only from the console:</p>
                    <Copyable text="gatehousectl tls legacy enable --interface clean" what="command" />
                </details>
            )}
        </section>
    );
}
