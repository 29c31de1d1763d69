// Which user is signed in.
import { call, type Identity } from '../api/clean';
import { identityOf } from '../parts/identity';
import type { SignInFields } from '../parts/sign_in_form';

export const { IdentityContext, useSignedIn, useIdentity } = identityOf<Identity>();

export const whoAmI = () => call('get', '/api/v1/session', {});

export const signIn = ({ username, password }: SignInFields) => call('post', '/api/v1/session', { body: { username, password } });
