// Manage Integration: the services that are told of malicious samples, what waits for each, and what came of it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { call, type DispositionService } from '../../api/clean';
import { problemOf, useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { know, refresh } from '../../parts/data';
import { Nothing } from '../../parts/nothing';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { useRepeated } from '../../parts/repeated';
import { Said } from '../../parts/said';
import { Waiting } from '../../parts/waiting';
import { isUnderWay, removalWords, retryWords } from '../../rules/disposition';
import { ConnectionTest } from '../integration/connection_test';
import { Failed } from '../integration/failed';
import { Service, type OperationName } from '../integration/service';
import { AddService, EditService } from '../integration/service_form';
import { useDispositionServices } from '../known';

const pause = 5000; // milliseconds between two looks at a queue that moves

/** Puts in place what an answer told of a service, and asks for what it did not tell. */
function took(service: DispositionService): void {
    know<DispositionService[]>('dispositions', (all) => all.map((each) => (each.id === service.id ? service : each)));
    refresh('dispositions');
}

export default function Integration() {
    const services = useDispositionServices();
    const [adding, setAdding] = useState(false);
    const [underway, setUnderway] = useState<{ name: OperationName; id: number } | null>(null);
    const [said, setSaid] = useState('');
    const { problem, run } = useAction();
    const look = () => {
        if (!services.loading) refresh('dispositions');
    };
    useRepeated(look, pause, (services.value ?? []).some(isUnderWay));
    const retry = ({ id, url, queue }: DispositionService) => run(async () => {
        took(await call('post', '/api/v1/disposition-services/{id}/retry', { path: { id }, body: {} }));
        setSaid(`${url}: ${retryWords(queue.failed)}`);
    });
    const about = services.value?.find(({ id }) => id === underway?.id);
    return (
        <>
            <PageHead title="Manage Integration" sentence="Disposition Update Syndication Services: who is told of the samples that this appliance finds to be malicious."
                action={<Button onClick={() => setAdding(true)}>Add a service…</Button>} />
            <Said words={said} />
            <ProblemAlert problem={problem} />
            {services.error !== undefined && <ProblemAlert problem={problemOf(services.error)} />}
            {services.value === undefined && services.error === undefined && <Waiting lines={6} label="Loading the services" />}
            {services.value?.length === 0 && (
                <Nothing title="No services yet" sentence="Add the endpoint cloud, or whatever else is to be told, with the user and password that it gave you." />
            )}
            {services.value !== undefined && services.value.length > 0 && (
                <ul className="gh-doors" aria-label="Services">
                    {services.value.map((service) => (
                        <Service key={service.id} service={service} onRetry={() => void retry(service)}
                            onOperation={(name) => setUnderway({ name, id: service.id })} />
                    ))}
                </ul>
            )}
            {adding && <AddService onClose={() => setAdding(false)} onSaved={(service) => {
                refresh('dispositions');
                setSaid(`${service.url} was added. Test Connection says whether it can be reached.`);
            }} />}
            {underway !== null && about !== undefined && (
                <Operation name={underway.name} service={about} tell={setSaid} onEdit={() => setUnderway({ name: 'edit', id: about.id })} onClose={() => setUnderway(null)} />
            )}
        </>
    );
}

interface OperationProps {
    name: OperationName;
    service: DispositionService;
    tell: (words: string) => void;
    onEdit: () => void;
    onClose: () => void;
}

function Operation({ name, service, tell, onEdit, onClose }: OperationProps) {
    switch (name) {
        case 'test':
            return <ConnectionTest service={service} onEdit={onEdit} onClose={onClose} />;
        case 'edit':
            return <EditService service={service} onSaved={took} onClose={onClose} />;
        case 'failed':
            return <Failed service={service} onRetried={took} onClose={onClose} />;
        case 'remove':
            return <Confirm title="Remove the service" primary="Remove" danger onClose={onClose} sentence={`${service.url}: ${removalWords(service)}`}
                work={() => call('delete', '/api/v1/disposition-services/{id}', { path: { id: service.id } })}
                onDone={() => {
                    refresh('dispositions');
                    tell(`${service.url} was removed.`);
                }} />;
    }
}
