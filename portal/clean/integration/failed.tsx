// What a service could not be told, each with the reason, and Retry for one or for all.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { call, type DispositionService, type FailedDisposition } from '../../api/clean';
import { useAction } from '../../parts/action';
import { Dialog } from '../../parts/dialog';
import { usePages } from '../../parts/pages';
import { RemoteListing, type RemoteColumn } from '../../parts/remote_listing';
import { Said } from '../../parts/said';
import { When } from '../../parts/when';
import { retryWords } from '../../rules/disposition';
import { Verdict } from '../samples/words';

const pageSize = 20;

interface Props {
    service: DispositionService;
    onRetried: (service: DispositionService) => void;
    onClose: () => void;
}

export function Failed({ service, onRetried, onClose }: Props) {
    const [said, setSaid] = useState('');
    const { busy, problem, run } = useAction();
    const path = { id: service.id };
    const pages = usePages(`dispositions/failed/${service.id}`, (cursor) => call('get', '/api/v1/disposition-services/{id}/failed', { path, query: { cursor, limit: pageSize } }));
    const retry = (disposition?: FailedDisposition) => run(async () => {
        const count = disposition === undefined ? service.queue.failed : 1;
        onRetried(await call('post', '/api/v1/disposition-services/{id}/retry', { path, body: disposition === undefined ? {} : { disposition: disposition.id } }));
        setSaid(retryWords(count));
    });
    const columns: readonly RemoteColumn<FailedDisposition>[] = [
        {
            title: 'Sample',
            cell: ({ sample, sha256 }) => <a href={`#/samples/${encodeURIComponent(sample)}`} className="gh-mono gh-long" title={`SHA-256 ${sha256}`}>{sha256}</a>,
        },
        { title: 'Verdict', cell: ({ score }) => <Verdict sample={{ score, state: 'succ' }} /> },
        { title: 'Found', cell: ({ analyzed_at }) => <When at={analyzed_at} /> },
        { title: 'Attempts', cell: ({ attempts }) => attempts },
        { title: 'What came of it', cell: ({ message }) => <span className="gh-detail">{message}</span> },
        {
            title: 'Retry', actions: true,
            cell: (disposition) => (
                <Button variant="link" isInline isDisabled={busy} onClick={() => void retry(disposition)} aria-label={`Retry ${disposition.sha256}`}>
                    Retry
                </Button>
            ),
        },
    ];
    return (
        <Dialog wide title="What could not be told" primary="Retry all" primaryDisabled={service.queue.failed === 0} busy={busy} problem={problem} onClose={onClose} closeWord="Close"
            onPrimary={() => void retry()} sentence={<>To <span className="gh-long">{service.url}</span>. It is kept until it is told, or the service is removed.</>}>
            <Said words={said} />
            <RemoteListing label="What could not be told" columns={columns} pages={pages} keyOf={({ id }) => String(id)} sort="" direction="asc" onSort={() => undefined}
                empty={{ title: 'Nothing has failed', sentence: 'What could not be told stands here, with the reason.' }} />
        </Dialog>
    );
}
