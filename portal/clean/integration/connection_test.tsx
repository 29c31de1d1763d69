// Test Connection: what became of each step on the way to a service, and whom it reached.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useCallback, useEffect, useRef, useState } from 'react';
import { call, type ConnectionTest as Test, type DispositionService } from '../../api/clean';
import { useAction } from '../../parts/action';
import { Fingerprint } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { intoView } from '../../parts/findings';
import { Notice } from '../../parts/notice';
import { Expiry } from '../../parts/when';
import { shortSubject } from '../../rules/certificate';
import { pageWords, stepWords, stepsInOrder, testWords } from '../../rules/disposition';
import { networkWords } from '../../rules/network';
import { Result } from './words';

interface Props {
    service: DispositionService;
    onEdit: () => void;
    onClose: () => void;
}

export function ConnectionTest({ service, onEdit, onClose }: Props) {
    const [test, setTest] = useState<Test | null>(null);
    const { busy, problem, run } = useAction();
    const { id } = service;
    const left = useRef(new AbortController()); // who leaves waits for no answer, and holds up nobody else's test
    const begin = useCallback(() => run(async () => {
        setTest(null);
        setTest(await call('post', '/api/v1/disposition-services/{id}/test', { path: { id }, signal: left.current.signal }));
    }), [id, run]);
    useEffect(() => {
        const leaving = left.current;
        void begin();
        return () => leaving.abort();
    }, [begin]);
    const mendsHere = problem?.code === 'password_locked' || (test?.steps.some((step) => step.page === 'service') ?? false);
    return (
        <Dialog wide title="Test Connection" primary="Test again" busy={busy} problem={problem} onClose={onClose} closeWord="Close" onPrimary={() => void begin()}
            more={mendsHere && <Button variant="secondary" onClick={onEdit}>Edit…</Button>}
            sentence={<>To <span className="gh-long">{service.url}</span> as <bdi className="gh-long">{service.user}</bdi>, on the {networkWords[service.network].toLowerCase()}. It is told nothing.</>}>
            <div role="status" className="gh-stack">
                {busy && <p>The test is under way. It takes half a minute at most.</p>}
                {test !== null && (
                    <div ref={intoView}>
                        <Notice variant={test.ok ? 'success' : 'danger'} title={testWords(test)} />
                    </div>
                )}
            </div>
            {(busy || test !== null) && <Steps test={test} />}
            {test !== null && test.chain.length > 0 && <Chain chain={test.chain} />}
        </Dialog>
    );
}

function Steps({ test }: { test: Test | null }) {
    return (
        <section>
            <h2 className="gh-section">Steps</h2>
            <ol className="gh-findings">
                {stepsInOrder.map((name) => {
                    const step = test?.steps.find((each) => each.step === name);
                    const mended = step === undefined ? null : pageWords(step.page);
                    return (
                        <li key={name} data-step={name}>
                            <Result ok={test === null ? undefined : (step?.ok ?? null)} />{' '}
                            <span>
                                <strong>{stepWords[name]}</strong>
                                {step !== undefined && step.message !== '' && <>: <span className="gh-detail">{step.message}</span></>}
                                {mended !== null && <><br />{mended}</>}
                            </span>
                        </li>
                    );
                })}
            </ol>
        </section>
    );
}

function Chain({ chain }: Pick<Test, 'chain'>) {
    return (
        <section>
            <h2 className="gh-section">What the server presented</h2>
            <ul className="gh-ladder">
                {chain.map((certificate) => {
                    const name = shortSubject({ subject: certificate.subject, names: [] });
                    return (
                        <li key={certificate.fingerprint_sha256}>
                            <strong className="gh-long">{name}</strong>, <Expiry certificate={certificate} />
                            <div className="gh-long">
                                <span className="gh-quiet">Subject</span> {certificate.subject || 'none'}
                            </div>
                            <div className="gh-long">
                                <span className="gh-quiet">Issued by</span> {certificate.issuer || 'nobody named'}
                            </div>
                            <div>
                                <span className="gh-quiet">SHA-256</span> <Fingerprint value={certificate.fingerprint_sha256} what={`fingerprint of ${name}`} />
                            </div>
                        </li>
                    );
                })}
            </ul>
        </section>
    );
}
