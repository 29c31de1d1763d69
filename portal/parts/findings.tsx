// What the checks say of a certificate, each with its sentence, and with what mends it or with the box that accepts it.
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import type { Finding } from '../rules/problem';
import { gravestFirst } from '../rules/certificate';

const severities = {
    refuse: { word: 'Refused', status: 'danger' },
    warn: { word: 'Warning', status: 'warning' },
    note: { word: 'Note', status: 'info' },
} as const;

export function Findings({ findings, actions }: { findings: readonly Finding[]; actions?: (finding: Finding) => React.ReactNode }) {
    return (
        <ul className="gh-findings">
            {gravestFirst(findings).map((finding) => (
                <li key={`${finding.code} ${finding.message}`} data-finding={finding.code}>
                    <Label status={severities[finding.severity].status} isCompact>
                        {severities[finding.severity].word}
                    </Label>{' '}
                    <span>
                        {finding.message} {finding.advice && <span className="gh-quiet">{finding.advice}</span>} {actions?.(finding)}
                    </span>
                </li>
            ))}
        </ul>
    );
}

/** A box for each warning; refusals and notes are only shown. */
export function Confirmations({ findings, confirmed, onChange }: { findings: readonly Finding[]; confirmed: readonly string[]; onChange: (codes: string[]) => void }) {
    const warnings = findings.filter((finding) => finding.severity === 'warn');
    const others = findings.filter((finding) => finding.severity !== 'warn');
    return (
        <>
            {others.length > 0 && <Findings findings={others} />}
            {warnings.length > 0 && <p>Confirm each warning to go on:</p>}
            {warnings.map((finding) => (
                <Checkbox
                    key={finding.code}
                    id={`confirm-${finding.code}`}
                    label={finding.message}
                    description={finding.advice}
                    isChecked={confirmed.includes(finding.code)}
                    onChange={(_, checked) =>
                        onChange(checked ? [...confirmed, finding.code] : confirmed.filter((code) => code !== finding.code))
                    }
                />
            ))}
        </>
    );
}

/** As a `ref`: what an answer adds below the fold of a dialog is seen at once. */
export function intoView(element: HTMLElement | null): void {
    element?.scrollIntoView({ block: 'nearest' });
}

export function mayGoOn(findings: readonly Finding[], confirmed: readonly string[]): boolean {
    return findings.every(
        (finding) => finding.severity === 'note' || (finding.severity === 'warn' && confirmed.includes(finding.code)),
    );
}
