// Request: a signing request for a CA. The key is made here and stays here, until the signed certificate is uploaded.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { call, type KeyType, type ServedCertificate, type SigningRequest } from '../../api/admin';
import { useAction } from '../../parts/action';
import { Copyable } from '../../parts/copy';
import { refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { ChoiceField } from '../../parts/choice_field';
import { TextField } from '../../parts/field';
import { LinesField } from '../../parts/lines_field';
import { saveText } from '../../parts/files';
import { filledIn, isCertificateName, splitList, type SubjectFields } from '../../rules/certificate';
import { doorWords } from '../../rules/notices';
import { placeProblem } from '../../rules/problem';
import { keyTypes } from './key_types';

const parts: readonly { name: keyof SubjectFields; label: string }[] = [
    { name: 'common_name', label: 'Common name' },
    { name: 'organization', label: 'Organization' },
    { name: 'organizational_unit', label: 'Organizational unit' },
    { name: 'locality', label: 'City' },
    { name: 'state', label: 'State' },
    { name: 'country', label: 'Country' },
];

interface Props {
    served: ServedCertificate;
    request: SigningRequest | null;
    onClose: () => void;
}

export function Request(props: Props) {
    return props.request === null ? <Make {...props} /> : <Pending {...props} request={props.request} />;
}

function Make({ served, onClose }: Props) {
    const [subject, setSubject] = useState<SubjectFields>({
        common_name: served.hostname, organization: '', organizational_unit: '', locality: '', state: '', country: '',
    });
    const [names, setNames] = useState(served.hostname);
    const [keyType, setKeyType] = useState<KeyType>('ecdsa-p256');
    const { busy, problem, run } = useAction();
    const path = { interface: served.interface };
    const list = splitList(names);
    const wrong = list.find((name) => !isCertificateName(name));
    const countryWrong = subject.country.trim() !== '' && !/^[A-Za-z]{2}$/.test(subject.country.trim());
    const { at, general } = placeProblem(problem, [...parts.map(({ name }) => `subject/${name}`), 'names', 'key_type']);
    const submit = () => run(async () => {
        const body = { subject: filledIn(subject), names: list, key_type: keyType };
        await call('post', '/api/v1/interfaces/{interface}/certificate/request', { path, body });
        refresh(`request/${served.interface}`);
    });
    return (
        <Dialog title={`Request a certificate: ${doorWords[served.interface]}`} primary="Make the request" onPrimary={() => void submit()} busy={busy}
            sentence="Makes a new key, which stays on the appliance, and a signing request for your CA. What is served does not change."
            problem={general} primaryDisabled={list.length === 0 || wrong !== undefined || countryWrong} onClose={onClose}>
            <LinesField id="names" label="Names" value={names} onChange={setNames} required help="Hostnames and IP addresses, one a line."
                error={wrong === undefined ? at['names'] : `'${wrong}' is neither a hostname nor an IP address.`} />
            {parts.map(({ name, label }) => (
                <TextField key={name} id={`subject-${name}`} label={label} value={subject[name]}
                    error={name === 'country' && countryWrong ? 'Two letters, as in DE.' : at[`subject/${name}`]}
                    onChange={(value) => setSubject((before) => ({ ...before, [name]: value }))} />
            ))}
            <ChoiceField id="key_type" label="Key" value={keyType} choices={keyTypes} onChange={setKeyType} error={at['key_type']} />
        </Dialog>
    );
}

function Pending({ served, request, onClose }: Props & { request: SigningRequest }) {
    const [sure, setSure] = useState(false);
    const { busy, problem, run } = useAction();
    const discard = () => run(async () => {
        await call('delete', '/api/v1/interfaces/{interface}/certificate/request', { path: { interface: served.interface } });
        refresh(`request/${served.interface}`);
    });
    return (
        <Dialog wide title={`Pending request: ${doorWords[served.interface]}`} problem={problem} onClose={onClose} closeWord="Close"
            sentence="Give this to your CA, then upload the certificate that comes back. The key is on the appliance."
            primary={sure ? 'Discard request and key' : undefined} danger busy={busy} onPrimary={() => void discard()}
            more={
                <>
                    <Button variant="secondary" onClick={() => saveText(`${served.hostname}.csr`, 'application/pkcs10', request.pem)}>
                        Save as a file
                    </Button>
                    {!sure && (
                        <Button variant="link" isDanger onClick={() => setSure(true)}>
                            Discard…
                        </Button>
                    )}
                </>
            }>
            {sure && <p>The certificate that your CA makes of this request will be of no use without its key. This cannot be undone.</p>}
            <p>
                {request.subject}, for {request.names.join(', ')}.
            </p>
            <Copyable text={request.pem} what="signing request" block />
        </Dialog>
    );
}
