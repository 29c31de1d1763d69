// Samples: submitting them, and finding what became of them.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/dynamic/components/Checkbox';
import { Label } from '@patternfly/react-core/dist/dynamic/components/Label';
import { useEffect, useState } from 'react';
import { call, type Sample } from '../../api/clean';
import { ChoiceField } from '../../parts/choice_field';
import { filesOf } from '../../parts/files';
import { PageHead } from '../../parts/page_head';
import { usePages } from '../../parts/pages';
import { RemoteListing, type RemoteColumn } from '../../parts/remote_listing';
import { addressOf, goInstead, usePlace } from '../../parts/route';
import { SearchField } from '../../parts/search_field';
import { When } from '../../parts/when';
import type { Direction } from '../../rules/listing';
import { isState, scoreChoices, states, stateWords } from '../../rules/sample';
import { Submit } from '../samples/submit';
import { UnderWay } from '../samples/under_way';
import { Name, Private, State, Verdict } from '../samples/words';

const pageSize = 50;

const columns: readonly RemoteColumn<Sample>[] = [
    { title: 'File', order: 'filename', cell: (sample) => <File sample={sample} /> },
    { title: 'State', cell: (sample) => <State state={sample.state} /> },
    { title: 'Verdict', order: 'score', cell: (sample) => <Verdict sample={sample} /> },
    { title: 'Submitted', order: 'submitted_at', cell: (sample) => <When at={sample.submitted_at} /> },
    { title: 'By', cell: (sample) => <span className="gh-long">{sample.login}</span> },
];

function File({ sample }: { sample: Sample }) {
    return (
        <span className="gh-labelled">
            <a href={`#/samples/${sample.id}`}>
                <Name>{sample.filename}</Name>
            </a>
            {sample.private && <Private />}
            {sample.tags.map((tag) => (
                <Label key={tag} isCompact variant="outline">
                    <bdi>{tag}</bdi>
                </Label>
            ))}
        </span>
    );
}

const sorts = ['submitted_at', 'filename', 'score'] as const;
const stateChoices = [{ value: '', label: 'Any state' }, ...states.map((state) => ({ value: state as string, label: stateWords[state].word }))];

/** What is asked for, as the address says it. What it says and nobody knows is passed over. */
function wishOf(query: URLSearchParams) {
    const state = query.get('state') ?? '';
    const score = query.get('min_score') ?? '';
    const sort = sorts.find((each) => each === query.get('sort')) ?? 'submitted_at';
    const order: Direction = query.get('order') === 'asc' ? 'asc' : query.get('order') === 'desc' ? 'desc' : sort === 'filename' ? 'asc' : 'desc';
    return {
        search: query.get('search') ?? '',
        state: isState(state) ? state : undefined,
        mine: query.get('mine') === 'true' ? true : undefined,
        min_score: scoreChoices.some(({ value }) => value !== '' && value === score) ? Number(score) : undefined,
        sort,
        order,
    };
}

/** Files can be dropped wherever the page is. */
function useDrop(onFiles: (files: File[]) => void) {
    const [over, setOver] = useState(false);
    // A dialog's events come here too, though it lies elsewhere; it takes its files by itself.
    const brings = (event: React.DragEvent) => event.dataTransfer.types.includes('Files') && event.currentTarget.contains(event.target as globalThis.Node);
    useEffect(() => {
        // Beside the place the browser would open the file, and leave the page.
        const stay = (event: DragEvent) => event.preventDefault();
        window.addEventListener('dragover', stay);
        window.addEventListener('drop', stay);
        return () => {
            window.removeEventListener('dragover', stay);
            window.removeEventListener('drop', stay);
        };
    }, []);
    return {
        over,
        handlers: {
            onDragOver: (event: React.DragEvent) => {
                if (!brings(event)) return;
                event.preventDefault();
                setOver(true);
            },
            onDragLeave: (event: React.DragEvent) => {
                if (!event.currentTarget.contains(event.relatedTarget as globalThis.Node | null)) setOver(false);
            },
            onDrop: (event: React.DragEvent) => {
                if (!brings(event)) return;
                event.preventDefault();
                setOver(false);
                onFiles(filesOf(event.dataTransfer).files);
            },
        },
    };
}

export default function Samples() {
    const { query } = usePlace();
    const wish = wishOf(query);
    const [submitting, setSubmitting] = useState<readonly globalThis.File[] | null>(null);
    const drop = useDrop((files) => setSubmitting(files));
    const key = `samples ${JSON.stringify(wish)}`;
    const pages = usePages(key, (cursor) => call('get', '/api/v1/samples', { query: { ...wish, cursor, limit: pageSize } }));
    const amend = (change: Record<string, string | undefined>) => goInstead(addressOf('/samples', { ...Object.fromEntries(query), ...change }));
    const filtered = wish.search !== '' || wish.state !== undefined || wish.mine !== undefined || wish.min_score !== undefined;
    const button = <Button onClick={() => setSubmitting([])}>Submit samples…</Button>;
    return (
        <div className={drop.over ? 'gh-page-drop gh-drop-over' : 'gh-page-drop'} {...drop.handlers}>
            <PageHead title="Samples" sentence="Files that were submitted, and what the analysis found. Drop files anywhere here to submit them." action={button} />
            <UnderWay />
            <div className="gh-filters" role="search" aria-label="Samples">
                <SearchField id="samples-search" label="Search" value={wish.search} placeholder="File name, digest, tag or login" onSearch={(search) => amend({ search })} />
                <ChoiceField id="samples-state" label="State" value={wish.state ?? ''} choices={stateChoices} onChange={(state) => amend({ state })} />
                <ChoiceField id="samples-score" label="Verdict" value={wish.min_score === undefined ? '' : String(wish.min_score)} choices={scoreChoices}
                    onChange={(min_score) => amend({ min_score })} />
                <Checkbox id="samples-mine" label="Only those I submitted" isChecked={wish.mine === true} onChange={(_, checked) => amend({ mine: checked ? 'true' : undefined })} />
            </div>
            <RemoteListing label="Samples" columns={columns} pages={pages} keyOf={(sample) => sample.id} sort={wish.sort} direction={wish.order}
                onSort={(sort, order) => amend({ sort, order })}
                empty={filtered
                    ? { title: 'Nothing found', sentence: 'No sample that you may see is like that.', action: <Button variant="link" onClick={() => goInstead('/samples')}>Show all samples</Button> }
                    : { title: 'No samples yet', sentence: 'Submit files here, or with the API key of your profile; devices submit theirs by themselves.' }} />
            {submitting !== null && <Submit dropped={submitting} onClose={() => setSubmitting(null)} />}
        </div>
    );
}
