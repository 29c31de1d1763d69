// The dialog by which a service is added or changed.
import { useState } from 'react';
import { call, type DispositionService } from '../../api/clean';
import { useAction } from '../../parts/action';
import { ChoiceField } from '../../parts/choice_field';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { urlFault, userFault } from '../../rules/disposition';
import { networkChoices, type NetworkName } from '../../rules/network';
import { placeProblem } from '../../rules/problem';

interface Props {
    onSaved: (service: DispositionService) => void;
    onClose: () => void;
}

export function AddService(props: Props) {
    return (
        <ServiceForm {...props} present={null} title="Add a service" primary="Add"
            sentence="From the next malicious sample on it is told. What was found before is not told."
            save={(body) => call('post', '/api/v1/disposition-services', { body })} />
    );
}

export function EditService({ service, ...props }: Props & { service: DispositionService }) {
    const path = { id: service.id };
    return (
        <ServiceForm {...props} present={service} title="Edit the service" primary="Save" sentence="What waits is told to the service as it is then, and is tried at once."
            save={(body) => call('put', '/api/v1/disposition-services/{id}', { path, body })} />
    );
}

interface Body {
    url: string;
    user: string;
    password?: string;
    network: NetworkName;
}

interface FormProps extends Props {
    /** null: it is a new one. */
    present: DispositionService | null;
    title: string;
    primary: string;
    sentence: string;
    save: (body: Body) => Promise<DispositionService>;
}

/** Why the password is asked for, or may be left out. */
function passwordHelp(present: DispositionService | null, movesAway: boolean): string | undefined {
    if (present === null) return undefined;
    if (present.state === 'locked') return 'Needed again: the one that is kept cannot be opened.';
    return movesAway ? 'Needed again: what was meant for one place is not sent to another.' : 'Left empty, it stays as it is.';
}

function ServiceForm({ present, title, primary, sentence, save, onSaved, onClose }: FormProps) {
    const [url, setUrl] = useState(present?.url ?? 'https://');
    const [user, setUser] = useState(present?.user ?? '');
    const [password, setPassword] = useState('');
    const [network, setNetwork] = useState<NetworkName>(present?.network ?? 'dirty');
    const { busy, problem, run } = useAction();
    const { at, general } = placeProblem(problem, ['url', 'user', 'password', 'network']);
    const faults = { url: urlFault(url), user: userFault(user) };
    const wanted = url.trim();
    const movesAway = present !== null && wanted !== present.url;
    const needsPassword = present === null || present.state === 'locked' || movesAway;
    const isWhole = /^https:\/\/./.test(wanted) && user !== '' && (present !== null || password !== '');
    const go = () => run(async () => {
        const said = { url: wanted, user, network };
        onSaved(await save(password === '' ? said : { ...said, password }));
    }).then((done) => done && onClose());
    return (
        <Dialog title={title} sentence={sentence} primary={primary} busy={busy} problem={general} onClose={onClose} onPrimary={() => void go()}
            primaryDisabled={!isWhole || faults.url !== undefined || faults.user !== undefined}>
            <TextField id="service-url" label="URL" value={url} onChange={setUrl} required autoFocus error={faults.url ?? at['url']}
                help="Where dispositions are posted to, as in https://cloud.example.com/dispositions." />
            <TextField id="service-user" label="User" value={user} onChange={setUser} required error={faults.user ?? at['user']} />
            <TextField id="service-password" label="Password" type="password" autoComplete="new-password" value={password} onChange={setPassword}
                required={needsPassword} help={passwordHelp(present, movesAway)} error={at['password']} />
            <ChoiceField id="service-network" label="Network" value={network} onChange={setNetwork} choices={networkChoices} error={at['network']}
                help="On which its name is resolved and it is called." />
        </Dialog>
    );
}
