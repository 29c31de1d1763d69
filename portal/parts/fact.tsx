// One line of a list of facts: what it is called, and what it is.
import { DescriptionListDescription, DescriptionListGroup, DescriptionListTerm } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';

export interface FactProps {
    term: string;
    children: React.ReactNode;
}

export function Fact({ term, children }: FactProps) {
    return (
        <DescriptionListGroup>
            <DescriptionListTerm>{term}</DescriptionListTerm>
            <DescriptionListDescription>{children}</DescriptionListDescription>
        </DescriptionListGroup>
    );
}
