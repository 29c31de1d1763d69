// Sessions: who is signed in at this door, from where; and ending what should not be.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { call, type Session } from '../../api/admin';
import { useAction } from '../../parts/action';
import { refresh } from '../../parts/data';
import { Listing } from '../../parts/listing';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { When } from '../../parts/when';
import { browserOf } from '../../rules/browser';
import { useSessions } from '../known';

export default function Sessions() {
    const sessions = useSessions();
    const { busy, problem, run } = useAction();
    const end = (session: Session) => run(async () => {
        await call('delete', '/api/v1/sessions/{id}', { path: { id: session.id } });
        refresh('sessions');
    });
    return (
        <>
            <PageHead title="Sessions" sentence="Who is signed in at this door. End what you do not know." />
            <ProblemAlert problem={problem} />
            <Listing
                label="Sessions"
                items={sessions.value}
                error={sessions.error}
                keyOf={(session) => session.id}
                text={(session) => `${session.username} ${session.address} ${session.user_agent}`}
                empty={{ title: 'No sessions', sentence: 'Whoever signs in stands here.' }}
                sortedBy={4}
                direction="desc"
                columns={[
                    {
                        title: 'User name', by: (session) => session.username,
                        cell: (session) => <><strong>{session.username}</strong> {session.current && <Label isCompact color="blue">This one</Label>}</>,
                    },
                    { title: 'From', cell: (session) => <span className="gh-mono">{session.address}</span>, by: (session) => session.address },
                    { title: 'With', cell: (session) => <span title={session.user_agent}>{browserOf(session.user_agent)}</span>, by: (session) => browserOf(session.user_agent) },
                    { title: 'Since', cell: (session) => <When at={session.created_at} />, by: (session) => session.created_at },
                    { title: 'Last used', cell: (session) => <When at={session.last_used_at} />, by: (session) => session.last_used_at },
                    { title: 'Ends', cell: (session) => <When at={session.expires_at} />, by: (session) => session.expires_at },
                    {
                        title: 'End', actions: true,
                        cell: (session) => !session.current && (
                            <Button variant="link" isInline isDisabled={busy} onClick={() => void end(session)} aria-label={`End the session of ${session.username} from ${session.address}`}>
                                End
                            </Button>
                        ),
                    },
                ]}
            />
        </>
    );
}
