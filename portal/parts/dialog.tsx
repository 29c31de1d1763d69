// A dialog: a title, one sentence that says what will happen, a form, one primary button. Enter submits, Escape leaves.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useId } from 'react';
import type { Problem } from '../rules/problem';
import { ProblemAlert } from './problem_alert';

export interface DialogProps {
    title: string;
    /** What this will do, and to whom. */
    sentence?: React.ReactNode;
    primary?: string;
    onPrimary?: () => void;
    primaryDisabled?: boolean;
    danger?: boolean;
    busy?: boolean;
    problem?: Problem | null;
    onClose: () => void;
    closeWord?: string;
    /** Further buttons, between the two. */
    more?: React.ReactNode;
    wide?: boolean;
    children?: React.ReactNode;
}

export function Dialog(props: DialogProps) {
    const { title, sentence, primary, onPrimary, primaryDisabled = false, danger = false, busy = false, problem = null } = props;
    const { onClose, closeWord = 'Cancel', more, wide = false, children } = props;
    const id = useId();
    const submit = (event: React.FormEvent) => {
        event.preventDefault();
        if (!busy && !primaryDisabled) onPrimary?.();
    };
    return (
        <Modal isOpen variant={wide ? 'large' : 'medium'} onClose={onClose} aria-labelledby={`${id}-title`} aria-describedby={`${id}-body`}>
            <ModalHeader title={title} labelId={`${id}-title`} description={sentence} />
            <ModalBody id={`${id}-body`} tabIndex={0} aria-label={title}>
                <Form id={`${id}-form`} onSubmit={submit} noValidate>
                    <ProblemAlert problem={problem} />
                    {children}
                </Form>
            </ModalBody>
            <ModalFooter>
                {primary !== undefined && (
                    <Button
                        type="submit"
                        form={`${id}-form`}
                        variant={danger ? 'danger' : 'primary'}
                        isDisabled={primaryDisabled || busy}
                        isLoading={busy}
                    >
                        {primary}
                    </Button>
                )}
                {more}
                <Button variant={primary === undefined ? 'secondary' : 'link'} onClick={onClose}>
                    {closeWord}
                </Button>
            </ModalFooter>
        </Modal>
    );
}
