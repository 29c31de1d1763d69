// What a problem document says to a person, and at which field. Pure.

/** What the checks say of a certificate, where one was judged. */
export interface Finding {
    code: string;
    severity: 'refuse' | 'warn' | 'note';
    message: string;
    advice: string;
}

/** A problem document of either door. */
export interface Problem {
    type: 'about:blank';
    title: string;
    status: number;
    code: string;
    detail?: string;
    pointer?: string;
    findings?: Finding[];
}

const ownWords: Record<string, string> = {
    internal: 'The appliance failed to do this. Its log says why.',
    unavailable: 'The appliance cannot do this just now. Try again in a moment.',
    disk_full: 'The appliance has no room left on its disk. Make some, then try again.',
};

/** A problem for an answer that brought none that can be read. */
export function unreadable(status: number): Problem {
    return {
        type: 'about:blank',
        title: 'Unexpected answer',
        status: Math.max(400, status),
        code: 'unexpected_answer',
        detail: `The appliance answered with ${status} and without a reason.`,
    };
}

function isFinding(value: unknown): value is Finding {
    const finding = value as Partial<Finding> | null;
    return typeof finding === 'object' && finding !== null && typeof finding.code === 'string' &&
        typeof finding.message === 'string';
}

/** The problem in an answer's body. Never throws: what cannot be read becomes `unexpected_answer`. */
export function readProblem(status: number, text: string): Problem {
    let document: unknown;
    try {
        document = JSON.parse(text);
    } catch {
        return unreadable(status);
    }
    if (typeof document !== 'object' || document === null) return unreadable(status);
    const members = document as Record<string, unknown>;
    if (typeof members['code'] !== 'string') return unreadable(status);
    const problem: Problem = {
        type: 'about:blank',
        title: typeof members['title'] === 'string' ? members['title'] : '',
        status,
        code: members['code'],
    };
    if (typeof members['detail'] === 'string') problem.detail = members['detail'];
    if (typeof members['pointer'] === 'string') problem.pointer = members['pointer'];
    if (Array.isArray(members['findings'])) problem.findings = members['findings'].filter(isFinding);
    return problem;
}

/** The sentence to show. */
export function sentence(problem: Problem): string {
    return problem.detail ?? ownWords[problem.code] ?? problem.title;
}

/** Where a pointer leads, as in `subject/country`. `?name` is a query parameter's. */
function pathOf({ pointer = '' }: Problem): string {
    return pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
}

/**
 * What stands at each field, and whether the problem still has to be shown for the form as a whole. A field may stand for
 * a part of a member: `subject/country`.
 */
export function placeProblem(problem: Problem | null, fields: readonly string[]): { at: Record<string, string>; general: Problem | null } {
    if (problem === null) return { at: {}, general: null };
    const path = pathOf(problem);
    const field = fields.find((each) => path === each || path.startsWith(`${each}/`));
    if (field === undefined) return { at: {}, general: problem };
    return { at: { [field]: sentence(problem) }, general: null };
}
