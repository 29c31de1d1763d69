// Download: the certificate as a file, in the form that who gets it wants.
import { downloadAddress, type ServedCertificate } from '../../api/admin';
import { Dialog } from '../../parts/dialog';
import { doorWords } from '../../rules/notices';

const forms = [
    { format: 'pem', title: 'Certificate, PEM (.cert)', whom: 'For devices that pin it, and for most tools.' },
    { format: 'der', title: 'Certificate, DER (.der)', whom: 'For Windows and Java key stores.' },
    { format: 'chain', title: 'Whole chain, PEM', whom: 'For another server that is to show the same certificate.' },
    { format: 'p7b', title: 'Whole chain, PKCS#7 (.p7b)', whom: 'For the import dialogs of Windows.' },
] as const;

export function Download({ served, onClose }: { served: ServedCertificate; onClose: () => void }) {
    return (
        <Dialog title={`Download the certificate: ${doorWords[served.interface]}`} sentence="The key is never in it, so it may be given to anybody."
            onClose={onClose} closeWord="Close">
            <ul className="gh-downloads">
                {forms.map((form) => (
                    <li key={form.format}>
                        <a href={downloadAddress(served.interface, form.format)} download>
                            {form.title}
                        </a>
                        <div className="gh-quiet">{form.whom}</div>
                    </li>
                ))}
            </ul>
            <details>
                <summary>Let a Mac or an iPhone trust it</summary>
                <p>
                    On a Mac: open the PEM file, which puts it into Keychain Access; open it there and set Trust to Always Trust. On an
                    iPhone: send the file to it, install the profile in Settings, then switch it on under General, About, Certificate Trust
                    Settings. Apple's clients take no certificate that is valid for more than 825 days.
                </p>
            </details>
        </Dialog>
    );
}
