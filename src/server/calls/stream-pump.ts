// Draws the items of a stream one by one, and waits while there is no room for the next.

export interface StreamPumpOptions {
  /** Sends an item. Returns whether there is room for another one; if not, `resume` is called later. */
  onItem(item: unknown): boolean;
  report(error: unknown): void;
}

export class StreamPump {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #options: StreamPumpOptions;
  #isStopped = false;
  #release: (() => void) | undefined;

  constructor(source: AsyncIterable<unknown>, options: StreamPumpOptions) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#options = options;
  }

  /** Resolves when the stream has ended or was stopped; rejects with what it threw. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      const { done, value } = await this.#iterator.next();
      if (done === true || this.#isStopped) return;
      let hasRoom: boolean;
      try {
        hasRoom = this.#options.onItem(value);
      } catch (error) {
        this.stop();
        throw error;
      }
      if (!hasRoom && !this.#isStopped) {
        await new Promise<void>((resolve) => {
          this.#release = resolve;
        });
      }
    }
  }

  resume(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** The source is told, so that its `finally` runs; an item that it still computes is dropped. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.resume();
    void this.#endSource();
  }

  /** One written by hand may throw here, or return no promise: whoever stops it must not be hurt by that. */
  async #endSource(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch (error) {
      this.#options.report(error);
    }
  }
}
