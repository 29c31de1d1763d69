// A field that takes one of a few values.
import { FormSelect, FormSelectOption } from '@patternfly/react-core/dist/dynamic/components/FormSelect';
import { Around, attributes, type Labelled } from './field';

export interface ChoiceProps<T extends string> extends Labelled {
    value: T;
    onChange: (value: T) => void;
    choices: readonly { value: T; label: string }[];
}

export function ChoiceField<T extends string>(props: ChoiceProps<T>) {
    const { value, onChange, choices } = props;
    return (
        <Around {...props}>
            <FormSelect {...attributes(props)} value={value} onChange={(_, next) => onChange(next as T)}>
                {choices.map((choice) => (
                    <FormSelectOption key={choice.value} value={choice.value} label={choice.label} />
                ))}
            </FormSelect>
        </Around>
    );
}
