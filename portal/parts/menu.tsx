// A menu behind a button: what both are called and hold is the caller's, how it opens and closes is the same everywhere.
import { Dropdown } from '@patternfly/react-core/dist/dynamic/components/Dropdown';
import { MenuToggle, type MenuToggleProps } from '@patternfly/react-core/dist/dynamic/components/MenuToggle';
import { useState } from 'react';

export interface MenuProps {
    /** On the button. */
    toggle: React.ReactNode;
    variant?: MenuToggleProps['variant'];
    /** The button's name, where what is on it says too little. */
    name?: string;
    /** Lists of items. */
    children: React.ReactNode;
}

export function Menu({ toggle, variant, name, children }: MenuProps) {
    const [open, setOpen] = useState(false);
    return (
        <Dropdown
            isOpen={open}
            onOpenChange={setOpen}
            onSelect={() => setOpen(false)}
            shouldFocusToggleOnSelect
            popperProps={{ position: 'right', appendTo: 'inline' }}
            toggle={(ref) => (
                <MenuToggle ref={ref} variant={variant} isExpanded={open} onClick={() => setOpen(!open)} aria-label={name}>
                    {toggle}
                </MenuToggle>
            )}
        >
            {children}
        </Dropdown>
    );
}
