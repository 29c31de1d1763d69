// What is said of a user: name, e-mail, title and, where one may give it, the role.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useState } from 'react';
import { call, type Role, type User } from '../../api/clean';
import { useAction } from '../../parts/action';
import { ChoiceField } from '../../parts/choice_field';
import { know, refresh } from '../../parts/data';
import { TextField } from '../../parts/field';
import { ProblemAlert } from '../../parts/problem_alert';
import { placeProblem } from '../../rules/problem';
import { roleChoices } from '../../rules/user';

export type Facts = Pick<User, 'login' | 'name' | 'email' | 'title' | 'role'>;

/** `giver`: the role of who may give one; null: nobody may, here. */
export function FactsForm({ user, giver, onSaved }: { user: Facts; giver: Role | null; onSaved: () => void }) {
    const [name, setName] = useState(user.name);
    const [email, setEmail] = useState(user.email);
    const [title, setTitle] = useState(user.title);
    const [role, setRole] = useState<Role>(user.role);
    const [saved, setSaved] = useState(false);
    const { busy, problem, run } = useAction();
    const { at, general } = placeProblem(problem, ['name', 'email', 'title', 'role']);
    const same = name === user.name && email === user.email && title === user.title && role === user.role;
    const typing = (set: (value: string) => void) => (value: string) => {
        setSaved(false);
        set(value);
    };
    const save = (event: React.FormEvent) => {
        event.preventDefault();
        void run(async () => {
            const said = { name: name.trim(), email: email.trim(), title: title.trim() };
            const changed = await call('put', '/api/v1/users/{login}', { path: { login: user.login }, body: role === user.role ? said : { ...said, role } });
            know<User>(`user/${user.login}`, () => changed);
            setName(changed.name);
            setEmail(changed.email);
            setTitle(changed.title);
            setSaved(true);
            refresh('users');
            onSaved();
        });
    };
    return (
        <Form onSubmit={save} noValidate className="gh-narrow">
            <ProblemAlert problem={general} />
            <TextField id="name" label="Name" value={name} onChange={typing(setName)} error={at['name']} />
            <TextField id="email" label="E-mail" type="email" value={email} onChange={typing(setEmail)} error={at['email']} />
            <TextField id="title" label="Title" value={title} onChange={typing(setTitle)} error={at['title']} />
            {giver !== null && <ChoiceField id="role" label="Role" value={role} choices={roleChoices(giver)} error={at['role']} onChange={(next) => {
                setSaved(false);
                setRole(next);
            }} />}
            <div className="gh-buttons">
                <Button type="submit" variant="secondary" isLoading={busy} isDisabled={busy || same}>
                    Save
                </Button>
                <span role="status">{saved ? 'Saved.' : ''}</span>
            </div>
        </Form>
    );
}
