// The end of a change: what is served now. Where it is the certificate one is looking through, the plain link that lets
// the browser ask about the new one.
import type { Change, InterfaceName } from '../../api/admin';
import { Fingerprint } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Findings } from '../../parts/findings';
import { Notice } from '../../parts/notice';
import { continueAddress } from '../change_result';

export function ChangeDone({ title, door, change, onClose }: { title: string; door: InterfaceName; change: Change; onClose: () => void }) {
    const own = door === 'admin' && change.change_id !== null;
    return (
        <Dialog title={title} onClose={onClose} closeWord="Close" more={
            own && (
                <a className="pf-v6-c-button pf-m-primary" href={continueAddress(change.change_id ?? '')}>
                    Continue with the new certificate
                </a>
            )
        }>
            <Notice variant="success" plain title="The new certificate is served." />
            {change.fingerprint_sha256 !== null && (
                <div>
                    SHA-256 fingerprint
                    <br />
                    <Fingerprint value={change.fingerprint_sha256} />
                </div>
            )}
            {own && (
                <p>
                    This page still uses the old certificate. Follow the link; where the browser warns, compare the fingerprint it shows
                    with the one above.
                </p>
            )}
            {change.findings.length > 0 && <Findings findings={change.findings} />}
        </Dialog>
    );
}
