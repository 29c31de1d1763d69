// One's own password: the present one, and the new one twice.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useState } from 'react';
import { newPasswordFault } from '../rules/password';
import { placeProblem } from '../rules/problem';
import { useAction } from './action';
import { TextField } from './field';
import { ProblemAlert } from './problem_alert';

export const wrongPassword = 'This is not your present password.';

export interface PasswordFormProps {
    username: string;
    save: (passwords: { password: string; present_password: string }) => Promise<unknown>;
    onSaved: () => void;
}

export function PasswordForm({ username, save, onSaved }: PasswordFormProps) {
    const [present, setPresent] = useState('');
    const [password, setPassword] = useState('');
    const [again, setAgain] = useState('');
    const [saved, setSaved] = useState(false);
    const { busy, problem, run } = useAction();
    const fault = newPasswordFault(password);
    const differs = again !== '' && again !== password ? 'The two differ.' : undefined;
    const presentWrong = problem?.code === 'present_password_wrong';
    const { at, general } = placeProblem(presentWrong ? null : problem, ['password', 'present_password']);
    const submit = (event: React.FormEvent) => {
        event.preventDefault();
        void run(async () => {
            setSaved(false);
            await save({ password, present_password: present });
            setPresent('');
            setPassword('');
            setAgain('');
            setSaved(true);
            onSaved();
        });
    };
    return (
        <section className="gh-block">
            <h2>Password</h2>
            <Form onSubmit={submit} noValidate className="gh-narrow">
                <ProblemAlert problem={general} />
                <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
                <TextField id="present_password" label="Present password" type="password" autoComplete="current-password" value={present} onChange={setPresent}
                    required error={presentWrong ? wrongPassword : at['present_password']} />
                <TextField id="password" label="New password" type="password" autoComplete="new-password" value={password} onChange={setPassword} required
                    help="At least 10 characters; a sentence is easier to remember." error={fault ?? at['password']} />
                <TextField id="again" label="New password again" type="password" autoComplete="new-password" value={again} onChange={setAgain} required error={differs} />
                <div className="gh-buttons">
                    <Button type="submit" variant="secondary" isLoading={busy}
                        isDisabled={busy || present === '' || password === '' || fault !== undefined || again !== password}>
                        Change the password
                    </Button>
                    <span role="status">{saved ? 'Changed. Your other sessions have ended.' : ''}</span>
                </div>
            </Form>
        </section>
    );
}
