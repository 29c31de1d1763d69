// What stands where something will be, while it loads.
import { Skeleton } from '@patternfly/react-core/dist/dynamic/components/Skeleton';

/** Lines where text will be. */
export function Waiting({ lines, label = 'Loading' }: { lines: number; label?: string }) {
    return (
        <div className="gh-waiting" role="status" aria-label={label}>
            {Array.from({ length: lines }, (_, index) => (
                <Skeleton key={index} screenreaderText={index === 0 ? label : ''} />
            ))}
        </div>
    );
}
