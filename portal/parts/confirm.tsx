// A question before something is done: what it will do and to whom, and one button that does it.
import { useAction } from './action';
import { Dialog } from './dialog';

export interface ConfirmProps {
    title: string;
    sentence: string;
    primary: string;
    danger?: boolean;
    work: () => Promise<unknown>;
    /** Once it is done and the dialog is closed. */
    onDone?: () => void;
    onClose: () => void;
    children?: React.ReactNode;
}

export function Confirm({ work, onDone, onClose, ...words }: ConfirmProps) {
    const { busy, problem, run } = useAction();
    const go = async () => {
        const done = await run(async () => void (await work()));
        if (!done) return;
        onClose();
        onDone?.();
    };
    return <Dialog {...words} busy={busy} problem={problem} onClose={onClose} onPrimary={() => void go()} />;
}
