// Tokens: what scripts and monitoring show in place of a password.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { useState } from 'react';
import { call, type NewToken, type Role, type Token } from '../../api/admin';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { useNow } from '../../parts/clock';
import { Copyable } from '../../parts/copy';
import { refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { ChoiceField } from '../../parts/choice_field';
import { TextField } from '../../parts/field';
import { useMayOperate } from '../identity';
import { Listing } from '../../parts/listing';
import { PageHead } from '../../parts/page_head';
import { When } from '../../parts/when';
import { Notice } from '../../parts/notice';
import { placeProblem } from '../../rules/problem';
import { roleChoices, roleWords } from '../../rules/role';
import { useTokens } from '../known';

export default function Tokens() {
    const tokens = useTokens();
    const mayOperate = useMayOperate();
    const [making, setMaking] = useState(false);
    const [revoking, setRevoking] = useState<Token | null>(null);
    return (
        <>
            <PageHead title="Tokens" sentence="For scripts and monitoring: what they show in place of a password."
                action={mayOperate && <Button onClick={() => setMaking(true)}>Make a token…</Button>} />
            <Listing
                label="Tokens"
                items={tokens.value}
                error={tokens.error}
                keyOf={(token) => token.id}
                text={(token) => `${token.name} ${token.operator}`}
                empty={{ title: 'No tokens yet', sentence: 'Make one for each script, so that each can be revoked by itself.' }}
                columns={[
                    { title: 'Name', cell: (token) => <strong>{token.name}</strong>, by: (token) => token.name },
                    { title: 'Role', cell: (token) => roleWords[token.role], by: (token) => token.role },
                    { title: 'Made', cell: (token) => <><When at={token.created_at} /> for {token.operator}</>, by: (token) => token.created_at },
                    { title: 'Expires', cell: (token) => <Expires at={token.expires_at} />, by: (token) => token.expires_at },
                    { title: 'Last used', cell: (token) => <When at={token.last_used_at} />, by: (token) => token.last_used_at },
                    {
                        title: 'Revoke', actions: true,
                        cell: (token) => mayOperate && (
                            <Button variant="link" onClick={() => setRevoking(token)} aria-label={`Revoke ${token.name}`}>
                                Revoke
                            </Button>
                        ),
                    },
                ]}
            />
            {making && <Make onClose={() => setMaking(false)} />}
            {revoking !== null && <Revoke token={revoking} onClose={() => setRevoking(null)} />}
        </>
    );
}

function Expires({ at }: { at: string | null }) {
    const now = useNow();
    if (at !== null && Date.parse(at) < now) return <Label isCompact status="danger">Expired</Label>;
    return <When at={at} />;
}

const terms = [
    { value: '30', label: '30 days' },
    { value: '90', label: '90 days' },
    { value: '365', label: 'A year' },
    { value: 'never', label: 'Never' },
] as const;

function Make({ onClose }: { onClose: () => void }) {
    const [name, setName] = useState('');
    const [role, setRole] = useState<Role>('read');
    const [term, setTerm] = useState<(typeof terms)[number]['value']>('365');
    const [made, setMade] = useState<NewToken | null>(null);
    const { busy, problem, run } = useAction();
    if (made !== null) {
        return (
            <Dialog wide title={`Token ${made.name}`} onClose={onClose} closeWord="Close">
                <Notice variant="warning" title="Copy it now. It is not shown again." />
                <Copyable text={made.token} what="token" block />
                <p>A script sends it like this:</p>
                <Copyable text={`curl -H 'Authorization: Bearer ${made.token}' ${window.location.origin}/api/v1/status`} what="command" block />
            </Dialog>
        );
    }
    const taken = problem?.code === 'token_exists';
    const { at, general } = placeProblem(taken ? null : problem, ['name', 'role', 'expires_at']);
    const make = () => run(async () => {
        const expires = term === 'never' ? {} : { expires_at: `${new Date(Date.now() + Number(term) * 86400000).toISOString().slice(0, 19)}Z` };
        setMade(await call('post', '/api/v1/tokens', { body: { name: name.trim(), role, ...expires } }));
        refresh('tokens');
    });
    return (
        <Dialog title="Make a token" sentence="Whoever has it may do what its role may, but make no operators and no tokens." primary="Make" busy={busy}
            problem={general} primaryDisabled={name.trim() === ''} onClose={onClose} onPrimary={() => void make()}>
            <TextField id="token-name" label="Name" value={name} onChange={setName} required autoFocus placeholder="prometheus"
                help="What it is for." error={taken ? 'There is a token of this name.' : at['name']} />
            <ChoiceField id="token-role" label="Role" value={role} onChange={setRole} choices={roleChoices} error={at['role']} />
            <ChoiceField id="token-term" label="Expires" value={term} onChange={setTerm} choices={terms} error={at['expires_at']} />
        </Dialog>
    );
}

function Revoke({ token, onClose }: { token: Token; onClose: () => void }) {
    return (
        <Confirm title={`Revoke ${token.name}`} sentence="What uses it is refused from its next request on." primary="Revoke" danger onDone={() => refresh('tokens')}
            onClose={onClose} work={() => call('delete', '/api/v1/tokens/{id}', { path: { id: token.id } })} />
    );
}
