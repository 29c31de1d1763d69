// The dialog by which an administrator makes a user.
import { useState } from 'react';
import { call, type Role } from '../../api/clean';
import { useAction } from '../../parts/action';
import { ChoiceField } from '../../parts/choice_field';
import { refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { goTo } from '../../parts/route';
import { newPasswordFault } from '../../rules/password';
import { placeProblem } from '../../rules/problem';
import { loginFault, roleChoices } from '../../rules/user';
import { useIdentity } from '../identity';
import { useOrganizations } from '../known';

interface Belonging {
    value: string;
    onChange: (value: string) => void;
    error: string | undefined;
}

/** For who sees more than one. */
function OrganizationChoice({ value, onChange, error }: Belonging) {
    const organizations = useOrganizations();
    const choices = organizations.value?.map(({ id, name }) => ({ value: String(id), label: name })) ?? [];
    return <ChoiceField id="new-organization" label="Organization" value={value} choices={choices} onChange={onChange} error={error} />;
}

export function NewUser({ onClose }: { onClose: () => void }) {
    const identity = useIdentity();
    const [login, setLogin] = useState('');
    const [name, setName] = useState('');
    const [email, setEmail] = useState('');
    const [title, setTitle] = useState('');
    const [password, setPassword] = useState('');
    const [role, setRole] = useState<Role>('user');
    const [organization, setOrganization] = useState(String(identity.organization_id));
    const { busy, problem, run } = useAction();
    const fault = loginFault(login);
    const passwordFault = newPasswordFault(password);
    const taken = problem?.code === 'user_exists';
    const { at, general } = placeProblem(taken ? null : problem, ['login', 'name', 'email', 'title', 'password', 'role', 'organization_id']);
    const add = () => run(async () => {
        const said = { login, name: name.trim(), email: email.trim(), title: title.trim(), role, organization_id: Number(organization) };
        const user = await call('post', '/api/v1/users', { body: password === '' ? said : { ...said, password } });
        refresh('users', 'organizations');
        goTo(`/users/${encodeURIComponent(user.login)}`);
    }).then((done) => done && onClose());
    return (
        <Dialog title="New user" sentence="They can use their API key at once and, with a password, sign in. Both stand on their page afterwards." primary="Make the user"
            busy={busy} problem={general} onClose={onClose} onPrimary={() => void add()} primaryDisabled={login === '' || fault !== undefined || passwordFault !== undefined}>
            <TextField id="new-login" label="Login" value={login} onChange={setLogin} required autoFocus
                error={fault ?? (taken ? 'There is a user of this login.' : at['login'])} />
            <TextField id="new-name" label="Name" value={name} onChange={setName} error={at['name']} />
            <TextField id="new-email" label="E-mail" type="email" value={email} onChange={setEmail} error={at['email']} />
            <TextField id="new-title" label="Title" value={title} onChange={setTitle} error={at['title']} />
            <ChoiceField id="new-role" label="Role" value={role} onChange={setRole} choices={roleChoices(identity.role)} error={at['role']} />
            {identity.role === 'admin' && <OrganizationChoice value={organization} onChange={setOrganization} error={at['organization_id']} />}
            <TextField id="new-password" label="Password" type="password" autoComplete="new-password" value={password} onChange={setPassword}
                help="At least 10 characters. Without one they cannot sign in here, only use the API key." error={passwordFault ?? at['password']} />
        </Dialog>
    );
}
