// Regenerate: a new key and a new self-signed certificate.
import { Radio } from '@patternfly/react-core/dist/dynamic/components/Radio';
import { FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useState } from 'react';
import { call, type Change, type Finding, type KeyType, type ServedCertificate } from '../../api/admin';
import { problemOf, useAction } from '../../parts/action';
import { Dialog } from '../../parts/dialog';
import { ChoiceField } from '../../parts/choice_field';
import { TextField } from '../../parts/field';
import { LinesField } from '../../parts/lines_field';
import { Confirmations, intoView, mayGoOn } from '../../parts/findings';
import { isCertificateName, splitList } from '../../rules/certificate';
import { doorWords } from '../../rules/notices';
import { placeProblem } from '../../rules/problem';
import { ChangeDone } from './done';
import { keyTypes } from './key_types';
import { consequence } from './operation';

type Term = '3650' | '825' | 'other';

export function Regenerate({ served, onDone, onClose }: { served: ServedCertificate; onDone: () => void; onClose: () => void }) {
    const [names, setNames] = useState(served.hostname);
    const [term, setTerm] = useState<Term>('3650');
    const [other, setOther] = useState('365');
    const [keyType, setKeyType] = useState<KeyType>('ecdsa-p256');
    const [toConfirm, setToConfirm] = useState<Finding[]>([]);
    const [confirmed, setConfirmed] = useState<string[]>([]);
    const [change, setChange] = useState<Change | null>(null);
    const { busy, problem, run } = useAction();

    const title = `Regenerate the certificate: ${doorWords[served.interface]}`;
    if (change !== null) return <ChangeDone title={title} door={served.interface} change={change} onClose={onClose} />;

    const list = splitList(names);
    const wrong = list.find((name) => !isCertificateName(name));
    const days = term === 'other' ? Number(other) : Number(term);
    const daysWrong = !Number.isInteger(days) || days < 1 || days > 36500;
    const asks = problem?.code === 'confirmation_required';
    const { at, general } = placeProblem(asks ? null : problem, ['names', 'days', 'key_type']);
    const submit = () => run(async () => {
        try {
            const path = { interface: served.interface };
            const body = { names: list, days, key_type: keyType };
            setChange(await call('post', '/api/v1/interfaces/{interface}/certificate/regenerate', { path, query: { confirm: confirmed }, body }));
        } catch (error) {
            setToConfirm(problemOf(error).findings ?? []);
            throw error;
        }
        onDone();
    });
    return (
        <Dialog title={title} sentence={consequence('regenerate', served)} primary="Regenerate" onPrimary={() => void submit()} busy={busy} problem={general}
            primaryDisabled={list.length === 0 || wrong !== undefined || daysWrong || (asks && !mayGoOn(toConfirm, confirmed))} onClose={onClose}>
            <LinesField id="names" label="Names" value={names} onChange={setNames} required autoFocus
                help="Hostnames and IP addresses by which people and devices reach this door, one a line."
                error={wrong === undefined ? at['names'] : `'${wrong}' is neither a hostname nor an IP address.`} />
            <FormGroup label="Valid for" role="radiogroup" fieldId="days">
                <Radio id="days-3650" name="days" label="3650 days" description="For devices that are given this certificate and keep it."
                    isChecked={term === '3650'} onChange={() => setTerm('3650')} />
                <Radio id="days-825" name="days" label="825 days" description="The most that Apple's clients take."
                    isChecked={term === '825'} onChange={() => setTerm('825')} />
                <Radio id="days-other" name="days" label="Another number of days" isChecked={term === 'other'} onChange={() => setTerm('other')} />
            </FormGroup>
            {term === 'other' && (
                <TextField id="days" label="Days" type="number" inputMode="numeric" value={other} onChange={setOther} required
                    error={daysWrong ? 'A whole number from 1 to 36500.' : at['days']} />
            )}
            <ChoiceField id="key_type" label="Key" value={keyType} choices={keyTypes} error={at['key_type']}
                onChange={(next) => {
                    setKeyType(next);
                    setToConfirm([]);
                    setConfirmed([]);
                }} />
            {asks && (
                <div ref={intoView}>
                    <Confirmations findings={toConfirm} confirmed={confirmed} onChange={setConfirmed} />
                </div>
            )}
        </Dialog>
    );
}
