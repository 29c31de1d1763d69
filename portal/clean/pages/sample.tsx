// A sample: its state, its verdict and why, what it is, and what can be taken from it.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { DescriptionList } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import { useState } from 'react';
import { sampleAddress, type Sample as SampleFacts } from '../../api/clean';
import { problemOf } from '../../parts/action';
import { Copyable } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Fact } from '../../parts/fact';
import { Listing } from '../../parts/listing';
import { Notice } from '../../parts/notice';
import { PageHead } from '../../parts/page_head';
import { ProblemAlert } from '../../parts/problem_alert';
import { Waiting } from '../../parts/waiting';
import { When } from '../../parts/when';
import { bytes, gravestBehaviours, isUnderWay, stateWords, verdictWords } from '../../rules/sample';
import { useAppliance, useSample } from '../known';
import type { PageProps } from '../pages';
import { Tags } from '../samples/tags';
import { Private, State, Verdict } from '../samples/words';

export default function Sample({ id }: PageProps) {
    const sample = useSample(id);
    if (sample.value === undefined) {
        return (
            <>
                <PageHead title="Sample" sentence="What it is, and what the analysis found." />
                {sample.error === undefined ? <Waiting lines={8} /> : <Gone error={sample.error} />}
            </>
        );
    }
    return <Known sample={sample.value} error={sample.error} />;
}

function Gone({ error }: { error: unknown }) {
    return (
        <>
            <ProblemAlert problem={problemOf(error)} />
            <p>
                <a href="#/samples">Back to the samples</a>
            </p>
        </>
    );
}

function Known({ sample, error }: { sample: SampleFacts; error: unknown }) {
    const [downloading, setDownloading] = useState(false);
    const reported = sample.state === 'succ';
    return (
        <>
            <PageHead title={sample.filename} sentence={<>Submitted <When at={sample.submitted_at} /> by <span className="gh-long">{sample.login}</span>.</>}
                action={
                    <div className="gh-buttons">
                        {reported && (
                            <Button component="a" href={sampleAddress(sample.id, 'report.html')} target="_blank" rel="noopener">
                                Open the report
                            </Button>
                        )}
                        <Button variant="secondary" onClick={() => setDownloading(true)}>
                            Download…
                        </Button>
                    </div>
                } />
            {error !== undefined && <ProblemAlert problem={problemOf(error)} />}
            <Outcome sample={sample} />
            <Facts sample={sample} />
            <Tags sample={sample} />
            {downloading && <Download sample={sample} onClose={() => setDownloading(false)} />}
        </>
    );
}

/** Is it all right, and why. */
function Outcome({ sample }: { sample: SampleFacts }) {
    const { analysis } = useAppliance().value ?? {};
    const stuck = sample.state === 'wait' && analysis !== undefined && !(analysis.engine && analysis.reachable);
    const verdict = verdictWords(sample.score, sample.state);
    return (
        <section className="gh-block" aria-label="Verdict">
            <p className="gh-buttons">
                <State state={sample.state} /> {sample.score !== null && <Verdict sample={sample} />} {sample.private && <Private />}
            </p>
            <p>
                {stateWords[sample.state].sentence} {sample.state === 'succ' && verdict.sentence}
            </p>
            {stuck && <Notice variant="warning" title="It waits for the analysis engine.">{analysis.message}</Notice>}
            {sample.message !== null && sample.message !== '' && <Notice variant={sample.state === 'fail' ? 'danger' : 'info'} title={sample.message} />}
            {!isUnderWay(sample.state) && (
                <>
                    <h2>Behaviours</h2>
                    <Listing label="Behaviours" items={gravestBehaviours(sample.behaviours)} keyOf={(each) => `${each.name} ${each.title}`} sortedBy={1} direction="desc"
                        empty={{ title: 'Nothing noticed', sentence: 'What the analysis notices of a file stands here, the gravest first.' }}
                        columns={[
                            { title: 'Behaviour', by: (each) => each.title, cell: (each) => <><strong className="gh-long">{each.title}</strong> <code className="gh-quiet">{each.name}</code></> },
                            { title: 'Severity', by: (each) => each.severity, cell: (each) => `${each.severity} of 100` },
                            { title: 'Confidence', by: (each) => each.confidence, cell: (each) => `${each.confidence} of 100` },
                        ]} />
                </>
            )}
        </section>
    );
}

function Facts({ sample }: { sample: SampleFacts }) {
    return (
        <section className="gh-block">
            <h2>The file</h2>
            <div className="gh-facts">
                <DescriptionList isCompact isHorizontal>
                    <Fact term="Size"><span title={`${sample.size.toLocaleString('en')} bytes`}>{bytes(sample.size)}</span></Fact>
                    <Fact term="SHA-256"><Copyable text={sample.sha256} what="SHA-256" /></Fact>
                    <Fact term="SHA-1"><Copyable text={sample.sha1} what="SHA-1" /></Fact>
                    <Fact term="MD5"><Copyable text={sample.md5} what="MD5" /></Fact>
                    <Fact term="Sample"><Copyable text={sample.id} what="sample's id" /></Fact>
                    <Fact term="Submission">{sample.submission_id}</Fact>
                    <Fact term="Analysis began"><When at={sample.started_at} none="not yet" /></Fact>
                    <Fact term="Analysis ended"><When at={sample.completed_at} none="not yet" /></Fact>
                    {sample.vm !== '' && <Fact term="Virtual machine">{sample.vm}</Fact>}
                    {sample.os !== '' && <Fact term="Operating system">{sample.os}</Fact>}
                    <Fact term="Seen by">{sample.private ? 'who submitted it, and administrators' : 'the organization of who submitted it, and administrators'}</Fact>
                </DescriptionList>
            </div>
        </section>
    );
}

function Download({ sample, onClose }: { sample: SampleFacts; onClose: () => void }) {
    return (
        <Dialog title="Download" onClose={onClose} closeWord="Close">
            <ul className="gh-downloads">
                <li>
                    <a href={sampleAddress(sample.id, 'sample.zip')} download>
                        The file itself, in a zip archive
                    </a>
                    <div>
                        It may do harm: open it only where that does not matter. The password of the archive is <Copyable text="infected" what="password" />
                    </div>
                </li>
                {sample.state === 'succ' && (
                    <li>
                        <a href={sampleAddress(sample.id, 'analysis.json')} download={`${sample.id}.json`}>
                            The analysis, JSON
                        </a>
                        <div className="gh-quiet">For programs.</div>
                    </li>
                )}
            </ul>
        </Dialog>
    );
}
