// The menu of what may be done with a thing.
import { Dropdown, DropdownItem, DropdownList } from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { MenuToggle } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { useState } from 'react';

export interface OperationsProps<Name extends string> {
    /** The thing, for those who cannot see beside what the menu stands. */
    on: string;
    offered: readonly Name[];
    words: Record<Name, string>;
    onOperation: (name: Name) => void;
}

export function Operations<Name extends string>({ on, offered, words, onOperation }: OperationsProps<Name>) {
    const [open, setOpen] = useState(false);
    return (
        <Dropdown
            isOpen={open}
            onOpenChange={setOpen}
            onSelect={() => setOpen(false)}
            shouldFocusToggleOnSelect
            popperProps={{ position: 'right', appendTo: 'inline' }}
            toggle={(ref) => (
                <MenuToggle ref={ref} isExpanded={open} onClick={() => setOpen(!open)} aria-label={`Operations on ${on}`}>
                    Operations
                </MenuToggle>
            )}
        >
            <DropdownList>
                {offered.map((name) => (
                    <DropdownItem key={name} onClick={() => onOperation(name)}>
                        {words[name]}
                    </DropdownItem>
                ))}
            </DropdownList>
        </Dropdown>
    );
}
