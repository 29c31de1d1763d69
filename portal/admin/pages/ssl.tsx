// SSL: the two doors' certificates, what is wrong with them, and everything that can be done about it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Drawer, DrawerActions, DrawerCloseButton, DrawerContent, DrawerContentBody, DrawerHead, DrawerPanelBody, DrawerPanelContent } from '@patternfly/react-core/dist/dynamic/components/Drawer';
import { useRef, useState } from 'react';
import { call, type DoorStatus, type InterfaceName, type ServedCertificate, type SigningRequest } from '../../api/admin';
import { Refusal } from '../../api/transport';
import { problemOf } from '../../parts/action';
import { refresh, useData } from '../../parts/data';
import { Operations } from '../../parts/operations';
import { useMayOperate } from '../identity';
import { Waiting } from '../../parts/waiting';
import { Padlock } from '../../parts/padlock';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { goTo, usePlace } from '../../parts/route';
import { Expiry, When } from '../../parts/when';
import { shortIssuer, shortSubject, type Remedy } from '../../rules/certificate';
import { doorWords } from '../../rules/notices';
import { useCertificate, useStatus } from '../known';
import { Details, Remedies } from '../ssl/details';
import { Download } from '../ssl/download';
import { operationWords, type OperationName } from '../ssl/operation';
import { Regenerate } from '../ssl/regenerate';
import { Request } from '../ssl/request';
import { RollBack } from '../ssl/rollback';
import { Upload } from '../ssl/upload';

const doors: readonly InterfaceName[] = ['clean', 'admin'];
const pageOf = (door: InterfaceName | null) => (door === null ? '/configuration/ssl' : `/configuration/ssl?door=${door}`);

const useRequest = (door: InterfaceName) =>
    useData<SigningRequest | null>(`request/${door}`, async () => {
        try {
            return await call('get', '/api/v1/interfaces/{interface}/certificate/request', { path: { interface: door } });
        } catch (error) {
            if (error instanceof Refusal && error.problem.status === 404) return null;
            throw error;
        }
    });

interface Underway {
    door: InterfaceName;
    operation: OperationName;
}

export default function Ssl() {
    const { query } = usePlace();
    const shown = doors.find((door) => door === query.get('door')) ?? null;
    const [underway, setUnderway] = useState<Underway | null>(null);
    const mayOperate = useMayOperate();
    const status = useStatus();
    const certificates = { clean: useCertificate('clean'), admin: useCertificate('admin') };
    const requests = { clean: useRequest('clean'), admin: useRequest('admin') };

    const remedy = (door: InterfaceName) => (what: Remedy) => {
        if (what === 'hostname') goTo('/configuration/hostname');
        else setUnderway({ door, operation: what });
    };
    const done = () => refresh('certificate', 'interfaces', 'status', 'request');
    const close = () => setUnderway(null);
    const heading = useRef<HTMLHeadingElement>(null);
    const closeDrawer = () => {
        document.getElementById(`details-${shown}`)?.focus();
        goTo(pageOf(null));
    };
    const open = shown === null ? undefined : certificates[shown].value;
    const panel = shown !== null && (
        <DrawerPanelContent widths={{ default: 'width_50', '2xl': 'width_33' }} aria-label={`Certificate of ${doorWords[shown]}`}>
            <DrawerHead>
                <h2 ref={heading} className="gh-section" tabIndex={-1}>
                    {doorWords[shown]}
                </h2>
                <DrawerActions>
                    <DrawerCloseButton onClick={closeDrawer} />
                </DrawerActions>
            </DrawerHead>
            <DrawerPanelBody>
                {open === undefined ? <Waiting lines={10} /> : (
                    <Details served={open} status={status.value?.interfaces[shown]} mayOperate={mayOperate} onRemedy={remedy(shown)} />
                )}
            </DrawerPanelBody>
        </DrawerPanelContent>
    );
    return (
        <>
            <Drawer isExpanded={shown !== null} isInline onExpand={() => heading.current?.focus()}>
                <DrawerContent panelContent={panel}>
                    <DrawerContentBody>
                        <PageHead title="SSL Certificates" sentence="Certificates that this appliance shows to browsers and devices." />
                        <ul className="gh-doors">
                            {doors.map((door) => (
                                <Row key={door} door={door} known={certificates[door]} status={status.value?.interfaces[door]} pending={requests[door].value ?? null} isShown={door === shown}
                                    mayOperate={mayOperate} onRemedy={remedy(door)} onOperation={(operation) => setUnderway({ door, operation })} />
                            ))}
                        </ul>
                    </DrawerContentBody>
                </DrawerContent>
            </Drawer>
            {underway !== null && (
                <OperationDialog underway={underway} served={certificates[underway.door].value} request={requests[underway.door].value ?? null}
                    onDone={done} onClose={close} />
            )}
        </>
    );
}

interface RowProps {
    door: InterfaceName;
    known: { value: ServedCertificate | undefined; error: unknown };
    status: DoorStatus | undefined;
    pending: SigningRequest | null;
    isShown: boolean;
    mayOperate: boolean;
    onRemedy: (remedy: Remedy) => void;
    onOperation: (operation: OperationName) => void;
}

function Row({ door, known, status, pending, isShown, mayOperate, onRemedy, onOperation }: RowProps) {
    const served = known.value;
    if (served === undefined) {
        return <li>{known.error === undefined ? <Waiting lines={2} /> : <ProblemAlert problem={problemOf(known.error)} />}</li>;
    }
    const open = served.findings.filter((finding) => finding.severity !== 'note');
    return (
        <li data-door={door} className={isShown ? 'gh-door gh-door-shown' : 'gh-door'}>
            <div className="gh-door-facts">
                <Padlock padlock={served.padlock} reasons={served.padlock_reasons} />
                <h2>{doorWords[door]}</h2>
                <span>{served.hostname}</span>
                <Expiry certificate={served} />
                <span>
                    {shortIssuer(served)} <span className="gh-quiet">{shortSubject(served)}</span>
                </span>
            </div>
            <div className="gh-door-actions">
                <Operations on={doorWords[door]} offered={offered(mayOperate)} words={operationWords} onOperation={onOperation} />
                <Button id={`details-${door}`} variant="link" aria-expanded={isShown} onClick={() => goTo(pageOf(isShown ? null : door))} aria-label={`Details of ${doorWords[door]}`}>
                    Details
                </Button>
            </div>
            {status?.last_reload.result === 'refused' && (
                <p className="gh-door-finding" data-refused={status.last_reload.code}>
                    The last change was refused <When at={status.last_reload.at} />: {status.last_reload.message}
                </p>
            )}
            {open.map((finding) => (
                <p key={finding.code} className="gh-door-finding">
                    {finding.message} <Remedies code={finding.code} mayOperate={mayOperate} onRemedy={onRemedy} />
                </p>
            ))}
            {pending !== null && (
                <p className="gh-door-finding">
                    A signing request is pending.{' '}
                    <Button variant="link" isInline onClick={() => onOperation('request')}>
                        Show it
                    </Button>
                    {mayOperate && (
                        <Button variant="link" isInline onClick={() => onOperation('upload')}>
                            Upload the certificate
                        </Button>
                    )}
                </p>
            )}
        </li>
    );
}

const offered = (mayOperate: boolean): readonly OperationName[] => mayOperate ? ['upload', 'regenerate', 'download', 'request', 'rollback'] : ['download'];

interface OperationProps {
    underway: Underway;
    served: ServedCertificate | undefined;
    request: SigningRequest | null;
    onDone: () => void;
    onClose: () => void;
}

function OperationDialog({ underway, served, request, onDone, onClose }: OperationProps) {
    if (served === undefined) return null;
    switch (underway.operation) {
        case 'upload':
            return <Upload served={served} request={request} onDone={onDone} onClose={onClose} />;
        case 'regenerate':
            return <Regenerate served={served} onDone={onDone} onClose={onClose} />;
        case 'download':
            return <Download served={served} onClose={onClose} />;
        case 'request':
            return <Request served={served} request={request} onClose={onClose} />;
        case 'rollback':
            return <RollBack served={served} onDone={onDone} onClose={onClose} />;
    }
}
