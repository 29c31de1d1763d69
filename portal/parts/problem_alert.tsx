// A problem as a person reads it: the sentence, then the code for whoever is asked for help.
import type { Problem } from '../rules/problem';
import { sentence } from '../rules/problem';
import { Notice } from './notice';

export function ProblemAlert({ problem }: { problem: Problem | null }) {
    if (problem === null) return null;
    const findings = problem.findings?.filter((finding) => finding.message !== problem.detail) ?? [];
    return (
        <Notice variant="danger" title={sentence(problem)} urgent>
            {findings.length > 0 && (
                <ul>
                    {findings.map((finding) => (
                        <li key={`${finding.code} ${finding.message}`}>
                            {finding.message} {finding.advice}
                        </li>
                    ))}
                </ul>
            )}
            <span className="gh-quiet">
                Code <code>{problem.code}</code>
            </span>
        </Notice>
    );
}
