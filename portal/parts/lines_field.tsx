// A field of several lines in monospace: names, servers, PEM.
import { TextArea } from '@patternfly/react-core/dist/dynamic/components/TextArea';
import { Around, attributes, type Labelled } from './field';

export interface LinesProps extends Labelled {
    value: string;
    onChange: (value: string) => void;
    rows?: number;
    placeholder?: string;
    autoFocus?: boolean;
}

export function LinesField(props: LinesProps) {
    const { value, onChange, rows = 3, placeholder, autoFocus } = props;
    return (
        <Around {...props}>
            <TextArea
                {...attributes(props)}
                value={value}
                onChange={(_, next) => onChange(next)}
                rows={rows}
                placeholder={placeholder}
                autoFocus={autoFocus}
                resizeOrientation="vertical"
                spellCheck={false}
                className="gh-mono"
            />
        </Around>
    );
}
