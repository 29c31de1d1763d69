// A service as it stands in the list: is it all right, what waits, what came of it last, and what may be done.
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button';
import { DescriptionList } from '@patternfly/react-core/dist/dynamic/components/DescriptionList';
import type { DispositionService } from '../../api/clean';
import { Fact } from '../../parts/fact';
import { Notice } from '../../parts/notice';
import { Operations } from '../../parts/operations';
import { When } from '../../parts/when';
import { droppedWords, failedWords, stateWords, waitingWords } from '../../rules/disposition';
import { networkWords } from '../../rules/network';
import { State } from './words';

export type OperationName = 'test' | 'edit' | 'failed' | 'remove';

const operationWords: Record<OperationName, string> = { test: 'Test Connection…', edit: 'Edit…', failed: 'Show what failed…', remove: 'Remove…' };

interface Props {
    service: DispositionService;
    onOperation: (name: OperationName) => void;
    onRetry: () => void;
}

export function Service({ service, onOperation, onRetry }: Props) {
    const { url, user, password, network, state, message, queue } = service;
    const offered: OperationName[] = queue.failed > 0 ? ['test', 'edit', 'failed', 'remove'] : ['test', 'edit', 'remove'];
    return (
        <li className="gh-door" data-service={service.id}>
            <div className="gh-labelled">
                <h2 className="gh-long">{url}</h2>
                <span role="status">
                    <State service={service} />
                </span>
            </div>
            <div className="gh-door-actions">
                <Operations on={url} offered={offered} words={operationWords} onOperation={onOperation} />
            </div>
            {state === 'telling' && message !== '' && (
                <div className="gh-door-finding">
                    <Notice variant="warning" title={message} />
                </div>
            )}
            {(state === 'away' || state === 'locked') && (
                <div className="gh-door-finding">
                    <Notice variant={state === 'locked' ? 'danger' : 'warning'} title={message || stateWords[state].sentence} action={
                        <Button variant="link" isInline onClick={() => onOperation(state === 'locked' ? 'edit' : 'test')}>
                            {state === 'locked' ? 'Enter the password…' : operationWords.test}
                        </Button>
                    } />
                </div>
            )}
            <div className="gh-door-finding gh-facts">
                <DescriptionList isCompact isHorizontal>
                    <Fact term="User"><bdi className="gh-long">{user}</bdi></Fact>
                    <Fact term="Password">{password}</Fact>
                    <Fact term="Network">{networkWords[network]}</Fact>
                    <Fact term="Queue"><QueueFacts queue={queue} url={url} onShow={() => onOperation('failed')} onRetry={onRetry} /></Fact>
                    <Fact term="Last success"><When at={service.last_success_at} /></Fact>
                    <Fact term="Last failure">
                        <When at={service.last_failure?.at ?? null} />
                        {service.last_failure !== null && service.last_failure.message !== message && <>: <span className="gh-detail">{service.last_failure.message}</span></>}
                    </Fact>
                </DescriptionList>
            </div>
        </li>
    );
}

interface QueueProps {
    queue: DispositionService['queue'];
    url: string;
    onShow: () => void;
    onRetry: () => void;
}

function QueueFacts({ queue, url, onShow, onRetry }: QueueProps) {
    const failed = failedWords(queue);
    const dropped = droppedWords(queue);
    return (
        <>
            <div>
                {waitingWords(queue)}
                {queue.waiting > 0 && queue.oldest_waiting_at !== null && <> since <When at={queue.oldest_waiting_at} />.</>}
            </div>
            {failed !== null && (
                <div className="gh-buttons">
                    <span>{failed}</span>
                    <Button variant="link" isInline onClick={onShow} aria-label={`Show what ${url} could not be told`}>
                        Show
                    </Button>
                    <Button variant="link" isInline onClick={onRetry} aria-label={`Retry all of ${url}`}>
                        Retry all
                    </Button>
                </div>
            )}
            {dropped !== null && <div>{dropped}</div>}
        </>
    );
}
