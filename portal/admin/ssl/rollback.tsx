// Roll back: the previous certificate again.
import { useState } from 'react';
import { call, type Change, type Finding, type ServedCertificate } from '../../api/admin';
import { problemOf, useAction } from '../../parts/action';
import { Dialog } from '../../parts/dialog';
import { Confirmations, intoView, mayGoOn } from '../../parts/findings';
import { doorWords } from '../../rules/notices';
import { Compare } from './compare';
import { ChangeDone } from './done';
import { consequence } from './operation';

export function RollBack({ served, onDone, onClose }: { served: ServedCertificate; onDone: () => void; onClose: () => void }) {
    const [toConfirm, setToConfirm] = useState<Finding[]>([]);
    const [confirmed, setConfirmed] = useState<string[]>([]);
    const [change, setChange] = useState<Change | null>(null);
    const { busy, problem, run } = useAction();

    const title = `Roll back the certificate: ${doorWords[served.interface]}`;
    if (change !== null) return <ChangeDone title={title} door={served.interface} change={change} onClose={onClose} />;
    if (served.previous === null) {
        return (
            <Dialog title={title} onClose={onClose} closeWord="Close">
                <p>There is no previous certificate yet. The one that the next change replaces is kept, and stands here then.</p>
            </Dialog>
        );
    }
    const asks = problem?.code === 'confirmation_required';
    const submit = () => run(async () => {
        try {
            const path = { interface: served.interface };
            setChange(await call('post', '/api/v1/interfaces/{interface}/certificate/rollback', { path, query: { confirm: confirmed } }));
        } catch (error) {
            setToConfirm(problemOf(error).findings ?? []);
            throw error;
        }
        onDone();
    });
    return (
        <Dialog wide title={title} sentence={consequence('rollback', served)} primary="Roll back" onPrimary={() => void submit()} busy={busy}
            problem={asks ? null : problem} primaryDisabled={asks && !mayGoOn(toConfirm, confirmed)} onClose={onClose}>
            <Compare before={served} after={served.previous} afterTitle="Previous" />
            {asks && (
                <div ref={intoView}>
                    <Confirmations findings={toConfirm} confirmed={confirmed} onChange={setConfirmed} />
                </div>
            )}
        </Dialog>
    );
}
