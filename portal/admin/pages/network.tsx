// Network: which resolvers the appliance asks on each of its two networks, and a look-up to try them.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { useState } from 'react';
import { call, type Lookup, type Network as Settings, type NetworkName } from '../../api/admin';
import { problemOf, useAction } from '../../parts/action';
import { know } from '../../parts/data';
import { ChoiceField } from '../../parts/choice_field';
import { TextField } from '../../parts/field';
import { LinesField } from '../../parts/lines_field';
import { useMayOperate } from '../identity';
import { Waiting } from '../../parts/waiting';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { Notice } from '../../parts/notice';
import { isServer, splitList } from '../../rules/certificate';
import { networkWords } from '../../rules/network';
import { placeProblem } from '../../rules/problem';
import { useNetwork } from '../known';

const networks: readonly { name: NetworkName; title: string; sentence: string }[] = [
    { name: 'clean', title: networkWords.clean, sentence: 'Your own network: users, devices, internal servers.' },
    { name: 'dirty', title: networkWords.dirty, sentence: 'The way out: disposition updates and everything that names no network.' },
];

export default function Network() {
    const network = useNetwork();
    const mayOperate = useMayOperate();
    return (
        <>
            <PageHead title="Network" sentence="The DNS servers that this appliance asks, for each of its networks." />
            {network.value === undefined ? (
                network.error === undefined ? <Waiting lines={8} /> : <ProblemAlert problem={problemOf(network.error)} />
            ) : (
                <Edit settings={network.value} mayOperate={mayOperate} />
            )}
            {mayOperate && <TryOut />}
        </>
    );
}

interface Typed {
    dns: string;
    source: string;
}

const typedOf = (settings: Settings): Record<NetworkName, Typed> => ({
    clean: { dns: settings.dns.clean.join('\n'), source: settings.source.clean },
    dirty: { dns: settings.dns.dirty.join('\n'), source: settings.source.dirty },
});

function Edit({ settings, mayOperate }: { settings: Settings; mayOperate: boolean }) {
    const [typed, setTyped] = useState<Record<NetworkName, Typed> | null>(null);
    const [saved, setSaved] = useState(false);
    const { busy, problem, run } = useAction();
    const shown = typed ?? typedOf(settings);
    const wrong = (name: NetworkName) => splitList(shown[name].dns).find((server) => !isServer(server));
    const edit = (name: NetworkName, part: Partial<Typed>) => {
        setSaved(false);
        setTyped({ ...shown, [name]: { ...shown[name], ...part } });
    };
    const { at, general } = placeProblem(problem, networks.flatMap(({ name }) => [`dns/${name}`, `source/${name}`]));
    const save = (event: React.FormEvent) => {
        event.preventDefault();
        void run(async () => {
            const body = {
                dns: { clean: splitList(shown.clean.dns), dirty: splitList(shown.dirty.dns) },
                source: { clean: shown.clean.source.trim(), dirty: shown.dirty.source.trim() },
            };
            const now = await call('put', '/api/v1/network', { body });
            know<Settings>('network', () => now);
            setTyped(null);
            setSaved(true);
        });
    };
    return (
        <Form onSubmit={save} noValidate className="gh-narrow">
            <ProblemAlert problem={general} />
            {networks.map(({ name, title, sentence }) => {
                const bad = wrong(name);
                const dnsFixed = settings.fixed.includes(`dns.${name}`);
                const sourceFixed = settings.fixed.includes(`source.${name}`);
                return (
                    <fieldset key={name} className="gh-fieldset">
                        <legend>{title}</legend>
                        <p className="gh-quiet">{sentence}</p>
                        <LinesField id={`dns-${name}`} label="DNS servers" value={shown[name].dns} disabled={!mayOperate || dnsFixed}
                            onChange={(dns) => edit(name, { dns })} placeholder="the system's"
                            help={dnsFixed ? 'Set in the configuration file, and to be changed there.' : 'One a line, in the order in which they are asked; ADDRESS or ADDRESS:PORT. None: those of the system.'}
                            error={bad === undefined ? at[`dns/${name}`] : `'${bad}' is no address of a server.`} />
                        <TextField id={`source-${name}`} label="Source address or device" value={shown[name].source} disabled={!mayOperate || sourceFixed}
                            onChange={(source) => edit(name, { source })} placeholder="the system chooses" error={at[`source/${name}`]}
                            help={sourceFixed ? 'Set in the configuration file, and to be changed there.' : 'From where look-ups and calls of this network go out, as in eth1 or 10.0.0.5.'} />
                    </fieldset>
                );
            })}
            {mayOperate && (
                <div className="gh-buttons">
                    <Button type="submit" isLoading={busy} isDisabled={busy || typed === null || networks.some(({ name }) => wrong(name) !== undefined)}>
                        Save
                    </Button>
                    {typed !== null && (
                        <Button variant="link" onClick={() => setTyped(null)} isDisabled={busy}>
                            Discard changes
                        </Button>
                    )}
                    <span role="status">{saved ? 'Saved. The next look-up goes there.' : ''}</span>
                </div>
            )}
        </Form>
    );
}

const outcomes: Record<Lookup['result'], 'success' | 'warning' | 'danger'> = {
    found: 'success', not_found: 'warning', refused: 'danger', timed_out: 'danger', failed: 'danger',
};

function TryOut() {
    const [name, setName] = useState('');
    const [network, setNetwork] = useState<NetworkName>('dirty');
    const [result, setResult] = useState<Lookup | null>(null);
    const { busy, problem, run } = useAction();
    const submit = (event: React.FormEvent) => {
        event.preventDefault();
        void run(async () => {
            setResult(null);
            setResult(await call('post', '/api/v1/network/lookup', { body: { name: name.trim(), network } }));
        });
    };
    return (
        <section className="gh-block">
            <h2>Try a look-up</h2>
            <Form onSubmit={submit} noValidate className="gh-narrow">
                <TextField id="lookup-name" label="Name" value={name} onChange={setName} placeholder="amp.example.net" />
                <ChoiceField id="lookup-network" label="Network" value={network} onChange={setNetwork}
                    choices={networks.map((each) => ({ value: each.name, label: each.title }))} />
                <div className="gh-buttons">
                    <Button type="submit" variant="secondary" isLoading={busy} isDisabled={busy || name.trim() === ''}>
                        Look up
                    </Button>
                </div>
                <ProblemAlert problem={problem} />
                <div role="status">
                    {result !== null && (
                        <Notice variant={outcomes[result.result]} title={`${result.message} It took ${result.milliseconds} ms.`}>
                            {result.addresses.length > 0 && <span className="gh-mono">{result.addresses.join(', ')}</span>}
                        </Notice>
                    )}
                </div>
            </Form>
        </section>
    );
}
