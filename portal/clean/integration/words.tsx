// The state of a service, and the result of a step, as they stand beside it: icon and word.
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import CheckCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/check-circle-icon';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-circle-icon';
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-triangle-icon';
import InProgressIcon from '@patternfly/react-icons/dist/dynamic/icons/in-progress-icon';
import LockIcon from '@patternfly/react-icons/dist/dynamic/icons/lock-icon';
import PendingIcon from '@patternfly/react-icons/dist/dynamic/icons/pending-icon';
import type { DispositionService } from '../../api/clean';
import { resultWords, wordsOf } from '../../rules/disposition';

const stateIcons: Record<DispositionService['state'], React.ReactElement> = {
    idle: <CheckCircleIcon />, telling: <InProgressIcon />, away: <ExclamationTriangleIcon />, failed: <ExclamationCircleIcon />, locked: <LockIcon />,
};

export function State({ service }: { service: DispositionService }) {
    const { word, sentence, status } = wordsOf(service);
    const icon = service.state === 'idle' && status === 'info' ? <PendingIcon /> : stateIcons[service.state];
    return (
        <Label isCompact status={status} icon={icon} title={sentence} data-state={service.state}>
            {word}
        </Label>
    );
}

const resultIcons = { success: <CheckCircleIcon />, danger: <ExclamationCircleIcon />, custom: <PendingIcon /> };

/** `ok` undefined: it is under way. */
export function Result({ ok }: { ok: boolean | null | undefined }) {
    if (ok === undefined) return <Label isCompact icon={<InProgressIcon />}>Under way</Label>;
    const { word, status } = resultWords(ok);
    return (
        <Label isCompact icon={resultIcons[status]} data-result={status} {...(status === 'custom' ? {} : { status })}>
            {word}
        </Label>
    );
}
