// What a new password must be, said before it is sent. Pure.

export function newPasswordFault(password: string): string | undefined {
    if (password === '') return undefined;
    if ([...password].length < 10) return 'At least 10 characters.';
    return new TextEncoder().encode(password).length > 1024 ? 'At most 1024 bytes.' : undefined;
}
