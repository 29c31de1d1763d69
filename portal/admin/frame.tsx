// What stands around every page of the administration, and the connection by which events come.
import { useEffect, useState } from 'react';
import { call, listen } from '../api/admin';
import { refresh } from '../parts/data';
import { Frame, leave } from '../parts/frame';
import { usePlace } from '../parts/route';
import { SessionEnded } from '../parts/session_ended';
import { notices } from '../rules/notices';
import { ChangeResult } from './change_result';
import { signIn, useIdentity } from './identity';
import { useInterfaces, useStatus } from './known';
import { groups, pages } from './pages';

/** Follows the appliance's events; what they touch is asked for again. */
function useEvents(): { connected: boolean; said: string } {
    const [connected, setConnected] = useState(true);
    const [said, setSaid] = useState('');
    useEffect(
        () =>
            listen(
                (event) => {
                    setSaid(event.message);
                    refresh('status', 'interfaces', 'certificate', 'request', 'audit');
                },
                (is) => {
                    setConnected(is);
                    if (is) refresh('status', 'interfaces', 'certificate');
                },
            ),
        [],
    );
    return { connected, said };
}

export default function Administration() {
    const { path } = usePlace();
    const identity = useIdentity();
    const events = useEvents();
    const interfaces = useInterfaces();
    const status = useStatus();
    const hostname = interfaces.value?.find((door) => door.interface === 'admin')?.hostname ?? window.location.hostname;
    const page = pages.find((each) => each.path === path);
    const title = page?.title ?? 'Not found';
    useEffect(() => {
        document.title = `${title} · Administration of ${hostname}`;
    }, [title, hostname]);
    const user = {
        name: identity.username,
        role: identity.role === 'operate' ? 'May change everything' : 'May look, not change',
        pages: [{ path: '/access/account', title: 'Password and second factor' }],
    };
    return (
        <>
            <Frame strip="Administration" hostname={hostname} title={title} current={path} groups={groups} user={user} {...events}
                notices={notices(interfaces.value ?? [], status.value?.interfaces ?? {}, identity)} above={<ChangeResult />}
                signOut={() => call('delete', '/api/v1/session', {})}>
                {page === undefined ? null : <page.Body key={page.path} />}
            </Frame>
            <SessionEnded username={identity.username} signIn={signIn} leave={leave} />
        </>
    );
}
