// A place to drop files on, or to choose them.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { useRef, useState } from 'react';

/** The files of what was dropped, and how many folders there are, which nobody can send. */
export function filesOf(dropped: DataTransfer): { files: File[]; folders: number } {
    const files: File[] = [];
    let folders = 0;
    for (const item of dropped.items) {
        if (item.kind !== 'file') continue;
        const file = item.getAsFile();
        if (item.webkitGetAsEntry()?.isDirectory) ++folders;
        else if (file !== null) files.push(file);
    }
    return { files, folders };
}

export interface FileDropProps {
    id: string;
    label: string;
    onFiles: (files: File[]) => void;
    disabled?: boolean;
    autoFocus?: boolean;
}

export function FileDrop({ id, label, onFiles, disabled = false, autoFocus = false }: FileDropProps) {
    const [over, setOver] = useState(false);
    const input = useRef<HTMLInputElement>(null);
    const [folders, setFolders] = useState(0);
    const take = (files: File[], notTaken = 0) => {
        setFolders(notTaken);
        onFiles(files);
    };
    const drop = (event: React.DragEvent) => {
        event.preventDefault();
        setOver(false);
        if (disabled) return;
        const dropped = filesOf(event.dataTransfer);
        take(dropped.files, dropped.folders);
    };
    const chosen = (event: React.ChangeEvent<HTMLInputElement>) => {
        take([...(event.target.files ?? [])]);
        event.target.value = ''; // the same file may be chosen again
    };
    return (
        <div
            className={over ? 'gh-drop gh-drop-over' : 'gh-drop'}
            onDragOver={(event) => {
                event.preventDefault();
                setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
        >
            <span>{label}</span>
            <Button variant="secondary" isDisabled={disabled} autoFocus={autoFocus} onClick={() => input.current?.click()}>
                Choose files
            </Button>
            {folders > 0 && <span role="alert">Folders are not taken: choose the files in them.</span>}
            <input ref={input} id={id} type="file" multiple hidden onChange={chosen} aria-label={label} tabIndex={-1} />
        </div>
    );
}

/** Lets the browser save text as a file. */
export function saveText(name: string, type: string, text: string): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
