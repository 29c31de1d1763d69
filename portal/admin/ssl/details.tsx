// The drawer beside the two rows: everything there is to know of what a door serves.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { DescriptionList } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import type { Certificate, DoorStatus, Reload, ServedCertificate } from '../../api/admin';
import { Fingerprint } from '../../parts/copy';
import { Findings } from '../../parts/findings';
import { Padlock } from '../../parts/padlock';
import { Expiry, When } from '../../parts/when';
import { useNow } from '../../parts/clock';
import { Fact } from '../../parts/fact';
import { remedies, remedyWords, shortIssuer, shortSubject, sourceWords, type Remedy } from '../../rules/certificate';
import { resultWords, triggerWords } from '../../rules/reload';
import { day, elapsed, exact } from '../../rules/time';

export function Remedies({ code, mayOperate, onRemedy }: { code: string; mayOperate: boolean; onRemedy: (remedy: Remedy) => void }) {
    if (!mayOperate) return null;
    return (
        <>
            {remedies(code).map((remedy) => (
                <Button key={remedy} variant="link" isInline onClick={() => onRemedy(remedy)}>
                    {remedyWords[remedy]}
                </Button>
            ))}
        </>
    );
}

/** Validity as a bar with today on it. */
function Validity({ certificate }: { certificate: Certificate }) {
    const now = useNow();
    const today = Math.round(elapsed(certificate, now) * 1000) / 10;
    return (
        <div className="gh-validity">
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={`${today} % of its time has passed`}>
                <rect className="gh-validity-all" x="0" y="2" width="100" height="2" />
                <rect className="gh-validity-past" x="0" y="2" width={today} height="2" />
                <rect className="gh-validity-today" x={Math.min(99, today)} y="0" width="1" height="6" />
            </svg>
            <div className="gh-validity-ends">
                <time dateTime={certificate.not_before} title={exact(certificate.not_before)}>
                    {day(certificate.not_before)}
                </time>
                <strong>
                    <Expiry certificate={certificate} />
                </strong>
                <time dateTime={certificate.not_after} title={exact(certificate.not_after)}>
                    {day(certificate.not_after)}
                </time>
            </div>
        </div>
    );
}

/** From the leaf up to the root; what is missing is a rung that says so. */
function Ladder({ served }: { served: ServedCertificate }) {
    const rung = (certificate: Certificate, index: number) =>
        certificate.self_signed ? (index === 0 ? 'Certificate, signed by itself' : 'Root') : index === 0 ? 'Certificate' : 'Intermediate';
    return (
        <ol className="gh-ladder">
            {served.chain.map((certificate, index) => (
                <li key={certificate.fingerprint_sha256}>
                    <span className="gh-quiet">{rung(certificate, index)}</span>
                    <br />
                    <strong>{shortSubject(certificate)}</strong>, {certificate.key_type}, <Expiry certificate={certificate} />
                    {index > 0 && (
                        <div>
                            <Fingerprint value={certificate.fingerprint_sha256} what={`fingerprint of ${shortSubject(certificate)}`} />
                        </div>
                    )}
                </li>
            ))}
            {served.anchor !== null && (
                <li>
                    <span className="gh-quiet">Root, known to this appliance and not sent</span>
                    <br />
                    <strong>{shortSubject(served.anchor)}</strong>, <Expiry certificate={served.anchor} />
                </li>
            )}
            {!served.chain_complete && (
                <li className="gh-gap">
                    <span className="gh-quiet">Missing</span>
                    <br />
                    {shortIssuer(served.chain[served.chain.length - 1] ?? served)}, who issued the one above. Clients that do not know it will refuse the
                    connection.
                </li>
            )}
        </ol>
    );
}

function Reloads({ reloads }: { reloads: readonly Reload[] }) {
    if (reloads.length === 0) return <p className="gh-quiet">None since the start.</p>;
    return (
        <ul className="gh-findings">
            {reloads.map((reload) => (
                <li key={`${reload.at}-${reload.trigger}`}>
                    <Label isCompact status={resultWords[reload.result].status}>
                        {resultWords[reload.result].word}
                    </Label>{' '}
                    <span>
                        <When at={reload.at} />, {triggerWords[reload.trigger]}: {reload.message}
                    </span>
                </li>
            ))}
        </ul>
    );
}

interface Props {
    served: ServedCertificate;
    status: DoorStatus | undefined;
    mayOperate: boolean;
    onRemedy: (remedy: Remedy) => void;
}

export function Details({ served, status, mayOperate, onRemedy }: Props) {
    return (
        <div className="gh-details">
            <p>
                <Padlock padlock={served.padlock} reasons={served.padlock_reasons} />
            </p>
            {served.padlock_reasons.map((reason) => (
                <p key={reason}>{reason}</p>
            ))}
            <DescriptionList isCompact>
                <Fact term="Served">{sourceWords[served.source]}, since <When at={served.activated_at} /> ({triggerWords[served.trigger]})</Fact>
                <Fact term="Subject">{served.subject || 'none'}</Fact>
                <Fact term="Names">{served.names.join(', ') || 'none'}</Fact>
                <Fact term="Issuer">{served.self_signed ? 'self-signed' : served.issuer}</Fact>
                <Fact term="Validity"><Validity certificate={served} /></Fact>
                <Fact term="Key">{`${served.key_type}${served.key_bits > 0 ? `, ${served.key_bits} bits` : ''}`}</Fact>
                <Fact term="SHA-256 fingerprint"><Fingerprint value={served.fingerprint_sha256} /></Fact>
                <Fact term="SHA-256 of the public key"><Fingerprint value={served.public_key_sha256} what="digest of the public key" /></Fact>
                <Fact term="Serial number"><code className="gh-mono">{served.serial}</code></Fact>
            </DescriptionList>
            <h3>Findings</h3>
            {served.findings.length === 0 ? (
                <p className="gh-quiet">None.</p>
            ) : (
                <Findings findings={served.findings} actions={(finding) => <Remedies code={finding.code} mayOperate={mayOperate} onRemedy={onRemedy} />} />
            )}
            <h3>Chain</h3>
            <Ladder served={served} />
            <h3>Last changes</h3>
            <Reloads reloads={status?.reloads ?? []} />
        </div>
    );
}
