// A session that ended in the middle of something: asks for the password above it, and what was being done goes on.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useEffect, useState } from 'react';
import { onSessionEnded } from '../api/transport';
import { SignInForm, type SignInFields } from './sign_in_form';

export interface SessionEndedProps {
    username: string;
    signIn: (fields: SignInFields) => Promise<unknown>;
    leave: () => void;
}

export function SessionEnded({ username, signIn, leave }: SessionEndedProps) {
    const [resume, setResume] = useState<(() => void) | null>(null);
    useEffect(() => {
        onSessionEnded(() => new Promise((resolve) => setResume(() => resolve)));
        return () => onSessionEnded(null);
    }, []);
    if (resume === null) return null;
    const signedIn = () => {
        setResume(null);
        resume();
    };
    return (
        <Modal isOpen variant="small" aria-labelledby="session-ended" className="gh-topmost" disableFocusTrap={false}>
            <ModalHeader title="Sign in again" labelId="session-ended" description="Your session has ended. What you were doing stays as it is." />
            <ModalBody>
                <SignInForm signIn={signIn} username={username} onSignedIn={signedIn} more={
                    <Button variant="link" onClick={leave}>
                        Leave
                    </Button>
                } />
            </ModalBody>
        </Modal>
    );
}
