// Overview: is it all right, and what is to be done.
import { Card, CardBody, CardTitle } from '@patternfly/react-core/dist/dynamic/components/Card';
import { DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import type { DoorStatus, Interface, InterfaceName, Reload } from '../../api/admin';
import { problemOf } from '../../parts/action';
import { Findings } from '../../parts/findings';
import { Listing } from '../../parts/listing';
import { Waiting } from '../../parts/waiting';
import { Padlock } from '../../parts/padlock';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { Expiry, When } from '../../parts/when';
import { shortIssuer, sourceWords, worst } from '../../rules/certificate';
import { doorWords } from '../../rules/notices';
import { resultWords, triggerWords } from '../../rules/reload';
import { duration } from '../../rules/time';
import { useInterfaces, useStatus } from '../known';

export default function Overview() {
    const status = useStatus();
    const interfaces = useInterfaces();
    const error = status.error ?? interfaces.error;
    const padlock = worst(interfaces.value?.map((door) => door.padlock) ?? []);
    const verdict = { green: 'Both doors are all right.', yellow: 'Something warns; see below.', red: 'Something is wrong; see below.' }[padlock];
    return (
        <>
            <PageHead title="Overview" sentence={interfaces.value === undefined ? 'Both doors of this appliance.' : verdict} />
            {error !== undefined && <ProblemAlert problem={problemOf(error)} />}
            {status.value === undefined || interfaces.value === undefined ? (
                error === undefined && <Waiting lines={8} />
            ) : (
                <>
                    <div className="gh-cards">
                        {interfaces.value.map((door) => (
                            <Door key={door.interface} door={door} status={status.value!.interfaces[door.interface]} />
                        ))}
                    </div>
                    <h2 className="gh-section">Last changes of the certificates</h2>
                    <Reloads interfaces={status.value.interfaces} />
                    <p className="gh-quiet">
                        Gatehouse {status.value.version}, running for {duration(status.value.uptime_seconds)}.
                    </p>
                </>
            )}
        </>
    );
}

function Door({ door, status }: { door: Interface; status: DoorStatus }) {
    const row = (term: string, description: React.ReactNode) => (
        <DescriptionListGroup>
            <DescriptionListTerm>{term}</DescriptionListTerm>
            <DescriptionListDescription>{description}</DescriptionListDescription>
        </DescriptionListGroup>
    );
    const open = status.findings.filter((finding) => finding.severity !== 'note');
    const reasons = door.padlock_reasons.filter((reason) => open.every((finding) => finding.message !== reason));
    return (
        <Card component="section">
            <CardTitle component="h2">
                {doorWords[door.interface]} <Padlock padlock={door.padlock} reasons={door.padlock_reasons} />
            </CardTitle>
            <CardBody>
                <DescriptionList isHorizontal isCompact>
                    {row('Hostname', door.hostname)}
                    {row('Certificate', <Expiry certificate={door.certificate} />)}
                    {row('Issuer', shortIssuer(door.certificate))}
                    {row('Served', sourceWords[status.source])}
                    {row('Listens on', door.listen.join(', '))}
                    {row('Connections', status.connections.toLocaleString('en'))}
                    {row('TLS handshakes', `${status.handshakes.succeeded.toLocaleString('en')} succeeded, ${status.handshakes.failed.toLocaleString('en')} failed`)}
                </DescriptionList>
                {reasons.map((reason) => (
                    <p key={reason}>{reason}</p>
                ))}
                {open.length > 0 && <Findings findings={open} />}
                <p>
                    <a href={`#/configuration/ssl?door=${door.interface}`}>Certificate and operations</a>
                </p>
            </CardBody>
        </Card>
    );
}

interface Row extends Reload {
    door: InterfaceName;
}

function Reloads({ interfaces }: { interfaces: Record<InterfaceName, DoorStatus> }) {
    const rows = (['clean', 'admin'] as const).flatMap((door) => interfaces[door].reloads.map((reload): Row => ({ ...reload, door })));
    return (
        <Listing
            label="Last changes of the certificates"
            items={rows}
            keyOf={(row) => `${row.door}-${row.at}-${row.trigger}-${row.change_id}`}
            sortedBy={0}
            direction="desc"
            pageSize={6}
            empty={{ title: 'No changes yet', sentence: 'Each time a certificate is placed, uploaded or made, its result stands here.' }}
            columns={[
                { title: 'When', cell: (row) => <When at={row.at} />, by: (row) => row.at },
                { title: 'Door', cell: (row) => doorWords[row.door], by: (row) => row.door },
                { title: 'Cause', cell: (row) => triggerWords[row.trigger], by: (row) => row.trigger },
                {
                    title: 'Result', by: (row) => row.result,
                    cell: (row) => <Label isCompact status={resultWords[row.result].status}>{resultWords[row.result].word}</Label>,
                },
                { title: 'Details', cell: (row) => <span className="gh-long">{row.message}</span> },
            ]}
        />
    );
}
