// A labelled field of a form with its help and, beside it, what is wrong with it; and the plainest one, a line of text. The
// others stand in files of their own, so that the sign-in page does not fetch them.
import { FormGroup, FormHelperText } from '@patternfly/react-core/dist/dynamic/components/Form';
import { HelperText, HelperTextItem } from '@patternfly/react-core/dist/dynamic/components/HelperText';
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';

export interface Labelled {
    id: string;
    label: string;
    help?: React.ReactNode;
    error?: string | undefined;
    required?: boolean;
    disabled?: boolean;
}

export function Around({ id, label, help, error, required, children }: Labelled & { children: React.ReactNode }) {
    return (
        <FormGroup label={label} fieldId={id} isRequired={required ?? false}>
            {children}
            {(error ?? help) && (
                <FormHelperText>
                    <HelperText id={`${id}-help`} isLiveRegion={error !== undefined}>
                        {error !== undefined && <HelperTextItem variant="error">{error}</HelperTextItem>}
                        {help && <HelperTextItem>{help}</HelperTextItem>}
                    </HelperText>
                </FormHelperText>
            )}
        </FormGroup>
    );
}

export function attributes({ id, help, error, required, disabled }: Labelled) {
    return {
        id,
        isRequired: required ?? false,
        isDisabled: disabled ?? false,
        validated: error === undefined ? ('default' as const) : ('error' as const),
        'aria-invalid': error !== undefined,
        ...(error !== undefined || help ? { 'aria-describedby': `${id}-help` } : {}),
    };
}

export interface TextProps extends Labelled {
    value: string;
    onChange: (value: string) => void;
    type?: 'text' | 'password' | 'email' | 'datetime-local' | 'number';
    autoComplete?: string;
    inputMode?: 'numeric' | 'text';
    autoFocus?: boolean;
    placeholder?: string;
    mono?: boolean;
}

export function TextField(props: TextProps) {
    const { value, onChange, type = 'text', autoComplete = 'off', inputMode, autoFocus, placeholder, mono } = props;
    return (
        <Around {...props}>
            <TextInput
                {...attributes(props)}
                value={value}
                onChange={(_, next) => onChange(next)}
                type={type}
                autoComplete={autoComplete}
                inputMode={inputMode}
                autoFocus={autoFocus}
                placeholder={placeholder}
                autoCapitalize="none"
                spellCheck={false}
                className={mono ? 'gh-mono' : ''}
            />
        </Around>
    );
}
