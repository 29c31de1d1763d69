// What stands around every page: which door this is, how many notices there are, who is signed in, where else to go, what must not
// be missed; and the connection by which events come.
import '../parts/font.css';
import { Badge } from '@patternfly/react-core/dist/dynamic/components/Badge';
import { Dropdown, DropdownGroup, DropdownItem, DropdownList } from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { Masthead, MastheadBrand, MastheadContent, MastheadMain, MastheadToggle } from '@patternfly/react-core/dist/dynamic/components/Masthead';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { Nav, NavGroup, NavItem, NavList } from '@patternfly/react-core/dist/dynamic/components/Nav';
import { Page, PageSection, PageSidebar, PageSidebarBody, PageToggleButton } from '@patternfly/react-core/dist/dynamic/components/Page';
import { SkipToContent } from '@patternfly/react-core/dist/dynamic/components/SkipToContent';
import BellIcon from '@patternfly/react-icons/dist/dynamic/icons/bell-icon';
import { Suspense, useEffect, useRef, useState } from 'react';
import { Refusal, call, listen, type Problem } from '../api/client';
import { problemOf } from '../parts/action';
import { refresh } from '../parts/data';
import { useIdentity } from '../parts/identity';
import { Waiting } from '../parts/listing';
import { goTo, usePlace } from '../parts/route';
import { SessionEnded } from '../parts/session_ended';
import { Strip } from '../parts/strip';
import { Notice } from '../parts/notice';
import { ProblemAlert } from '../parts/problem_alert';
import { notices, type Notice as Found } from '../rules/notices';
import { ChangeResult } from './change_result';
import { useInterfaces, useStatus } from './known';
import { groups, pages, type Page as PageOf } from './pages';

const loss = 'The connection to the appliance is lost.';

/** To the sign-in page, with nothing of this session left. */
function leave() {
    window.location.replace('/');
}

/** Whoever is told that this is a sign-out has signed out: a refusal leaves the session open, and is shown. */
async function signOut(failed: (problem: Problem | null) => void) {
    failed(null);
    try {
        await call('delete', '/api/v1/session', {});
    } catch (error) {
        const hadEnded = error instanceof Refusal && error.problem.status === 401;
        if (!hadEnded) {
            failed(problemOf(error));
            return;
        }
    }
    leave();
}

function useNotices(): Found[] {
    const interfaces = useInterfaces();
    const status = useStatus();
    return notices(interfaces.value ?? [], status.value?.interfaces ?? {}, useIdentity());
}

function Bell() {
    const [open, setOpen] = useState(false);
    const found = useNotices();
    const words = found.length === 0 ? 'No notices' : `${found.length} notice${found.length === 1 ? '' : 's'}`;
    return (
        <Dropdown
            isOpen={open}
            onOpenChange={setOpen}
            onSelect={() => setOpen(false)}
            shouldFocusToggleOnSelect
            popperProps={{ position: 'right', appendTo: 'inline' }}
            toggle={(ref) => (
                <MenuToggle ref={ref} variant="plain" isExpanded={open} onClick={() => setOpen(!open)} aria-label={words}>
                    <BellIcon /> {found.length > 0 && <Badge screenReaderText={words}>{found.length}</Badge>}
                </MenuToggle>
            )}
        >
            <DropdownList>
                {found.length === 0 && <DropdownItem key="none">There is nothing that must not be missed.</DropdownItem>}
                {found.map((notice) => (
                    <DropdownItem key={notice.key} description={notice.link} onClick={() => goTo(notice.page)}>
                        {notice.text}
                    </DropdownItem>
                ))}
            </DropdownList>
        </Dropdown>
    );
}

function UserMenu({ onSignOut }: { onSignOut: () => void }) {
    const [open, setOpen] = useState(false);
    const identity = useIdentity();
    return (
        <Dropdown
            isOpen={open}
            onOpenChange={setOpen}
            onSelect={() => setOpen(false)}
            shouldFocusToggleOnSelect
            popperProps={{ position: 'right', appendTo: 'inline' }}
            toggle={(ref) => (
                <MenuToggle ref={ref} isExpanded={open} onClick={() => setOpen(!open)}>
                    {identity.username}
                </MenuToggle>
            )}
        >
            <DropdownGroup label={identity.role === 'operate' ? 'May change everything' : 'May look, not change'}>
                <DropdownList>
                    <DropdownItem key="account" onClick={() => goTo('/access/account')}>
                        Password and second factor
                    </DropdownItem>
                    <DropdownItem key="out" onClick={onSignOut}>
                        Sign out
                    </DropdownItem>
                </DropdownList>
            </DropdownGroup>
        </Dropdown>
    );
}

function Navigation({ current }: { current: string }) {
    const item = (page: PageOf) => (
        <NavItem key={page.path} itemId={page.path} to={`#${page.path}`} isActive={page.path === current}>
            {page.title}
        </NavItem>
    );
    return (
        <Nav aria-label="Pages">
            {groups.map((group) =>
                group.title === null ? (
                    <NavList key={group.pages[0]?.path}>{group.pages.map(item)}</NavList>
                ) : (
                    <NavGroup key={group.title} title={group.title}>
                        {group.pages.map(item)}
                    </NavGroup>
                ),
            )}
        </Nav>
    );
}

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

function Notices({ connected }: { connected: boolean }) {
    const found = useNotices();
    return (
        <div className="gh-notices">
            <ChangeResult />
            {!connected && (
                <Notice variant="warning" title={loss} action={
                    <a href={`/?${Date.now()}${window.location.hash}`}>
                        Load this page again
                    </a>
                }>
                    It is being tried again. If the certificate of this door has changed, the browser only asks about the new one when the
                    page is loaded again.
                </Notice>
            )}
            {found.map((notice) => (
                <Notice key={notice.key} variant={notice.severity} title={notice.text} action={
                    <a href={`#${notice.page}`}>
                        {notice.link}
                    </a>
                } />
            ))}
        </div>
    );
}

/** Beside the page where there is room; else over it, and away again once a page was chosen. */
function useSidebar(path: string): { open: boolean; toggle: () => void } {
    const wide = useRef(window.matchMedia('(width >= 75rem)')).current;
    const [open, setOpen] = useState(wide.matches);
    useEffect(() => {
        const follow = () => setOpen(wide.matches);
        wide.addEventListener('change', follow);
        return () => wide.removeEventListener('change', follow);
    }, [wide]);
    useEffect(() => {
        if (!wide.matches) setOpen(false);
    }, [path, wide]);
    return { open, toggle: () => setOpen((was) => !was) };
}

export default function Frame() {
    const { path } = usePlace();
    const identity = useIdentity();
    const { connected, said } = useEvents();
    const [notSignedOut, setNotSignedOut] = useState<Problem | null>(null);
    const { open, toggle } = useSidebar(path);
    const interfaces = useInterfaces();
    const hostname = interfaces.value?.find((door) => door.interface === 'admin')?.hostname ?? window.location.hostname;
    const page = pages.find((each) => each.path === path);
    const title = page?.title ?? 'Not found';
    useEffect(() => {
        document.title = `${title} · Administration of ${hostname}`;
    }, [title, hostname]);

    const masthead = (
        <Masthead>
            <MastheadMain>
                <MastheadToggle>
                    <PageToggleButton isHamburgerButton aria-label="Pages" isSidebarOpen={open} onSidebarToggle={toggle} />
                </MastheadToggle>
                <MastheadBrand>
                    <span className="gh-product">Gatehouse</span>
                    <span className="gh-hostname">{hostname}</span>
                </MastheadBrand>
            </MastheadMain>
            <MastheadContent>
                <div className="gh-tools">
                    <Bell />
                    <UserMenu onSignOut={() => void signOut(setNotSignedOut)} />
                </div>
            </MastheadContent>
        </Masthead>
    );
    const sidebar = (
        <PageSidebar isSidebarOpen={open}>
            <PageSidebarBody>
                <Navigation current={path} />
            </PageSidebarBody>
        </PageSidebar>
    );
    return (
        <>
            <Strip>Administration</Strip>
            <Page masthead={masthead} sidebar={sidebar} mainContainerId="main" mainAriaLabel={title} mainTabIndex={-1}
                skipToContent={<SkipToContent href="#main" onClick={(event) => {
                    event.preventDefault();
                    document.getElementById('main')?.focus();
                }}>Skip to content</SkipToContent>}>
                <PageSection>
                    {notSignedOut !== null && (
                        <div className="gh-notices">
                            <p>You are still signed in.</p>
                            <ProblemAlert problem={notSignedOut} />
                        </div>
                    )}
                    <Notices connected={connected} />
                    <div role="status" className="pf-v6-screen-reader">
                        {said}
                    </div>
                    {page === undefined ? (
                        <NotFound />
                    ) : (
                        <Suspense fallback={<Waiting lines={6} label={`Loading ${title}`} />}>
                            <page.Body key={page.path} />
                        </Suspense>
                    )}
                </PageSection>
            </Page>
            <SessionEnded username={identity.username} leave={leave} />
        </>
    );
}

function NotFound() {
    return (
        <>
            <h1 className="gh-title">Not found</h1>
            <p>
                There is no such page. <a href="#/">Back to the overview</a>
            </p>
        </>
    );
}
