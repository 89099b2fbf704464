// A store that is at work while somebody listens, and survives the moment in which React lets go and takes hold again.

export abstract class SharedStore<Snapshot> {
  #snapshot: Snapshot;
  readonly #empty: Snapshot;
  readonly #listeners = new Set<() => void>();
  #stop: (() => void) | undefined;

  constructor(empty: Snapshot) {
    this.#snapshot = empty;
    this.#empty = empty;
  }

  /** Begins to fill the store. Returns what ends it. */
  protected abstract start(): () => void;

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** What a server renders: nothing is subscribed there. */
  readonly getServerSnapshot = (): Snapshot => this.#empty;

  readonly subscribe = (listener: () => void): (() => void) => {
    // Each call counts, even with a function that listens already.
    const entry = (): void => listener();
    this.#listeners.add(entry);
    this.#stop ??= this.start();
    return () => {
      this.#listeners.delete(entry);
      // StrictMode unmounts and mounts again at once: the subscription stays.
      void Promise.resolve().then(() => this.#stopUnused());
    };
  };

  protected set(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const listener of [...this.#listeners]) listener();
  }

  #stopUnused(): void {
    if (this.#listeners.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}
