// How a device registered itself: what an administrator is shown before letting it in.
import { DescriptionList, DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import type { Registration } from '../../api/clean';
import { When } from '../../parts/when';
import { kindWords } from '../../rules/user';

export function RegistrationFacts({ registration }: { registration: Registration }) {
    const row = (term: string, description: React.ReactNode) => (
        <DescriptionListGroup>
            <DescriptionListTerm>{term}</DescriptionListTerm>
            <DescriptionListDescription>{description}</DescriptionListDescription>
        </DescriptionListGroup>
    );
    return (
        <div className="gh-facts">
            <DescriptionList isCompact isHorizontal>
                {row('Says that it is', kindWords[registration.kind])}
                {row('Registered from', <code className="gh-mono">{registration.source_address}</code>)}
                {row('First seen', <When at={registration.first_seen} />)}
                {row('Last asked', <When at={registration.last_poll} />)}
                {row('Other attempts', registration.conflicts === 0 ? 'None.' : <strong>{registration.conflicts} with another secret, refused</strong>)}
                {registration.expires_at !== null && row('Discarded', <><When at={registration.expires_at} />, unless it asks again</>)}
            </DescriptionList>
        </div>
    );
}
