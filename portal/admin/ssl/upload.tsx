// Upload: drop files or paste, in any form; Check shows what would change and what there is to say; Activate does it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Progress } from '@patternfly/react-core/dist/dynamic/components/Progress';
import { useState } from 'react';
import { uploadCertificate, type Change, type ServedCertificate, type SigningRequest, type UploadParts } from '../../api/admin';
import { useAction } from '../../parts/action';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { LinesField } from '../../parts/lines_field';
import { FileDrop } from '../../parts/files';
import { Confirmations, Findings, mayGoOn } from '../../parts/findings';
import { Notice } from '../../parts/notice';
import { doorWords } from '../../rules/notices';
import { placeProblem } from '../../rules/problem';
import { bringsKey, largestFile, partOf, partWords, passphraseNeeded } from '../../rules/upload';
import { Compare } from './compare';
import { ChangeDone } from './done';
import { consequence } from './operation';

interface Chosen {
    name: string;
    bytes: Uint8Array<ArrayBuffer>;
}

function assemble(chosen: readonly Chosen[], pasted: string, passphrase: string): UploadParts {
    const parts: UploadParts = { certificate: [], key: null, pkcs12: null, passphrase };
    const all = pasted.trim() === '' ? chosen : [...chosen, { name: 'the pasted text', bytes: new TextEncoder().encode(pasted) }];
    for (const { name, bytes } of all) {
        const file = { name, blob: new Blob([bytes]) };
        const part = partOf(bytes);
        if (part === 'certificate') parts.certificate.push(file);
        else parts[part] = file;
    }
    return parts;
}

export function Upload({ served, request, onDone, onClose }: { served: ServedCertificate; request: SigningRequest | null; onDone: () => void; onClose: () => void }) {
    const door = served.interface;
    const [chosen, setChosen] = useState<Chosen[]>([]);
    const [pasted, setPasted] = useState('');
    const [passphrase, setPassphrase] = useState('');
    const [tooLarge, setTooLarge] = useState<string | null>(null);
    const [checked, setChecked] = useState<Change | null>(null);
    const [confirmed, setConfirmed] = useState<string[]>([]);
    const [change, setChange] = useState<Change | null>(null);
    const [step, setStep] = useState({ words: '', share: 0 });
    const { busy, problem, run, clear } = useAction();

    const title = `Upload a certificate: ${doorWords[door]}`;
    if (change !== null) return <ChangeDone title={title} door={door} change={change} onClose={onClose} />;

    const add = async (files: File[]) => {
        const fitting = files.filter((file) => file.size <= largestFile);
        const refused = files.find((file) => file.size > largestFile);
        setTooLarge(refused === undefined ? null : `${refused.name} has more than 1 MiB; that is no certificate.`);
        const read = await Promise.all(fitting.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
        setChosen((before) => [...before.filter((old) => !read.some((file) => file.name === old.name)), ...read]);
        clear();
    };
    const send = (dry: boolean) => {
        const parts = assemble(chosen, pasted, passphrase);
        const words = dry ? 'Checking' : 'Activating';
        setStep({ words: 'Sending', share: 0 });
        return uploadCertificate(door, parts, { dry, confirm: confirmed }, (share) => setStep({ words: share < 1 ? 'Sending' : words, share }));
    };
    const check = () => run(async () => {
        setConfirmed([]);
        setChecked(await send(true));
    });
    const activate = () => run(async () => {
        setChange(await send(false));
        onDone();
    });

    const needs = [...chosen.map((file) => file.bytes), new TextEncoder().encode(pasted)].map(passphraseNeeded);
    const keys = [...chosen.map((file) => file.bytes), new TextEncoder().encode(pasted)].filter((bytes) => partOf(bytes) !== 'certificate').length;
    const hasKey = chosen.some((file) => bringsKey(file.bytes)) || bringsKey(new TextEncoder().encode(pasted));
    const { at, general } = placeProblem(problem, ['passphrase']);
    const progress = busy && <Progress value={Math.round(step.share * 100)} title={`${step.words}…`} aria-label={step.words} size="sm" />;

    if (checked !== null) {
        const refused = checked.findings.some((finding) => finding.severity === 'refuse');
        const locked = checked.findings.some((finding) => finding.code === 'key_locked');
        const activation = refused ? {} : { primary: 'Activate', onPrimary: () => void activate(), primaryDisabled: !mayGoOn(checked.findings, confirmed) };
        return (
            <Dialog wide title={title} sentence={refused ? 'Nothing was changed.' : consequence('upload', served)} {...activation} busy={busy}
                problem={problem} onClose={onClose} more={
                    <Button variant={refused ? 'primary' : 'secondary'} isDisabled={busy} onClick={() => {
                        setChecked(null);
                        clear();
                    }}>
                        Back
                    </Button>
                }>
                {progress}
                {refused && <Notice variant="danger" title={locked ? 'The key is locked. Go back and give its passphrase.' : 'This cannot be served.'} />}
                {checked.certificate !== null && <Compare before={served} after={checked.certificate} />}
                {checked.key_from === 'request' && <p>The key is the one of the pending request.</p>}
                {checked.key_from === 'in_use' && <p>The key stays the one in use.</p>}
                {checked.findings.length === 0 && <p>There is nothing to say against it.</p>}
                {refused ? (
                    // Nothing can be confirmed here: what refuses first, and what else there is to mend with it.
                    <Findings findings={checked.findings} />
                ) : (
                    <Confirmations findings={checked.findings} confirmed={confirmed} onChange={setConfirmed} />
                )}
            </Dialog>
        );
    }
    return (
        <Dialog wide title={title} sentence="Nothing changes before you have seen what would." primary="Check" onPrimary={() => void check()} busy={busy}
            primaryDisabled={(chosen.length === 0 && pasted.trim() === '') || keys > 1} problem={general} onClose={onClose}>
            {progress}
            {request !== null && !hasKey && (
                <Notice variant="info" plain
                    title="The key for this certificate is on the appliance: upload the certificate that answers the pending request, without a key." />
            )}
            {keys > 1 && <Notice variant="danger" title="There is more than one key. Remove all but the one that belongs to the certificate." />}
            {tooLarge !== null && <Notice variant="danger" title={tooLarge} />}
            <FileDrop id="certificate-files" label="Drop the certificate, its chain and the key here: PEM, DER, PKCS#7 or PKCS#12." disabled={busy} autoFocus
                onFiles={(files) => void add(files)} />
            {chosen.length > 0 && (
                <ul className="gh-files" aria-label="Chosen files">
                    {chosen.map((file) => (
                        <li key={file.name}>
                            <span className="gh-mono">{file.name}</span> <span className="gh-quiet">{partWords[partOf(file.bytes)]}</span>
                            <Button variant="link" isDisabled={busy} aria-label={`Remove ${file.name}`}
                                onClick={() => setChosen((before) => before.filter((each) => each !== file))}>
                                Remove
                            </Button>
                        </li>
                    ))}
                </ul>
            )}
            <LinesField id="certificate-text" label="Or paste PEM" value={pasted} onChange={setPasted} rows={5} placeholder="-----BEGIN CERTIFICATE-----"
                help="Certificates in any order, with or without the key." />
            {(needs.some((need) => need !== 'no') || at['passphrase'] !== undefined) && (
                <TextField id="passphrase" label="Passphrase of the key" type="password" value={passphrase} onChange={setPassphrase}
                    autoComplete="new-password" required={needs.includes('yes')} error={at['passphrase']} />
            )}
        </Dialog>
    );
}
