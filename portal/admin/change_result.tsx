// What became of a change of this door's own certificate, on the page that a browser loads through the new one: the
// address names the change (?change=ID).
import { useState } from 'react';
import type { Reload } from '../api/admin';
import { Fingerprint } from '../parts/copy';
import { Notice } from '../parts/notice';
import { doorWords } from '../rules/notices';
import { useStatus } from './known';

/** The plain address that a change of this door's certificate leads to. Only a navigation lets a browser ask. */
export function continueAddress(change: string): string {
    return `/?change=${encodeURIComponent(change)}#/configuration/ssl`;
}

export function ChangeResult() {
    const [change, setChange] = useState(() => new URLSearchParams(window.location.search).get('change'));
    const status = useStatus();
    if (change === null || status.value === undefined) return null;
    const close = () => {
        window.history.replaceState(null, '', `/${window.location.hash}`);
        setChange(null);
    };
    const interfaces = status.value.interfaces;
    for (const door of ['admin', 'clean'] as const) {
        const reload: Reload | undefined = interfaces[door].reloads.find((each) => each.change_id === change);
        if (reload === undefined) continue;
        const refused = reload.result === 'refused';
        return (
            <Notice variant={refused ? 'danger' : 'success'} onClose={close}
                title={refused ? `${doorWords[door]}: the change was refused.` : `${doorWords[door]}: the new certificate is served.`}>
                {reload.message} {reload.fingerprint_sha256 !== null && <Fingerprint value={reload.fingerprint_sha256} />}
            </Notice>
        );
    }
    return (
        <Notice variant="info" onClose={close} title="The result of that change is no longer known.">
            The appliance was restarted since, or much has changed. Below is what is served now; the audit has the change.
        </Notice>
    );
}
