// Two certificates beside each other, what differs marked in words.
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table/dist/dynamic/components/Table';
import type { Certificate } from '../../api/admin';
import { differences } from '../../rules/certificate';
import { exact } from '../../rules/time';

export function Compare({ before, after, afterTitle = 'After' }: { before: Certificate; after: Certificate; afterTitle?: string }) {
    return (
        <Table aria-label="Before and after" variant="compact" gridBreakPoint="grid-lg">
            <Thead>
                <Tr>
                    <Th screenReaderText="What" />
                    <Th>Now</Th>
                    <Th>{afterTitle}</Th>
                </Tr>
            </Thead>
            <Tbody>
                {differences(before, after, exact).map((row) => (
                    <Tr key={row.what}>
                        <Td dataLabel="What">{row.what}</Td>
                        <Td dataLabel="Now" className={row.what === 'Fingerprint' ? 'gh-mono' : ''}>
                            {row.before}
                        </Td>
                        <Td dataLabel={afterTitle} className={row.what === 'Fingerprint' ? 'gh-mono' : ''}>
                            {row.changed ? row.after : <span className="gh-quiet">the same</span>}
                        </Td>
                    </Tr>
                ))}
            </Tbody>
        </Table>
    );
}
