// A session that ended in the middle of something: asks for the password above it, and what was being done goes on.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal';
import { useEffect, useState } from 'react';
import { onSessionEnded } from '../api/client';
import { SignInForm } from './sign_in_form';

export function SessionEnded({ username, leave }: { username: string; leave: () => void }) {
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
                <SignInForm username={username} onSignedIn={signedIn} more={
                    <Button variant="link" onClick={leave}>
                        Leave
                    </Button>
                } />
            </ModalBody>
        </Modal>
    );
}
