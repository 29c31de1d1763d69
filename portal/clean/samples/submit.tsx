// The dialog by which files are submitted. It ends when they are on their way: how far they are stands on the page.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { useState } from 'react';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { FileDrop } from '../../parts/files';
import { Notice } from '../../parts/notice';
import { bytes, splitTags, tagFault } from '../../rules/sample';
import { fileFault } from '../../rules/submission';
import { useAppliance } from '../known';
import { submit } from '../submissions';
import { Name } from './words';

/** `dropped`: files that were dropped on the page. */
export function Submit({ dropped, onClose }: { dropped: readonly File[]; onClose: () => void }) {
    const [files, setFiles] = useState<readonly File[]>(dropped);
    const [tags, setTags] = useState('');
    const [isPrivate, setPrivate] = useState(false);
    const appliance = useAppliance();
    const most = appliance.value?.samples.body_bytes ?? 0;

    const faults = files.map((file) => fileFault(file, most)).filter((fault) => fault !== undefined);
    const list = splitTags(tags);
    const tagsFault = list.map(tagFault).find((fault) => fault !== undefined);
    const what = files.length < 2 ? 'Submit' : `Submit ${files.length} files`;
    const go = () => {
        submit(files, { tags: list, private: isPrivate });
        onClose();
    };
    return (
        <Dialog title="Submit samples" sentence="Each file is stored on this appliance and analysed. Whoever may see it can download it again." primary={what}
            primaryDisabled={files.length === 0 || faults.length > 0 || tagsFault !== undefined} onClose={onClose} onPrimary={go}>
            {faults.map((fault) => (
                <Notice key={fault} variant="danger" title={fault} />
            ))}
            <FileDrop id="sample-files" label={most > 0 ? `Drop files here, each of ${bytes(most)} at most.` : 'Drop files here.'} autoFocus={files.length === 0}
                onFiles={(more) => setFiles((before) => [...before, ...more])} />
            {files.length > 0 && (
                <ul className="gh-files" aria-label="Chosen files">
                    {files.map((file, index) => (
                        <li key={`${index} ${file.name}`}>
                            <Name>{file.name}</Name> <span className="gh-quiet">{bytes(file.size)}</span>
                            <Button variant="link" isInline aria-label={`Remove ${file.name}`} onClick={() => setFiles((before) => before.filter((each) => each !== file))}>
                                Remove
                            </Button>
                        </li>
                    ))}
                </ul>
            )}
            <TextField id="sample-tags" label="Tags" value={tags} onChange={setTags} help="Separated by commas. They can be changed later." error={tagsFault} />
            <Checkbox id="sample-private" label="Private" description="Your organization does not see them; administrators do." isChecked={isPrivate}
                onChange={(_, checked) => setPrivate(checked)} />
        </Dialog>
    );
}
