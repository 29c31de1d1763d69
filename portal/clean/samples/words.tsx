// A sample's state and verdict as they stand in lists and heads: icon, word, and the whole sentence on hover.
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import CheckCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/check-circle-icon';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-circle-icon';
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-triangle-icon';
import InfoCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/info-circle-icon';
import InProgressIcon from '@patternfly/react-icons/dist/dynamic/icons/in-progress-icon';
import LockIcon from '@patternfly/react-icons/dist/dynamic/icons/lock-icon';
import PendingIcon from '@patternfly/react-icons/dist/dynamic/icons/pending-icon';
import type { Sample, SampleState } from '../../api/clean';
import { stateWords, verdictWords } from '../../rules/sample';

const stateIcons: Record<SampleState, React.ReactElement> = {
    wait: <PendingIcon />, prep: <InProgressIcon />, run: <InProgressIcon />, proc: <InProgressIcon />,
    succ: <CheckCircleIcon />, fail: <ExclamationCircleIcon />,
};
const verdictIcons = { success: <CheckCircleIcon />, info: <InfoCircleIcon />, warning: <ExclamationTriangleIcon />, danger: <ExclamationCircleIcon /> };

export function State({ state }: { state: SampleState }) {
    const { word, sentence, status } = stateWords[state];
    const looks = status === 'custom' || state === 'succ' ? {} : { status };
    return (
        <Label isCompact className="gh-whole" variant="outline" icon={stateIcons[state]} title={sentence} data-state={state} {...looks}>
            {word}
        </Label>
    );
}

export function Verdict({ sample: { score, state } }: { sample: Pick<Sample, 'score' | 'state'> }) {
    const { word, sentence, status } = verdictWords(score, state);
    if (status === null) return <span className="gh-quiet">{word}</span>;
    return (
        <Label isCompact className="gh-whole" status={status} icon={verdictIcons[status]} title={sentence} data-score={score}>
            {word} {score}
        </Label>
    );
}

export function Private() {
    return (
        <Label isCompact icon={<LockIcon />} title="Seen by who submitted it alone, and by administrators">
            Private
        </Label>
    );
}

/** A name that others chose: its direction does not run over into what stands around it. */
export function Name({ children }: { children: string }) {
    return <bdi className="gh-long">{children}</bdi>;
}
