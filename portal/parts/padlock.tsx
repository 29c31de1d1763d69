// A door's padlock: icon, word, and why on hover, focus and for those who have it read out.
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { Tooltip } from '@patternfly/react-core/dist/dynamic/components/Tooltip';
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-triangle-icon';
import LockIcon from '@patternfly/react-icons/dist/dynamic/icons/lock-icon';
import UnlockIcon from '@patternfly/react-icons/dist/dynamic/icons/unlock-icon';
import type { Padlock as Colour } from '../api/admin';
import { padlockWords } from '../rules/certificate';

const icons = { success: <LockIcon />, warning: <ExclamationTriangleIcon />, danger: <UnlockIcon /> };

export function Padlock({ padlock, reasons }: { padlock: Colour; reasons: readonly string[] }) {
    const { word, sentence, status } = padlockWords(padlock, reasons);
    return (
        <Tooltip content={sentence}>
            <Label status={status} icon={icons[status]} tabIndex={0} data-padlock={padlock}>
                {word}
            </Label>
        </Tooltip>
    );
}
