// How a device registered itself: what an administrator is shown before letting it in.
import { DescriptionList } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import type { Registration } from '../../api/clean';
import { Fact } from '../../parts/fact';
import { When } from '../../parts/when';
import { kindWords } from '../../rules/user';

export function RegistrationFacts({ registration }: { registration: Registration }) {
    return (
        <div className="gh-facts">
            <DescriptionList isCompact isHorizontal>
                <Fact term="Says that it is">{kindWords[registration.kind]}</Fact>
                <Fact term="Registered from"><code className="gh-mono">{registration.source_address}</code></Fact>
                <Fact term="First seen"><When at={registration.first_seen} /></Fact>
                <Fact term="Last asked"><When at={registration.last_poll} /></Fact>
                <Fact term="Other attempts">{registration.conflicts === 0 ? 'None.' : <strong>{registration.conflicts} with another secret, refused</strong>}</Fact>
                {registration.expires_at !== null && <Fact term="Discarded"><When at={registration.expires_at} />, unless it asks again</Fact>}
            </DescriptionList>
        </div>
    );
}
