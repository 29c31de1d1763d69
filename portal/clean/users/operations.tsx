// What an administrator does to a user, each a dialog that says before the click what will happen to whom.
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { useState } from 'react';
import { call, type User } from '../../api/clean';
import { problemOf, useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { know, refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { intoView } from '../../parts/findings';
import { Notice } from '../../parts/notice';
import { goTo } from '../../parts/route';
import { newPasswordFault } from '../../rules/password';
import { placeProblem } from '../../rules/problem';
import { conflictWords } from '../../rules/user';
import { RegistrationFacts } from './registration';

export type OperationName = 'activate' | 'deactivate' | 'password' | 'reset' | 'remove';

interface Props {
    user: User;
    onClose: () => void;
}

function took(user: User): void {
    know<User>(`user/${user.login}`, () => user);
    refresh('users', 'organizations');
}

function Activate({ user, onClose }: Props) {
    const [confirmed, setConfirmed] = useState(false);
    const { busy, problem, run } = useAction();
    const attempts = conflictWords(user);
    const path = { login: user.login };
    const activate = () => run(async () => {
        try {
            took(await call('put', '/api/v1/users/{login}/active', { path, body: confirmed ? { confirm_conflicts: true } : {} }));
        } catch (error) {
            // There was an attempt meanwhile: what it says now is what has to be confirmed.
            if (problemOf(error).code === 'device_conflicts') {
                setConfirmed(false);
                const now = await call('get', '/api/v1/users/{login}', { path });
                know<User>(`user/${user.login}`, () => now);
            }
            throw error;
        }
    }).then((done) => done && onClose());
    const sentence = user.device
        ? `From its next request on ${user.login} may submit samples, and see those of its organization ${user.organization.name}. It gets its API key by itself.`
        : `From the next request on ${user.login} may sign in again and use the API key.`;
    return (
        <Dialog title={`Re-activate ${user.login}`} sentence={sentence} primary="Re-Activate User" busy={busy} problem={problem} primaryDisabled={attempts !== null && !confirmed}
            onClose={onClose} onPrimary={() => void activate()}>
            {user.registration !== null && <RegistrationFacts registration={user.registration} />}
            {attempts !== null && (
                <div ref={intoView} className="gh-stack">
                    <Notice variant="warning" title="Somebody else tried to register under this name.">
                        One of them may pretend to be the device. Compare the address with the device’s own before you go on; Reset registration lets it begin anew.
                    </Notice>
                    <Checkbox id="confirm-conflicts" label={attempts} isChecked={confirmed} onChange={(_, checked) => setConfirmed(checked)} />
                </div>
            )}
        </Dialog>
    );
}

function Deactivate({ user, onClose }: Props) {
    return (
        <Confirm title={`De-activate ${user.login}`} sentence="Its sessions end and its API key is refused from the next request on. Its samples stay. It can be re-activated at any time."
            primary="De-activate" danger onClose={onClose} work={async () => took(await call('delete', '/api/v1/users/{login}/active', { path: { login: user.login } }))} />
    );
}

function Password({ user, onClose }: Props) {
    const [password, setPassword] = useState('');
    const { busy, problem, run } = useAction();
    const fault = newPasswordFault(password);
    const { at, general } = placeProblem(problem, ['password']);
    const set = () => run(async () => {
        await call('put', '/api/v1/users/{login}/password', { path: { login: user.login }, body: { password } });
    }).then((done) => done && onClose());
    return (
        <Dialog title={`Set the password of ${user.login}`} sentence="All its sessions end. Tell it to nobody but them, and ask them to change it." primary="Set the password" busy={busy}
            problem={general} primaryDisabled={password === '' || fault !== undefined} onClose={onClose} onPrimary={() => void set()}>
            <TextField id="set-password" label="New password" type="password" autoComplete="new-password" value={password} onChange={setPassword} required autoFocus
                help="At least 10 characters; a sentence is easier to remember." error={fault ?? at['password']} />
        </Dialog>
    );
}

/** Away from a user that is no more. */
function leaveUser(): void {
    refresh('users', 'organizations');
    goTo('/users');
}

function Reset({ user, onClose }: Props) {
    return (
        <Confirm title={`Reset the registration of ${user.login}`} primary="Reset" danger onDone={leaveUser} onClose={onClose}
            sentence="The registration, the user and its API key are discarded, and its organization where nobody else is in it. The device may register anew, with whatever secret. Its samples stay. This cannot be undone."
            work={() => call('delete', '/api/v1/users/{login}/registration', { path: { login: user.login } })} />
    );
}

function Remove({ user, onClose }: Props) {
    return (
        <Confirm title={`Delete ${user.login}`} primary="Delete" danger onDone={leaveUser} onClose={onClose}
            sentence="Its sessions and its API key end at once. Its samples stay. This cannot be undone; to keep somebody out for a while, de-activate."
            work={() => call('delete', '/api/v1/users/{login}', { path: { login: user.login } })} />
    );
}

const dialogs: Record<OperationName, (props: Props) => React.ReactElement> = {
    activate: Activate, deactivate: Deactivate, password: Password, reset: Reset, remove: Remove,
};

export function Operation({ name, ...props }: Props & { name: OperationName }) {
    const Body = dialogs[name];
    return <Body {...props} />;
}
