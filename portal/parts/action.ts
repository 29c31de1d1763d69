// A change under way: busy, or what came back instead of success.
import { useCallback, useRef, useState } from 'react';
import { Refusal } from '../api/transport';
import { unreadable, type Problem } from '../rules/problem';

export interface Action {
    busy: boolean;
    problem: Problem | null;
    /** Runs it; true where it succeeded. A second one while the first is under way is not begun. */
    run: (work: () => Promise<void>) => Promise<boolean>;
    clear: () => void;
}

/** Any error as a problem to show. */
export function problemOf(error: unknown): Problem {
    if (error instanceof Refusal) return error.problem;
    const detail = error instanceof Error ? error.message : String(error);
    return { ...unreadable(400), code: 'no_answer', title: 'No answer', detail };
}

export function useAction(): Action {
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState<Problem | null>(null);
    const underWay = useRef(false);
    const run = useCallback(async (work: () => Promise<void>) => {
        if (underWay.current) return false;
        underWay.current = true;
        setBusy(true);
        setProblem(null);
        try {
            await work();
            return true;
        } catch (error) {
            setProblem(problemOf(error));
            return false;
        } finally {
            underWay.current = false;
            setBusy(false);
        }
    }, []);
    const clear = useCallback(() => setProblem(null), []);
    return { busy, problem, run, clear };
}
