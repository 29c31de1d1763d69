// The coloured strip at the top of every page: which door this is, so that nobody changes the wrong one.

export function Strip({ children }: { children: string }) {
    return (
        <section className="gh-strip" aria-label="Which door">
            {children}
        </section>
    );
}
