// A set of callbacks: added, removed, and all called.

export class Listeners<Event> {
  readonly #listeners = new Set<{ readonly call: (event: Event) => void }>();

  get size(): number {
    return this.#listeners.size;
  }

  /** Returns what removes it. The same function may be added twice. */
  add(listener: (event: Event) => void): () => void {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** One that throws does not keep the others from being called: it is reported. */
  call(event: Event, report: (error: unknown) => void): void {
    for (const { call } of [...this.#listeners]) {
      try {
        call(event);
      } catch (error) {
        report(error);
      }
    }
  }
}
