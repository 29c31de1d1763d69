// Audit: who did what, from where, with what result.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { useEffect, useState } from 'react';
import { call, type AuditRecord, type InterfaceName } from '../../api/admin';
import { everything } from '../../api/transport';
import { useAction } from '../../parts/action';
import { Fingerprint } from '../../parts/copy';
import { ChoiceField } from '../../parts/choice_field';
import { TextField } from '../../parts/field';
import { saveText } from '../../parts/files';
import { Listing } from '../../parts/listing';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { When } from '../../parts/when';
import { auditCsv } from '../../rules/csv';
import { doorWords } from '../../rules/notices';
import { fromLocal } from '../../rules/time';

interface Filter {
    since: string;
    until: string;
    actor: string;
    action: string;
    interface: '' | InterfaceName;
    result: '' | AuditRecord['result'];
}

const noFilter: Filter = { since: '', until: '', actor: '', action: '', interface: '', result: '' };

const results = {
    done: { word: 'Done', status: 'success' },
    refused: { word: 'Refused', status: 'warning' },
} as const;

const actions = [
    { value: '', label: 'Everything' },
    { value: 'session', label: 'Signing in and out' },
    { value: 'certificate', label: 'Certificates' },
    { value: 'authority', label: 'CA certificates' },
    { value: 'operator', label: 'Operators and passwords' },
    { value: 'token', label: 'Tokens' },
    { value: 'settings', label: 'Hostname, network, TLS' },
] as const;

function queryOf(filter: Filter) {
    return {
        since: fromLocal(filter.since) ?? undefined,
        until: fromLocal(filter.until) ?? undefined,
        actor: filter.actor.trim() || undefined,
        action: filter.action || undefined,
        interface: filter.interface || undefined,
        result: filter.result || undefined,
    };
}

const pageSize = 50;

export default function Audit() {
    const [typed, setTyped] = useState(noFilter);
    const [filter, setFilter] = useState(noFilter);
    const [records, setRecords] = useState<AuditRecord[] | undefined>(undefined);
    const [next, setNext] = useState<string | null>(null);
    const load = useAction();
    const { run } = load;
    const save = useAction();

    useEffect(() => {
        let left = false;
        void run(async () => {
            const page = await call('get', '/api/v1/audit', { query: { ...queryOf(filter), limit: pageSize } });
            if (left) return;
            setRecords(page.items);
            setNext(page.next);
        });
        return () => {
            left = true;
        };
    }, [filter, run]);

    const more = () => run(async () => {
        const page = await call('get', '/api/v1/audit', { query: { ...queryOf(filter), cursor: next ?? undefined, limit: pageSize } });
        setRecords((before) => [...(before ?? []), ...page.items]);
        setNext(page.next);
    });
    const exported = (kind: 'csv' | 'json') => save.run(async () => {
        const all = await everything((cursor) => call('get', '/api/v1/audit', { query: { ...queryOf(filter), cursor, limit: 1000 } }), 100000);
        const name = `audit-${window.location.hostname}-${new Date().toISOString().slice(0, 10)}.${kind}`;
        if (kind === 'csv') saveText(name, 'text/csv', auditCsv(all));
        else saveText(name, 'application/json', JSON.stringify(all, null, 2));
    });
    return (
        <>
            <PageHead title="Audit" sentence="Who did what, from where, with what result. Nothing is ever removed from it."
                action={
                    <div className="gh-buttons">
                        <Button variant="secondary" isDisabled={save.busy} isLoading={save.busy} onClick={() => void exported('csv')}>
                            Export CSV
                        </Button>
                        <Button variant="secondary" isDisabled={save.busy} onClick={() => void exported('json')}>
                            Export JSON
                        </Button>
                    </div>
                } />
            <ProblemAlert problem={save.problem} />
            <Filters typed={typed} onChange={setTyped} onApply={() => setFilter({ ...typed })} onReset={() => {
                setTyped(noFilter);
                setFilter(noFilter);
            }} />
            <ProblemAlert problem={load.problem} />
            <Listing
                label="Audit"
                items={records ?? (load.problem === null ? undefined : [])}
                keyOf={(record) => String(record.id)}
                sortedBy={0}
                direction="desc"
                pageSize={pageSize}
                empty={{ title: 'Nothing found', sentence: 'Every sign-in and every change stands here. With a filter: what it lets through.' }}
                columns={[
                    { title: 'When', cell: (record) => <When at={record.at} />, by: (record) => record.id },
                    { title: 'Who', cell: (record) => <>{record.actor} <span className="gh-quiet">{via(record)}</span></>, by: (record) => record.actor },
                    { title: 'What', cell: (record) => <What record={record} /> },
                    { title: 'Door', cell: (record) => (record.interface === null ? '' : doorWords[record.interface]), by: (record) => record.interface },
                    {
                        title: 'Result', by: (record) => record.result,
                        cell: (record) => (
                            <>
                                <Label isCompact status={results[record.result].status}>{results[record.result].word}</Label>{' '}
                                {record.code !== null && <code>{record.code}</code>}
                            </>
                        ),
                    },
                ]}
            />
            {next !== null && (
                <Button variant="secondary" isLoading={load.busy} isDisabled={load.busy} onClick={() => void more()}>
                    Older ones
                </Button>
            )}
        </>
    );
}

function via(record: AuditRecord): string {
    const how = { session: '', token: ' by token', console: ' on the console', system: '' }[record.via];
    return record.address === null ? how : `from ${record.address}${how}`;
}

function What({ record }: { record: AuditRecord }) {
    return (
        <>
            <div>
                {record.action}
                {record.object === null ? '' : ` ${record.object}`}
            </div>
                {record.detail !== undefined && (
                    <details>
                        <summary>Details</summary>
                        <pre className="gh-mono gh-detail">{JSON.stringify(record.detail, null, 2)}</pre>
                    </details>
                )}
                {record.before_sha256 !== null && (
                    <div>
                        Before <Fingerprint value={record.before_sha256} what="fingerprint before" />
                    </div>
                )}
                {record.after_sha256 !== null && (
                    <div>
                        After <Fingerprint value={record.after_sha256} what="fingerprint after" />
                    </div>
                )}
                {record.change_id !== null && (
                    <div>
                        Change <code className="gh-mono">{record.change_id}</code>
                    </div>
                )}
        </>
    );
}

function Filters({ typed, onChange, onApply, onReset }: { typed: Filter; onChange: (filter: Filter) => void; onApply: () => void; onReset: () => void }) {
    const set = <K extends keyof Filter>(member: K) => (value: Filter[K]) => onChange({ ...typed, [member]: value });
    return (
        <Form noValidate className="gh-filters" onSubmit={(event) => {
            event.preventDefault();
            onApply();
        }}>
            <TextField id="since" label="Since" type="datetime-local" value={typed.since} onChange={set('since')} />
            <TextField id="until" label="Until" type="datetime-local" value={typed.until} onChange={set('until')} />
            <TextField id="actor" label="Who" value={typed.actor} onChange={set('actor')} />
            <ChoiceField id="action" label="What" value={typed.action} onChange={set('action')} choices={actions} />
            <ChoiceField id="door" label="Door" value={typed.interface} onChange={set('interface')}
                choices={[{ value: '', label: 'Both' }, { value: 'clean', label: doorWords.clean }, { value: 'admin', label: doorWords.admin }]} />
            <ChoiceField id="result" label="Result" value={typed.result} onChange={set('result')}
                choices={[{ value: '', label: 'Any' }, ...Object.entries(results).map(([value, { word }]) => ({ value: value as AuditRecord['result'], label: word }))]} />
            <div className="gh-buttons">
                <Button type="submit" variant="secondary">
                    Filter
                </Button>
                <Button variant="link" onClick={onReset}>
                    Reset
                </Button>
            </div>
        </Form>
    );
}
