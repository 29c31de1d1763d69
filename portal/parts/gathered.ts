// Much that happens at once becomes one piece of work: the first thing begins a pause, at whose end all are dealt with.

export interface Gathered<T> {
    add: (...things: T[]) => void;
    /** Nothing more is done. */
    end: () => void;
}

export function gathered<T>(pause: number, deal: (things: T[]) => void): Gathered<T> {
    const things = new Set<T>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    return {
        add: (...more) => {
            for (const thing of more) things.add(thing);
            timer ??= setTimeout(() => {
                timer = undefined;
                const all = [...things];
                things.clear();
                deal(all);
            }, pause);
        },
        end: () => clearTimeout(timer),
    };
}
