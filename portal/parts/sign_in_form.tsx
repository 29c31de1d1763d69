// Name, password and, where the appliance asks for it, the second factor's code. Used by the sign-in page and by the
// dialog for a session that has ended.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useState } from 'react';
import { problemOf, useAction } from './action';
import { TextField } from './field';
import { ProblemAlert } from './problem_alert';

export interface SignInFields {
    username: string;
    password: string;
    /** Only where it was asked for. */
    otp?: string;
}

export interface SignInFormProps<Identity> {
    /** Signs in at the door. */
    signIn: (fields: SignInFields) => Promise<Identity>;
    /** Fixed, where it must be the same person again. */
    username?: string;
    onSignedIn: (identity: Identity) => void;
    /** Called once somebody begins to type: what comes next can be fetched meanwhile. */
    onBegin?: () => void;
    more?: React.ReactNode;
}

export function SignInForm<Identity>({ signIn, username: fixed, onSignedIn, onBegin, more }: SignInFormProps<Identity>) {
    const [username, setUsername] = useState(fixed ?? '');
    const [password, setPassword] = useState('');
    const [otp, setOtp] = useState('');
    const [asksCode, setAsksCode] = useState(false);
    const { busy, problem, run } = useAction();

    const submit = (event: React.FormEvent) => {
        event.preventDefault();
        void run(async () => {
            try {
                onSignedIn(await signIn(asksCode ? { username, password, otp: otp.trim() } : { username, password }));
            } catch (error) {
                setOtp('');
                if (problemOf(error).code === 'otp_required') {
                    setAsksCode(true);
                    return;
                }
                throw error;
            }
        });
    };
    const begin = (set: (value: string) => void) => (value: string) => {
        onBegin?.();
        set(value);
    };
    const code = problem?.code;
    return (
        <Form onSubmit={submit} noValidate>
            {/* A password manager needs the name beside the password, also where it is fixed. */}
            <TextField id="sign-in-username" label="User name" value={username} onChange={begin(setUsername)} autoComplete="username"
                autoFocus={fixed === undefined} disabled={fixed !== undefined} required />
            <TextField id="sign-in-password" label="Password" type="password" value={password} onChange={begin(setPassword)}
                autoComplete="current-password" autoFocus={fixed !== undefined} required />
            {asksCode && (
                <TextField id="sign-in-otp" label="Code" value={otp} onChange={setOtp} autoComplete="one-time-code" inputMode="text" autoFocus required
                    help="Six digits from your authenticator, or a recovery code." error={code === 'otp_wrong' ? 'This code is not right.' : undefined} />
            )}
            {code !== 'otp_wrong' && <ProblemAlert problem={problem} />}
            <div className="gh-buttons">
                <Button type="submit" variant="primary" isLoading={busy} isDisabled={busy || username === '' || password === '' || (asksCode && otp === '')}>
                    Sign in
                </Button>
                {more}
            </div>
        </Form>
    );
}
