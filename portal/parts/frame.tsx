// What stands around every page of either door: which one this is, how many notices there are, who is signed in, where
// else to go, what must not be missed.
import './font.css';
import { Badge } from '@patternfly/react-core/dist/dynamic/components/Badge';
import { DropdownGroup, DropdownItem, DropdownList } from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { Masthead, MastheadBrand, MastheadContent, MastheadMain, MastheadToggle } from '@patternfly/react-core/dist/dynamic/components/Masthead';
import { Nav, NavGroup, NavItem, NavList } from '@patternfly/react-core/dist/dynamic/components/Nav';
import { Page, PageSection, PageSidebar, PageSidebarBody, PageToggleButton } from '@patternfly/react-core/dist/dynamic/components/Page';
import { SkipToContent } from '@patternfly/react-core/dist/dynamic/components/SkipToContent';
import BellIcon from '@patternfly/react-icons/dist/dynamic/icons/bell-icon';
import { Suspense, useEffect, useRef, useState } from 'react';
import { Refusal } from '../api/transport';
import type { Notice as Found } from '../rules/notice';
import type { Problem } from '../rules/problem';
import { problemOf } from './action';
import { Menu } from './menu';
import { Waiting } from './waiting';
import { Notice } from './notice';
import { ProblemAlert } from './problem_alert';
import { goTo, usePlace } from './route';
import { Strip } from './strip';

/** To the sign-in page, with nothing of this session left. */
export function leave() {
    window.location.replace('/');
}

/** A page in the navigation. */
export interface Place {
    path: string;
    title: string;
}

export interface FrameProps {
    /** Which door this is. */
    strip: string;
    hostname: string;
    /** Of the page that is shown. */
    title: string;
    /** The page of the navigation that is shown, or that what is shown belongs to. */
    current: string;
    /** In the order of the navigation: single pages and groups of them. */
    groups: readonly { title: string | null; pages: readonly Place[] }[];
    notices: readonly Found[];
    /** Says that a change came by event, to those who cannot see it. */
    said: string;
    connected: boolean;
    user: { name: string; role: string; pages: readonly Place[] };
    signOut: () => Promise<unknown>;
    /** Above the notices. */
    above?: React.ReactNode;
    /** null: there is no such page. */
    children: React.ReactNode | null;
}

function Bell({ notices }: { notices: readonly Found[] }) {
    const words = notices.length === 0 ? 'No notices' : `${notices.length} notice${notices.length === 1 ? '' : 's'}`;
    return (
        <Menu variant="plain" name={words} toggle={<><BellIcon /> {notices.length > 0 && <Badge screenReaderText={words}>{notices.length}</Badge>}</>}>
            <DropdownList>
                {notices.length === 0 && <DropdownItem key="none">There is nothing that must not be missed.</DropdownItem>}
                {notices.map((notice) => (
                    <DropdownItem key={notice.key} description={notice.link} onClick={() => goTo(notice.page)}>
                        {notice.text}
                    </DropdownItem>
                ))}
            </DropdownList>
        </Menu>
    );
}

function UserMenu({ user, onSignOut }: { user: FrameProps['user']; onSignOut: () => void }) {
    return (
        <Menu toggle={user.name}>
            <DropdownGroup label={user.role}>
                <DropdownList>
                    {user.pages.map((page) => (
                        <DropdownItem key={page.path} onClick={() => goTo(page.path)}>
                            {page.title}
                        </DropdownItem>
                    ))}
                    <DropdownItem key="out" onClick={onSignOut}>
                        Sign out
                    </DropdownItem>
                </DropdownList>
            </DropdownGroup>
        </Menu>
    );
}

function Navigation({ groups, current }: Pick<FrameProps, 'groups' | 'current'>) {
    const item = (page: Place) => (
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

function Banners({ notices, connected, above }: Pick<FrameProps, 'notices' | 'connected' | 'above'>) {
    return (
        <div className="gh-notices">
            {above}
            {!connected && (
                <Notice variant="warning" title="The connection to the appliance is lost." action={
                    <a href={`/?${Date.now()}${window.location.hash}`}>
                        Load this page again
                    </a>
                }>
                    It is being tried again. If the certificate of this door has changed, the browser only asks about the new one when the
                    page is loaded again.
                </Notice>
            )}
            {notices.map((notice) => (
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

export function Frame(props: FrameProps) {
    const { strip, hostname, title, current, groups, notices, said, connected, user, signOut, above, children } = props;
    const [notSignedOut, setNotSignedOut] = useState<Problem | null>(null);
    const { open, toggle } = useSidebar(usePlace().path);

    /** Whoever is told that this is a sign-out has signed out: a refusal leaves the session open, and is shown. */
    const end = async () => {
        setNotSignedOut(null);
        try {
            await signOut();
        } catch (error) {
            const hadEnded = error instanceof Refusal && error.problem.status === 401;
            if (!hadEnded) {
                setNotSignedOut(problemOf(error));
                return;
            }
        }
        leave();
    };
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
                    <Bell notices={notices} />
                    <UserMenu user={user} onSignOut={() => void end()} />
                </div>
            </MastheadContent>
        </Masthead>
    );
    const sidebar = (
        <PageSidebar isSidebarOpen={open}>
            <PageSidebarBody>
                <Navigation groups={groups} current={current} />
            </PageSidebarBody>
        </PageSidebar>
    );
    return (
        <>
            <Strip>{strip}</Strip>
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
                    <Banners notices={notices} connected={connected} above={above} />
                    <div role="status" className="pf-v6-screen-reader">
                        {said}
                    </div>
                    {children === null ? (
                        <NotFound />
                    ) : (
                        <Suspense fallback={<Waiting lines={6} label={`Loading ${title}`} />}>
                            {children}
                        </Suspense>
                    )}
                </PageSection>
            </Page>
        </>
    );
}

function NotFound() {
    return (
        <>
            <h1 className="gh-title">Not found</h1>
            <p>
                There is no such page. <a href="#/">Back to the first one</a>
            </p>
        </>
    );
}
