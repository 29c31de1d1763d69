// Which operator is signed in.
import { call, type Identity } from '../api/admin';
import { identityOf } from '../parts/identity';
import type { SignInFields } from '../parts/sign_in_form';

export const { IdentityContext, useSignedIn, useIdentity } = identityOf<Identity>();

/** Whether to offer what changes something. The appliance judges for itself. */
export function useMayOperate(): boolean {
    return useIdentity().role === 'operate';
}

export const whoAmI = () => call('get', '/api/v1/session', {});

export const signIn = (body: SignInFields) => call('post', '/api/v1/session', { body });
