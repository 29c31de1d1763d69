// A sample's tags: added, and removed again.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Form } from '@patternfly/react-core/dist/dynamic/components/Form';
import { Label, LabelGroup } from '@patternfly/react-core/dist/dynamic/components/Label';
import { useState } from 'react';
import { call, type Sample } from '../../api/clean';
import { useAction } from '../../parts/action';
import { know, refresh } from '../../parts/data';
import { TextField } from '../../parts/field';
import { ProblemAlert } from '../../parts/problem_alert';
import { placeProblem } from '../../rules/problem';
import { tagFault } from '../../rules/sample';

export function Tags({ sample }: { sample: Sample }) {
    const [tag, setTag] = useState('');
    const { busy, problem, run } = useAction();
    const wanted = tag.trim();
    const fault = wanted.includes(',') ? 'One tag at a time; a comma separates tags.' : tagFault(wanted);
    const { at, general } = placeProblem(problem, ['tag']);
    const path = { id: sample.id };
    const changed = (tags: string[]) => {
        know<Sample>(`sample/${sample.id}`, (before) => ({ ...before, tags }));
        refresh('samples', `sample/${sample.id}`);
    };
    const add = (event: React.FormEvent) => {
        event.preventDefault();
        if (wanted === '' || fault !== undefined) return;
        void run(async () => {
            await call('post', '/api/v1/samples/{id}/tags', { path, body: { tag: wanted } });
            changed(sample.tags.includes(wanted) ? sample.tags : [...sample.tags, wanted]);
            setTag('');
        });
    };
    const remove = (gone: string) => run(async () => {
        await call('delete', '/api/v1/samples/{id}/tags/{tag}', { path: { ...path, tag: gone } });
        changed(sample.tags.filter((each) => each !== gone));
    });
    return (
        <section className="gh-block">
            <h2>Tags</h2>
            {sample.tags.length === 0 ? (
                <p className="gh-quiet">None yet. Tags help to find samples that belong together.</p>
            ) : (
                <LabelGroup aria-label="Tags" numLabels={100}>
                    {sample.tags.map((each) => (
                        <Label key={each} variant="outline" onClose={() => void remove(each)} closeBtnAriaLabel={`Remove the tag ${each}`}>
                            <bdi>{each}</bdi>
                        </Label>
                    ))}
                </LabelGroup>
            )}
            <ProblemAlert problem={general} />
            <Form onSubmit={add} noValidate className="gh-narrow">
                <TextField id="tag" label="Another tag" value={tag} onChange={setTag} error={fault ?? at['tag']} />
                <div className="gh-buttons">
                    <Button type="submit" variant="secondary" isLoading={busy} isDisabled={busy || wanted === '' || fault !== undefined}>
                        Add
                    </Button>
                </div>
            </Form>
        </section>
    );
}
