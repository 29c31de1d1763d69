// What stands around every page of the clean door, and the connection by which events come.
import { useEffect, useRef, useState } from 'react';
import { call, listen, type Event, type Sample } from '../api/clean';
import { know, refresh } from '../parts/data';
import { Frame, leave } from '../parts/frame';
import { gathered } from '../parts/gathered';
import { usePlace } from '../parts/route';
import { SessionEnded } from '../parts/session_ended';
import { cleanNotices } from '../rules/clean_notices';
import { roleWords } from '../rules/user';
import { signIn, useIdentity } from './identity';
import { useAppliance, usePending, useToldServices } from './known';
import { navigation, pageAt, userMenu } from './pages';
import { keepPageWhileSending } from './submissions';

const pause = 1000; // milliseconds: a busy appliance tells much, and each page asks once for all of it

/** What an event makes stale, and what it says to those who cannot see it. */
function touched(event: Event): { stale: string[]; said: string } {
    switch (event.event) {
        case 'sample.changed':
            know<Sample>(`sample/${event.sample}`, (sample) => ({ ...sample, state: event.state, score: event.score }));
            // A verdict is what services are told of.
            return { stale: ['samples', `sample/${event.sample}`, 'appliance', 'dispositions'], said: '' };
        case 'device.registered':
            return { stale: ['users', 'user/', 'organizations'], said: `The device ${event.login} waits to be let in.` };
        case 'user.changed':
            return { stale: ['users', 'user/', 'organizations'], said: '' };
    }
}

/** Follows the appliance's events; what they touch is asked for again. */
function useEvents(): { connected: boolean; said: string } {
    const [connected, setConnected] = useState(true);
    const [said, setSaid] = useState('');
    useEffect(() => {
        const stale = gathered<string>(pause, (prefixes) => refresh(...prefixes));
        const end = listen(
            (event) => {
                const touches = touched(event);
                if (touches.said !== '') setSaid(touches.said);
                stale.add(...touches.stale);
            },
            (is) => {
                setConnected(is);
                if (is) refresh('samples', 'sample/', 'users', 'user/', 'organizations', 'appliance', 'dispositions');
            },
        );
        return () => {
            end();
            stale.end();
        };
    }, []);
    return { connected, said };
}

/** No event tells of an engine that comes or goes: who moves about sees it. */
function useLook(path: string) {
    const at = useRef(path);
    useEffect(() => {
        if (at.current === path) return;
        at.current = path;
        refresh('appliance', 'dispositions/told');
    }, [path]);
}

export default function Application() {
    const { path } = usePlace();
    const identity = useIdentity();
    const events = useEvents();
    const appliance = useAppliance();
    const pending = usePending(identity.role === 'admin');
    const hostname = appliance.value?.hostname ?? window.location.hostname;
    const services = useToldServices(identity.role === 'admin');
    const found = pageAt(path, identity.role);
    const title = found?.page.title ?? 'Not found';
    useEffect(() => {
        document.title = `${title} · ${hostname}`;
    }, [title, hostname]);
    useLook(path);
    useEffect(keepPageWhileSending, []);
    const user = {
        name: identity.username,
        role: `${roleWords[identity.role]}, ${identity.organization_name}`,
        pages: userMenu(identity.role),
    };
    return (
        <>
            <Frame strip={hostname} hostname={hostname} title={title} current={found?.page.under ?? ''} user={user} {...events}
                groups={[{ title: null, pages: navigation(identity.role) }]} notices={cleanNotices(appliance.value, identity, pending.value ?? 0, services.value ?? [])}
                signOut={() => call('delete', '/api/v1/session', {})}>
                {found === null ? null : <found.page.Body key={`${found.page.path} ${found.id}`} id={found.id} />}
            </Frame>
            <SessionEnded username={identity.username} signIn={signIn} leave={leave} />
        </>
    );
}
