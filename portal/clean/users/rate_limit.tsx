// How many samples may be submitted with API keys: the limits of a user or of an organization, shown and changed.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useState } from 'react';
import type { RateLimit } from '../../api/clean';
import { problemOf, useAction } from '../../parts/action';
import { ChoiceField } from '../../parts/choice_field';
import { refresh, useData } from '../../parts/data';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { ProblemAlert } from '../../parts/problem_alert';
import { Waiting } from '../../parts/waiting';
import { limitWords, mostRows, pairOf, rowOf, units, type Pair, type Row } from '../../rules/rate_limit';

export interface LimitsProps {
    /** Under which it is known. */
    name: string;
    ask: () => Promise<RateLimit>;
    save: (limits: RateLimit) => Promise<unknown>;
}

export function useLimits({ name, ask }: Pick<LimitsProps, 'name' | 'ask'>) {
    return useData(`rate-limit/${name}`, ask);
}

/** In a line, with the button that leads to the form where one may change them. */
export function Limits({ whom, mayChange, ...props }: LimitsProps & { whom: string; mayChange: boolean }) {
    const limits = useLimits(props);
    const [changing, setChanging] = useState(false);
    return (
        <section className="gh-block">
            <h2>Rate limit</h2>
            {limits.value === undefined && (limits.error === undefined ? <Waiting lines={1} /> : <ProblemAlert problem={problemOf(limits.error)} />)}
            {limits.value !== undefined && (
                <>
                    <p>{limitWords(limits.value['submission-rate-limit'])} It counts submissions with the API key, not those made on these pages.</p>
                    {mayChange && (
                        <div className="gh-buttons">
                            <Button variant="secondary" onClick={() => setChanging(true)}>
                                Change the rate limit…
                            </Button>
                        </div>
                    )}
                </>
            )}
            {changing && <LimitsDialog {...props} whom={whom} onClose={() => setChanging(false)} />}
        </section>
    );
}

/** The form. Fetches what holds now where it is not known yet. */
export function LimitsDialog({ whom, onClose, ...props }: LimitsProps & { whom: string; onClose: () => void }) {
    const limits = useLimits(props);
    const title = `Rate limit of ${whom}`;
    if (limits.value === undefined) {
        return (
            <Dialog title={title} problem={limits.error === undefined ? null : problemOf(limits.error)} onClose={onClose}>
                {limits.error === undefined && <Waiting lines={2} />}
            </Dialog>
        );
    }
    return <LimitsForm title={title} pairs={limits.value['submission-rate-limit']} onClose={onClose} {...props} />;
}

function LimitsForm({ title, pairs, name, save, onClose }: LimitsProps & { title: string; pairs: readonly Pair[]; onClose: () => void }) {
    const [rows, setRows] = useState<readonly Row[]>(pairs.map(rowOf));
    const { busy, problem, run } = useAction();
    const typed = rows.map(pairOf);
    const wrong = typed.some((pair) => typeof pair === 'string');
    const put = () => run(async () => {
        await save({ 'submission-rate-limit': typed.filter((pair): pair is Pair => typeof pair !== 'string').map(([samples, minutes]) => [samples, minutes]) });
        refresh(`rate-limit/${name}`);
    }).then((done) => done && onClose());
    const change = (at: number, what: Partial<Row>) => setRows(rows.map((row, index) => (index === at ? { ...row, ...what } : row)));
    return (
        <Dialog title={title} sentence="All of them hold, over a rolling window. With none there is no limit." primary="Save" busy={busy} problem={problem} primaryDisabled={wrong}
            onClose={onClose} onPrimary={() => void put()}>
            {rows.length === 0 && <p>No limit.</p>}
            {rows.map((row, index) => (
                <fieldset key={index} className="gh-limit">
                    <legend className="pf-v6-screen-reader">Limit {index + 1}</legend>
                    <TextField id={`samples-${index}`} label="Samples" inputMode="numeric" value={row.samples} onChange={(samples) => change(index, { samples })} autoFocus={index === 0} />
                    <TextField id={`count-${index}`} label="within" inputMode="numeric" value={row.count} onChange={(count) => change(index, { count })} />
                    <ChoiceField id={`unit-${index}`} label="Unit" value={row.unit} choices={units} onChange={(unit) => change(index, { unit })} />
                    <Button variant="link" onClick={() => setRows(rows.filter((_, each) => each !== index))} aria-label={`Remove limit ${index + 1}`}>
                        Remove
                    </Button>
                    {typeof typed[index] === 'string' && <p role="alert" className="gh-limit-fault">{typed[index]}</p>}
                </fieldset>
            ))}
            {rows.length < mostRows && (
                <div>
                    <Button variant="secondary" onClick={() => setRows([...rows, { samples: '100', count: '1', unit: '1440' }])}>
                        Add a limit
                    </Button>
                </div>
            )}
        </Dialog>
    );
}
