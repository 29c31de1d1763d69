// Users: people and devices; those that wait to be let in come first.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { useState } from 'react';
import { call, type Role, type User } from '../../api/clean';
import { ChoiceField } from '../../parts/choice_field';
import { PageHead } from '../../parts/page_head';
import { usePages } from '../../parts/pages';
import { RemoteListing, type RemoteColumn } from '../../parts/remote_listing';
import { addressOf, goInstead, usePlace } from '../../parts/route';
import { SearchField } from '../../parts/search_field';
import { When } from '../../parts/when';
import type { Direction } from '../../rules/listing';
import { roleWords } from '../../rules/user';
import { useIdentity } from '../identity';
import { useOrganizations } from '../known';
import { NewUser } from '../users/new_user';
import { Status } from '../users/words';

const pageSize = 50;

const columns: readonly RemoteColumn<User>[] = [
    {
        title: 'Login', order: 'login',
        cell: (user) => (
            <span className="gh-labelled">
                <a href={`#/users/${encodeURIComponent(user.login)}`} className="gh-long">{user.login}</a>
                {user.device && <Label isCompact variant="outline">Device</Label>}
            </span>
        ),
    },
    { title: 'Name', order: 'name', cell: (user) => user.name === '' ? <span className="gh-quiet">none</span> : <bdi className="gh-long">{user.name}</bdi> },
    { title: 'Organization', cell: (user) => <bdi className="gh-long">{user.organization.name}</bdi> },
    { title: 'Role', cell: (user) => roleWords[user.role] },
    { title: 'Status', cell: (user) => <Status user={user} /> },
    { title: 'Made', order: 'created_at', cell: (user) => <When at={user.created_at} /> },
    { title: 'Last used', cell: (user) => <When at={user.last_used_at} /> },
];

const sorts = ['login', 'name', 'created_at'] as const;
const roles = Object.keys(roleWords) as Role[];
const roleFilter = [{ value: '', label: 'Any role' }, ...roles.map((role) => ({ value: role as string, label: roleWords[role] }))];

/** What is asked for, as the address says it. What it says and nobody knows is passed over. */
function wishOf(query: URLSearchParams) {
    const organization = Number(query.get('organization_id'));
    const sort = sorts.find((each) => each === query.get('sort')) ?? 'login';
    const order: Direction = query.get('order') === 'desc' ? 'desc' : 'asc';
    return {
        search: query.get('search') ?? '',
        role: roles.find((each) => each === query.get('role')),
        pending: query.get('pending') === 'true' ? true : undefined,
        organization_id: Number.isInteger(organization) && organization > 0 ? organization : undefined,
        sort,
        order,
    };
}

function OrganizationFilter({ value, onChange }: { value: number | undefined; onChange: (value: string) => void }) {
    const organizations = useOrganizations();
    const choices = [{ value: '', label: 'Any organization' }, ...(organizations.value ?? []).map(({ id, name }) => ({ value: String(id), label: name }))];
    return <ChoiceField id="users-organization" label="Organization" value={value === undefined ? '' : String(value)} choices={choices} onChange={onChange} />;
}

export default function Users() {
    const { query } = usePlace();
    const identity = useIdentity();
    const wish = wishOf(query);
    const [adding, setAdding] = useState(false);
    const pages = usePages(`users ${JSON.stringify(wish)}`, (cursor) => call('get', '/api/v1/users', { query: { ...wish, cursor, limit: pageSize } }));
    const amend = (change: Record<string, string | undefined>) => goInstead(addressOf('/users', { ...Object.fromEntries(query), ...change }));
    const whose = identity.role === 'admin' ? 'this appliance' : identity.organization_name;
    return (
        <>
            <PageHead title="Users" sentence={`People and devices of ${whose}. Devices that wait to be let in come first.`}
                action={<Button onClick={() => setAdding(true)}>New user…</Button>} />
            <div className="gh-filters" role="search" aria-label="Users">
                <SearchField id="users-search" label="Search" value={wish.search} placeholder="Login, name or e-mail" onSearch={(search) => amend({ search })} />
                <ChoiceField id="users-role" label="Role" value={wish.role ?? ''} choices={roleFilter} onChange={(role) => amend({ role })} />
                {identity.role === 'admin' && <OrganizationFilter value={wish.organization_id} onChange={(organization_id) => amend({ organization_id })} />}
                <Checkbox id="users-pending" label="Only devices that wait" isChecked={wish.pending === true} onChange={(_, checked) => amend({ pending: checked ? 'true' : undefined })} />
            </div>
            <RemoteListing label="Users" columns={columns} pages={pages} keyOf={(user) => user.login} sort={wish.sort} direction={wish.order}
                onSort={(sort, order) => amend({ sort, order })}
                empty={wish.pending
                    ? { title: 'No device waits', sentence: 'A device that registers itself stands here until an administrator lets it in.', action: <All /> }
                    : { title: 'Nobody found', sentence: 'Whoever may use this appliance stands here.', action: <All /> }} />
            {adding && <NewUser onClose={() => setAdding(false)} />}
        </>
    );
}

function All() {
    return (
        <Button variant="link" onClick={() => goInstead('/users')}>
            Show all users
        </Button>
    );
}
