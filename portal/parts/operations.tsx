// The menu of what may be done with a thing.
import { DropdownItem, DropdownList } from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { Menu } from './menu';

export interface OperationsProps<Name extends string> {
    /** The thing, for those who cannot see beside what the menu stands. */
    on: string;
    offered: readonly Name[];
    words: Record<Name, string>;
    onOperation: (name: Name) => void;
}

export function Operations<Name extends string>({ on, offered, words, onOperation }: OperationsProps<Name>) {
    return (
        <Menu toggle="Operations" name={`Operations on ${on}`}>
            <DropdownList>
                {offered.map((name) => (
                    <DropdownItem key={name} onClick={() => onOperation(name)}>
                        {words[name]}
                    </DropdownItem>
                ))}
            </DropdownList>
        </Menu>
    );
}
