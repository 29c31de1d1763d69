// The files that are on their way, each with how far it is; they can be cancelled, and what failed tried again.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Progress } from '@patternfly/react-core/dist/dynamic/components/Progress';
import { sentence } from '../../rules/problem';
import { isUnderWay, progressWords, summary, type Submission } from '../../rules/submission';
import { again, clear, giveUp, useSubmissions } from '../submissions';
import { Name } from './words';

const looks = { done: { variant: 'success' }, failed: { variant: 'danger' }, given_up: { variant: 'warning' } } as const;

function One({ one }: { one: Submission }) {
    const { key, filename, state, share, sample, problem } = one;
    const more = state === 'waiting' || state === 'sending' ? {} : looks[state];
    return (
        <li data-submission={state}>
            <div className="gh-submission-name">
                {sample === null ? <Name>{filename}</Name> : <a href={`#/samples/${sample.id}`}><Name>{filename}</Name></a>}
                <span className="gh-quiet">{progressWords(one)}</span>
                {isUnderWay(one) && (
                    <Button variant="link" isInline onClick={() => giveUp(key)} aria-label={`Cancel ${filename}`}>
                        Cancel
                    </Button>
                )}
                {(state === 'failed' || state === 'given_up') && (
                    <Button variant="link" isInline onClick={() => again(key)} aria-label={`Try again: ${filename}`}>
                        Try again
                    </Button>
                )}
            </div>
            <Progress value={Math.round(share * 100)} aria-label={`${filename}: ${progressWords(one)}`} size="sm" measureLocation="none" {...more} />
            {problem !== null && (
                <p role="alert">
                    {sentence(problem)} <span className="gh-quiet">Code <code>{problem.code}</code></span>
                </p>
            )}
        </li>
    );
}

export function UnderWay() {
    const all = useSubmissions();
    if (all.length === 0) return null;
    return (
        <section className="gh-block" aria-label="Submissions">
            <div className="gh-submissions-head">
                <h2 className="gh-section">Submissions</h2>
                <span role="status">{summary(all)}</span>
                {all.some((one) => !isUnderWay(one)) && (
                    <Button variant="link" isInline onClick={clear}>
                        Clear what is done
                    </Button>
                )}
            </div>
            <ul className="gh-submissions">
                {all.map((one) => (
                    <One key={one.key} one={one} />
                ))}
            </ul>
        </section>
    );
}
