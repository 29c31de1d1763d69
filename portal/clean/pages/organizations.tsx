// Organizations: what users belong to, and whose samples they see.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import { call, type Organization } from '../../api/clean';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { refresh } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { Listing } from '../../parts/listing';
import { Operations } from '../../parts/operations';
import { PageHead } from '../../parts/page_head';
import { When } from '../../parts/when';
import { placeProblem } from '../../rules/problem';
import { useOrganizations } from '../known';
import { LimitsDialog } from '../users/rate_limit';
import { Active } from '../users/words';

type OperationName = 'rename' | 'limit' | 'activate' | 'deactivate' | 'remove';

const operationWords: Record<OperationName, string> = {
    rename: 'Rename…', limit: 'Rate limit…', activate: 'Activate…', deactivate: 'De-activate…', remove: 'Delete…',
};

function offered({ active }: Organization): OperationName[] {
    return ['rename', 'limit', active ? 'deactivate' : 'activate', 'remove'];
}

/** What a change of one of them makes stale. */
const changed = () => refresh('organizations', 'users', 'user/');

export default function Organizations() {
    const organizations = useOrganizations();
    const [adding, setAdding] = useState(false);
    const [underway, setUnderway] = useState<{ name: OperationName; organization: Organization } | null>(null);
    const close = () => setUnderway(null);
    return (
        <>
            <PageHead title="Organizations" sentence="What users belong to: each sees its organization’s samples. A device brings its own."
                action={<Button onClick={() => setAdding(true)}>New organization…</Button>} />
            <Listing
                label="Organizations"
                items={organizations.value}
                error={organizations.error}
                keyOf={({ id }) => String(id)}
                text={({ name }) => name}
                empty={{ title: 'No organizations', sentence: 'Make one for each group of people who may see each other’s samples.' }}
                columns={[
                    { title: 'Name', cell: ({ name }) => <strong><bdi className="gh-long">{name}</bdi></strong>, by: ({ name }) => name },
                    { title: 'Status', cell: ({ active }) => <Active active={active} />, by: ({ active }) => active },
                    { title: 'Users', cell: ({ id, users }) => <a href={`#/users?organization_id=${id}`}>{users}</a>, by: ({ users }) => users },
                    { title: 'Made', cell: ({ created_at }) => <When at={created_at} />, by: ({ created_at }) => created_at },
                    {
                        title: 'Operations', actions: true,
                        cell: (organization) => <Operations on={organization.name} offered={offered(organization)} words={operationWords} onOperation={(name) => setUnderway({ name, organization })} />,
                    },
                ]}
            />
            {adding && <Add onClose={() => setAdding(false)} />}
            {underway !== null && <Operation {...underway} onClose={close} />}
        </>
    );
}

interface Props {
    organization: Organization;
    onClose: () => void;
}

function Operation({ name, organization, onClose }: Props & { name: OperationName }) {
    const path = { id: organization.id };
    switch (name) {
        case 'rename':
            return <Rename organization={organization} onClose={onClose} />;
        case 'limit':
            return <LimitsDialog name={`organization/${organization.id}`} whom={organization.name} onClose={onClose}
                ask={() => call('get', '/api/v1/organizations/{id}/rate-limit', { path })} save={(body) => call('put', '/api/v1/organizations/{id}/rate-limit', { path, body })} />;
        case 'activate':
            return <Confirm title={`Activate ${organization.name}`} primary="Activate" onDone={changed} onClose={onClose} sentence="Its users who are active themselves may sign in and submit again."
                work={() => call('put', '/api/v1/organizations/{id}', { path, body: { active: true } })} />;
        case 'deactivate':
            return <Confirm title={`De-activate ${organization.name}`} primary="De-activate" danger onDone={changed} onClose={onClose}
                sentence={`All its users (${organization.users}) are refused from their next request on. Samples stay. It can be activated at any time.`}
                work={() => call('put', '/api/v1/organizations/{id}', { path, body: { active: false } })} />;
        case 'remove':
            return <Confirm title={`Delete ${organization.name}`} primary="Delete" danger onDone={changed} onClose={onClose} sentence="Only an organization without users can be deleted. Samples stay. This cannot be undone."
                work={() => call('delete', '/api/v1/organizations/{id}', { path })} />;
    }
}

interface NamedProps {
    title: string;
    primary: string;
    sentence: string;
    name: string;
    save: (name: string) => Promise<unknown>;
    onClose: () => void;
}

function Named({ name: present, save, onClose, ...words }: NamedProps) {
    const [name, setName] = useState(present);
    const { busy, problem, run } = useAction();
    const taken = problem?.code === 'organization_exists';
    const { at, general } = placeProblem(taken ? null : problem, ['name']);
    const wanted = name.trim();
    const go = () => run(async () => {
        await save(wanted);
        changed();
    }).then((done) => done && onClose());
    return (
        <Dialog {...words} busy={busy} problem={general} primaryDisabled={wanted === '' || wanted === present} onClose={onClose} onPrimary={() => void go()}>
            <TextField id="organization-name" label="Name" value={name} onChange={setName} required autoFocus error={taken ? 'There is an organization of this name.' : at['name']} />
        </Dialog>
    );
}

function Add({ onClose }: { onClose: () => void }) {
    return <Named title="New organization" primary="Make the organization" sentence="Its users see each other’s samples, but for private ones." name="" onClose={onClose}
        save={(name) => call('post', '/api/v1/organizations', { body: { name } })} />;
}

function Rename({ organization, onClose }: Props) {
    return <Named title={`Rename ${organization.name}`} primary="Rename" sentence="Nothing but its name changes." name={organization.name} onClose={onClose}
        save={(name) => call('put', '/api/v1/organizations/{id}', { path: { id: organization.id }, body: { name } })} />;
}
