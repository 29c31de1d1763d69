// CA Certificates: what outbound calls of this appliance trust.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { useState } from 'react';
import { call, type Authority, type Certificate, type Finding, type NetworkName, type Retrieved } from '../../api/admin';
import { useAction } from '../../parts/action';
import { useNow } from '../../parts/clock';
import { Confirm } from '../../parts/confirm';
import { Fingerprint } from '../../parts/copy';
import { refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { ChoiceField } from '../../parts/choice_field';
import { TextField } from '../../parts/field';
import { LinesField } from '../../parts/lines_field';
import { FileDrop } from '../../parts/files';
import { Findings } from '../../parts/findings';
import { useMayOperate } from '../identity';
import { Listing } from '../../parts/listing';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { Expiry } from '../../parts/when';
import { Notice } from '../../parts/notice';
import { shortIssuer, shortSubject } from '../../rules/certificate';
import { networkChoices } from '../../rules/network';
import { placeProblem } from '../../rules/problem';
import { isAhead } from '../../rules/time';
import { largestFile } from '../../rules/upload';
import { useAuthorities, useSystemRoots } from '../known';

type Open = { what: 'add' } | { what: 'retrieve' } | { what: 'remove'; authority: Authority } | null;

export default function Authorities() {
    const authorities = useAuthorities();
    const mayOperate = useMayOperate();
    const [open, setOpen] = useState<Open>(null);
    const close = () => setOpen(null);
    return (
        <>
            <PageHead title="CA Certificates" sentence="What this appliance trusts when it calls other servers."
                action={mayOperate && (
                    <div className="gh-buttons">
                        <Button onClick={() => setOpen({ what: 'add' })}>Add…</Button>
                        <Button variant="secondary" onClick={() => setOpen({ what: 'retrieve' })}>
                            Retrieve…
                        </Button>
                    </div>
                )} />
            <SystemRoots mayOperate={mayOperate} />
            <Listing
                label="CA certificates"
                items={authorities.value}
                error={authorities.error}
                keyOf={(authority) => authority.certificate.fingerprint_sha256}
                text={(authority) => `${authority.certificate.subject} ${authority.certificate.issuer} ${authority.certificate.fingerprint_sha256}`}
                empty={{ title: 'No certificates of your own', sentence: 'Add the CA of your company, or retrieve the certificate that a server shows.' }}
                columns={[
                    { title: 'Subject', cell: (authority) => <Subject certificate={authority.certificate} />, by: (authority) => shortSubject(authority.certificate) },
                    { title: 'Issuer', cell: (authority) => shortIssuer(authority.certificate), by: (authority) => shortIssuer(authority.certificate) },
                    { title: 'Validity', cell: (authority) => <Expiry certificate={authority.certificate} />, by: (authority) => authority.certificate.not_after },
                    {
                        title: 'Remove', actions: true,
                        cell: (authority) => mayOperate && (
                            <Button variant="link" aria-label={`Remove ${shortSubject(authority.certificate)}`}
                                onClick={() => setOpen({ what: 'remove', authority })}>
                                Remove
                            </Button>
                        ),
                    },
                ]}
            />
            {open?.what === 'add' && <Add onClose={close} />}
            {open?.what === 'retrieve' && <Retrieve onClose={close} />}
            {open?.what === 'remove' && <Remove authority={open.authority} onClose={close} />}
        </>
    );
}

function State({ certificate }: { certificate: Certificate }) {
    const now = useNow();
    if (Date.parse(certificate.not_after) < now) return <Label isCompact status="danger">Expired</Label>;
    if (isAhead(certificate.not_before, now)) return <Label isCompact status="warning">Not yet valid</Label>;
    return null;
}

function Subject({ certificate }: { certificate: Certificate }) {
    return (
        <>
            <strong>{shortSubject(certificate)}</strong> <State certificate={certificate} />{' '}
            {!certificate.ca && <Label isCompact status="info">No CA: trusts this one certificate</Label>}
            <details>
                <summary className="gh-quiet">Details</summary>
                <div>{certificate.subject}</div>
                <div>{certificate.key_type}</div>
                <Fingerprint value={certificate.fingerprint_sha256} what={`fingerprint of ${shortSubject(certificate)}`} />
            </details>
        </>
    );
}

function SystemRoots({ mayOperate }: { mayOperate: boolean }) {
    const roots = useSystemRoots();
    const { busy, problem, run } = useAction();
    if (roots.value === undefined) return null;
    const set = (included: boolean) => run(async () => {
        await call('put', '/api/v1/authorities/system', { body: { included } });
        refresh('system-roots');
    });
    return (
        <div className="gh-block">
            <Checkbox id="system-roots" label={`Trust the ${roots.value.count} public CAs of the operating system too`} isChecked={roots.value.included}
                isDisabled={!mayOperate || busy} onChange={(_, included) => void set(included)}
                description="Without them only the certificates below are trusted." />
            <ProblemAlert problem={problem} />
        </div>
    );
}

interface Outcome {
    added: Authority[];
    known: number;
    refused: Finding[];
}

function Added({ added, known, refused, onClose }: Outcome & { onClose: () => void }) {
    return (
        <Dialog title="CA certificates added" onClose={onClose} closeWord="Close">
            <Notice variant="success" plain
                title={added.length === 1 ? 'One certificate is trusted from now on.' : `${added.length} certificates are trusted from now on.`} />
            <ul>
                {added.map((authority) => (
                    <li key={authority.certificate.fingerprint_sha256}>{shortSubject(authority.certificate)}</li>
                ))}
            </ul>
            {known > 0 && <p className="gh-quiet">{known === 1 ? 'One was' : `${known} were`} trusted already.</p>}
            {refused.length > 0 && <Findings findings={refused} />}
        </Dialog>
    );
}

function Add({ onClose }: { onClose: () => void }) {
    const [pem, setPem] = useState('');
    const [tooLarge, setTooLarge] = useState(false);
    const [result, setResult] = useState<Outcome | null>(null);
    const { busy, problem, run } = useAction();
    if (result !== null) return <Added {...result} onClose={onClose} />;
    const { at, general } = placeProblem(problem, ['pem']);
    const files = async (chosen: File[]) => {
        setTooLarge(chosen.some((file) => file.size > largestFile));
        const texts = await Promise.all(chosen.filter((file) => file.size <= largestFile).map((file) => file.text()));
        setPem((before) => [before, ...texts].filter((text) => text !== '').join('\n'));
    };
    return (
        <Dialog wide title="Add CA certificates" sentence="Servers with certificates of these CAs are trusted by the next call that goes out." primary="Add"
            primaryDisabled={pem.trim() === ''} busy={busy} problem={general} onClose={onClose} onPrimary={() => void run(async () => {
                setResult(await call('post', '/api/v1/authorities', { body: { pem } }));
                refresh('authorities');
            })}>
            <FileDrop id="authority-files" label="Drop PEM files here." onFiles={(chosen) => void files(chosen)} disabled={busy} />
            <LinesField id="pem" label="PEM" value={pem} onChange={setPem} rows={10} required help="One certificate or several."
                placeholder="-----BEGIN CERTIFICATE-----" error={tooLarge ? 'A file has more than 1 MiB; that is no certificate.' : at['pem']} />
        </Dialog>
    );
}

function Retrieve({ onClose }: { onClose: () => void }) {
    const [host, setHost] = useState('');
    const [port, setPort] = useState('443');
    const [network, setNetwork] = useState<NetworkName>('dirty');
    const [retrieved, setRetrieved] = useState<Retrieved | null>(null);
    const [chosen, setChosen] = useState<string[]>([]);
    const [result, setResult] = useState<Outcome | null>(null);
    const { busy, problem, run } = useAction();
    if (result !== null) return <Added {...result} onClose={onClose} />;
    if (retrieved !== null) {
        return (
            <Dialog wide title={`What ${retrieved.host}:${retrieved.port} shows`} primary="Trust the chosen ones" primaryDisabled={chosen.length === 0} busy={busy}
                problem={problem} onClose={onClose} onPrimary={() => void run(async () => {
                    const body = { retrieval_id: retrieved.retrieval_id, fingerprints: chosen };
                    setResult(await call('post', '/api/v1/authorities/import', { body }));
                    refresh('authorities');
                })}
                sentence="Nothing of this was verified. Compare the fingerprints with what the server's operator tells you by another way, then choose: the root for all of its CA's servers, the first for this server alone.">
                <p className="gh-quiet">
                    {retrieved.address} answered over the {retrieved.network} network with {retrieved.tls_version}.
                    {retrieved.trusted && ' This chain is trusted already.'}
                </p>
                {retrieved.chain.map((certificate) => (
                    <Checkbox key={certificate.fingerprint_sha256} id={`choose-${certificate.fingerprint_sha256}`} label={shortSubject(certificate)}
                        description={<><State certificate={certificate} /> <Expiry certificate={certificate} />, {!certificate.self_signed && 'issued by '}{shortIssuer(certificate)}</>}
                        body={<Fingerprint value={certificate.fingerprint_sha256} what={`fingerprint of ${shortSubject(certificate)}`} />}
                        isChecked={chosen.includes(certificate.fingerprint_sha256)}
                        onChange={(_, is) => setChosen((before) => is ? [...before, certificate.fingerprint_sha256] : before.filter((each) => each !== certificate.fingerprint_sha256))} />
                ))}
            </Dialog>
        );
    }
    const number = Number(port);
    const portWrong = !Number.isInteger(number) || number < 1 || number > 65535;
    const { at, general } = placeProblem(problem, ['host', 'port', 'network']);
    return (
        <Dialog title="Retrieve certificates" sentence="Connects to a server and shows the certificates it presents. Nothing is trusted before you choose it."
            primary="Retrieve" primaryDisabled={host.trim() === '' || portWrong} busy={busy} problem={general} onClose={onClose}
            onPrimary={() => void run(async () => {
                setRetrieved(await call('post', '/api/v1/authorities/retrieve', { body: { host: host.trim(), port: number, network } }));
            })}>
            <TextField id="host" label="Host" value={host} onChange={setHost} required autoFocus error={at['host']} placeholder="amp.example.net" />
            <TextField id="port" label="Port" type="number" inputMode="numeric" value={port} onChange={setPort} required
                error={portWrong ? 'A number from 1 to 65535.' : at['port']} />
            <ChoiceField id="network" label="Network" value={network} onChange={setNetwork} error={at['network']}
                choices={networkChoices} />
        </Dialog>
    );
}

function Remove({ authority, onClose }: { authority: Authority; onClose: () => void }) {
    const path = { fingerprint_sha256: authority.certificate.fingerprint_sha256 };
    return (
        <Confirm title={`Remove ${shortSubject(authority.certificate)}`} primary="Remove" danger onDone={() => refresh('authorities')} onClose={onClose}
            sentence="Calls to servers that only this certificate vouches for will fail from the next one on."
            work={() => call('delete', '/api/v1/authorities/{fingerprint_sha256}', { path })}>
            <Fingerprint value={authority.certificate.fingerprint_sha256} />
        </Confirm>
    );
}
