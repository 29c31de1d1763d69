// My account: one's own password, and the second factor.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { call } from '../../api/admin';
import { problemOf, useAction } from '../../parts/action';
import { Copyable } from '../../parts/copy';
import { refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { useSignedIn } from '../identity';
import { Waiting } from '../../parts/waiting';
import { PageHead } from '../../parts/page_head';
import { PasswordForm, wrongPassword } from '../../parts/password_form';
import { ProblemAlert } from '../../parts/problem_alert';
import { QrCode } from '../../parts/qr_code';
import { Notice } from '../../parts/notice';
import { roleWords } from '../../rules/role';
import { useTotp } from '../known';

export default function Account() {
    const { identity, refreshIdentity } = useSignedIn();
    const { username } = identity;
    return (
        <>
            <PageHead title="My account" sentence={`You are signed in as ${username}, with the role ${roleWords[identity.role]}.`} />
            <PasswordForm username={username} save={(body) => call('put', '/api/v1/operators/{username}/password', { path: { username }, body })}
                onSaved={() => {
                    refresh('sessions');
                    refreshIdentity();
                }} />
            <SecondFactor />
        </>
    );
}

function SecondFactor() {
    const totp = useTotp();
    const [open, setOpen] = useState<'on' | 'off' | null>(null);
    const close = () => setOpen(null);
    return (
        <section className="gh-block">
            <h2>Second factor</h2>
            {totp.value === undefined ? (
                totp.error === undefined ? <Waiting lines={2} /> : <ProblemAlert problem={problemOf(totp.error)} />
            ) : totp.value.enabled ? (
                <>
                    <p>
                        It is on: signing in takes a code of your authenticator too. Recovery codes left: {totp.value.recovery_codes_left}.
                    </p>
                    <Button variant="secondary" onClick={() => setOpen('off')}>
                        Switch it off…
                    </Button>
                </>
            ) : (
                <>
                    <p>It is off: whoever knows your password can sign in.</p>
                    <Button variant="secondary" onClick={() => setOpen('on')}>
                        Set it up…
                    </Button>
                </>
            )}
            {open === 'on' && <Enrol onClose={close} />}
            {open === 'off' && <SwitchOff onClose={close} />}
        </section>
    );
}

function Enrol({ onClose }: { onClose: () => void }) {
    const [password, setPassword] = useState('');
    const [begun, setBegun] = useState<{ secret: string; uri: string } | null>(null);
    const [otp, setOtp] = useState('');
    const [codes, setCodes] = useState<string[] | null>(null);
    const { busy, problem, run, clear } = useAction();
    const title = 'Set up a second factor';
    if (codes !== null) {
        return (
            <Dialog title={title} onClose={onClose} closeWord="I have kept them">
                <Notice variant="success" plain title="The second factor is on." />
                <p>Keep these recovery codes. Each opens the door once, should the authenticator be lost. They are not shown again.</p>
                <Copyable text={codes.join('\n')} what="recovery codes" block />
            </Dialog>
        );
    }
    if (begun !== null) {
        const wrong = problem?.code === 'otp_wrong';
        return (
            <Dialog title={title} sentence="Scan this with an authenticator, then type the code that it shows." primary="Switch it on" busy={busy}
                problem={wrong ? null : problem} primaryDisabled={otp.trim() === ''} onClose={onClose} onPrimary={() => void run(async () => {
                    const answer = await call('put', '/api/v1/operators/self/totp', { body: { otp: otp.trim() } });
                    setCodes(answer.recovery_codes);
                    refresh('totp', 'operators');
                })}>
                <QrCode text={begun.uri} label="QR code for the authenticator" />
                <div>
                    Or type this key into it: <Copyable text={begun.secret} what="key" />
                </div>
                <TextField id="totp-otp" label="Code" value={otp} onChange={setOtp} autoComplete="one-time-code" inputMode="numeric" required autoFocus
                    error={wrong ? 'This code is not right. Is the clock of your authenticator right?' : undefined} />
            </Dialog>
        );
    }
    const wrong = problem?.code === 'present_password_wrong';
    return (
        <Dialog title={title} sentence="Signing in will then take a code of an authenticator beside your password." primary="Go on" busy={busy}
            problem={wrong ? null : problem} primaryDisabled={password === ''} onClose={onClose} onPrimary={() => void run(async () => {
                setBegun(await call('post', '/api/v1/operators/self/totp', { body: { password } }));
                clear();
            })}>
            <TextField id="totp-password" label="Present password" type="password" autoComplete="current-password" value={password} onChange={setPassword}
                required autoFocus error={wrong ? wrongPassword : undefined} />
        </Dialog>
    );
}

function SwitchOff({ onClose }: { onClose: () => void }) {
    const [password, setPassword] = useState('');
    const { busy, problem, run } = useAction();
    const wrong = problem?.code === 'present_password_wrong';
    const off = () => run(async () => {
        await call('delete', '/api/v1/operators/self/totp', { body: { password } });
        refresh('totp', 'operators');
    }).then((done) => done && onClose());
    return (
        <Dialog title="Switch the second factor off" sentence="Signing in will take your password alone." primary="Switch it off" danger busy={busy}
            problem={wrong ? null : problem} primaryDisabled={password === ''} onClose={onClose} onPrimary={() => void off()}>
            <TextField id="totp-password" label="Present password" type="password" autoComplete="current-password" value={password} onChange={setPassword}
                required autoFocus error={wrong ? wrongPassword : undefined} />
        </Dialog>
    );
}
