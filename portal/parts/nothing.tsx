// Where nothing is: what would be here, and how it gets here.
import { EmptyState, EmptyStateBody, EmptyStateFooter } from '@patternfly/react-core/dist/dynamic/components/EmptyState';

export interface Empty {
    title: string;
    sentence: string;
    action?: React.ReactNode;
}

export function Nothing({ title, sentence, action }: Empty) {
    return (
        <EmptyState titleText={title} headingLevel="h2" variant="sm">
            <EmptyStateBody>{sentence}</EmptyStateBody>
            {action && <EmptyStateFooter>{action}</EmptyStateFooter>}
        </EmptyState>
    );
}
