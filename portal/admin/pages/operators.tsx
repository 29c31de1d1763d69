// Operators: who may sign in at this door.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { call, type Operator, type Role } from '../../api/admin';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { ChoiceField } from '../../parts/choice_field';
import { TextField } from '../../parts/field';
import { useIdentity, useMayOperate } from '../identity';
import { Listing } from '../../parts/listing';
import { PageHead } from '../../parts/page_head';
import { When } from '../../parts/when';
import { newPasswordFault } from '../../rules/password';
import { placeProblem } from '../../rules/problem';
import { roleChoices, roleWords } from '../../rules/role';
import { useOperators } from '../known';

export default function Operators() {
    const operators = useOperators();
    const mayOperate = useMayOperate();
    const identity = useIdentity();
    const [adding, setAdding] = useState(false);
    const [removing, setRemoving] = useState<Operator | null>(null);
    return (
        <>
            <PageHead title="Operators" sentence="Who may sign in at this door, and whether they may change anything."
                action={mayOperate && <Button onClick={() => setAdding(true)}>Add an operator…</Button>} />
            <Listing
                label="Operators"
                items={operators.value}
                error={operators.error}
                keyOf={(operator) => operator.username}
                text={(operator) => `${operator.username} ${operator.name} ${operator.email}`}
                empty={{ title: 'No operators', sentence: 'Who may sign in at this door stands here.' }}
                columns={[
                    { title: 'User name', cell: (operator) => <strong>{operator.username}</strong>, by: (operator) => operator.username },
                    { title: 'Name', cell: (operator) => operator.name || <span className="gh-quiet">none</span>, by: (operator) => operator.name },
                    { title: 'E-mail', cell: (operator) => operator.email || <span className="gh-quiet">none</span>, by: (operator) => operator.email },
                    { title: 'Role', cell: (operator) => roleWords[operator.role], by: (operator) => operator.role },
                    { title: 'Second factor', cell: (operator) => (operator.totp ? 'On' : 'Off'), by: (operator) => operator.totp },
                    { title: 'Signed in', cell: (operator) => <When at={operator.last_sign_in_at} />, by: (operator) => operator.last_sign_in_at },
                    {
                        title: 'Remove', actions: true,
                        cell: (operator) => operator.username === identity.username ? (
                            <a href="#/access/account">My account</a>
                        ) : mayOperate && (
                            <Button variant="link" isInline onClick={() => setRemoving(operator)} aria-label={`Remove ${operator.username}`}>
                                Remove
                            </Button>
                        ),
                    },
                ]}
            />
            {adding && <Add onClose={() => setAdding(false)} />}
            {removing !== null && <Remove operator={removing} onClose={() => setRemoving(null)} />}
        </>
    );
}

function Add({ onClose }: { onClose: () => void }) {
    const [username, setUsername] = useState('');
    const [name, setName] = useState('');
    const [email, setEmail] = useState('');
    const [password, setPassword] = useState('');
    const [role, setRole] = useState<Role>('read');
    const { busy, problem, run } = useAction();
    const usernameFault = username !== '' && !/^[A-Za-z0-9._-]{1,64}$/.test(username) ? 'Letters, digits and . _ - only, at most 64.' : undefined;
    const passwordFault = newPasswordFault(password);
    const taken = problem?.code === 'operator_exists';
    const { at, general } = placeProblem(taken ? null : problem, ['username', 'name', 'email', 'password', 'role']);
    const add = () => run(async () => {
        await call('post', '/api/v1/operators', { body: { username, password, role, name: name.trim(), email: email.trim() } });
        refresh('operators');
    }).then((done) => done && onClose());
    return (
        <Dialog title="Add an operator" sentence="They can sign in at once, with the password you choose here, and change it under My account."
            primary="Add" busy={busy} problem={general} onClose={onClose} onPrimary={() => void add()}
            primaryDisabled={username === '' || usernameFault !== undefined || password === '' || passwordFault !== undefined}>
            <TextField id="new-username" label="User name" value={username} onChange={setUsername} required autoFocus
                error={usernameFault ?? (taken ? 'There is an operator of this name.' : at['username'])} />
            <TextField id="new-name" label="Name" value={name} onChange={setName} error={at['name']} />
            <TextField id="new-email" label="E-mail" type="email" value={email} onChange={setEmail} error={at['email']} />
            <TextField id="new-password" label="Password" type="password" autoComplete="new-password" value={password} onChange={setPassword} required
                help="At least 10 characters; a sentence is easier to remember." error={passwordFault ?? at['password']} />
            <ChoiceField id="new-role" label="Role" value={role} onChange={setRole} choices={roleChoices} error={at['role']} />
        </Dialog>
    );
}

function Remove({ operator, onClose }: { operator: Operator; onClose: () => void }) {
    return (
        <Confirm title={`Remove ${operator.username}`} sentence="They are signed out at once and cannot come back. Tokens that they made stay; revoke them under Tokens."
            primary="Remove" danger onDone={() => refresh('operators', 'sessions')} onClose={onClose}
            work={() => call('delete', '/api/v1/operators/{username}', { path: { username: operator.username } })} />
    );
}
