// The appliance's two networks in words. Pure.

export type NetworkName = 'clean' | 'dirty';

export const networkWords: Record<NetworkName, string> = { clean: 'Clean network', dirty: 'Dirty network' };

/** For a call that goes out. */
export const networkChoices: readonly { value: NetworkName; label: string }[] = [
    { value: 'dirty', label: 'Dirty: the way disposition updates go' },
    { value: 'clean', label: 'Clean: the way to your own network' },
];
