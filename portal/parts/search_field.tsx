// A field that searches while one types: what is typed is taken once the hand rests.
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput';
import { useEffect, useRef, useState } from 'react';
import { Around } from './field';

const rest = 300; // milliseconds

export interface SearchProps {
    id: string;
    label: string;
    value: string;
    onSearch: (value: string) => void;
    placeholder?: string;
}

export function SearchField({ id, label, value, onSearch, placeholder }: SearchProps) {
    const [typed, setTyped] = useState(value);
    const taken = useRef(value);
    const search = useRef(onSearch);
    useEffect(() => {
        search.current = onSearch;
    });
    // Another value than the one that was taken from here: a link or the way back.
    useEffect(() => {
        if (value === taken.current) return;
        taken.current = value;
        setTyped(value);
    }, [value]);
    useEffect(() => {
        const wanted = typed.trim();
        if (wanted === taken.current) return undefined;
        const timer = setTimeout(() => {
            taken.current = wanted;
            search.current(wanted);
        }, rest);
        return () => clearTimeout(timer);
    }, [typed]);
    return (
        <Around id={id} label={label}>
            <TextInput id={id} type="search" value={typed} onChange={(_, next) => setTyped(next)} placeholder={placeholder} autoComplete="off"
                spellCheck={false} />
        </Around>
    );
}
