// A user's status as it stands in lists and heads: icon and word.
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import BanIcon from '@patternfly/react-icons/dist/dynamic/icons/ban-icon';
import CheckCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/check-circle-icon';
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-triangle-icon';
import { statusWords } from '../../rules/user';

const icons = { success: <CheckCircleIcon />, warning: <ExclamationTriangleIcon />, custom: <BanIcon /> };

export function Status({ user }: { user: Parameters<typeof statusWords>[0] }) {
    const { word, status } = statusWords(user);
    return (
        <Label isCompact className="gh-whole" icon={icons[status]} data-status={status} {...(status === 'custom' ? {} : { status })}>
            {word}
        </Label>
    );
}

export function Active({ active }: { active: boolean }) {
    return active ? <Label isCompact className="gh-whole" status="success" icon={icons.success}>Active</Label> : <Label isCompact className="gh-whole" icon={icons.custom}>De-activated</Label>;
}
