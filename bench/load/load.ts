// What every kind of load can do when the harness asks; one implementation for each kind of workload.

/** What a run of load counted. */
export interface LoadCount {
  /** Messages answered, deliveries received, or handshakes done. */
  readonly messages: number;
  /** Wall time from the first message to the last answer. */
  readonly elapsedMs: number;
  /** Payload and framing received, in bytes for each message. */
  readonly wireBytes: number;
}

/** How long answers took when messages leave on a schedule, whether or not earlier ones are answered. */
export interface Latency {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

export interface Load {
  /** Opens this many more connections. */
  open(count: number): Promise<void>;
  /** Drives the server for about this long, then waits for the last answer. */
  run?(durationMs: number): Promise<LoadCount>;
  /** Sends this many messages a second for about this long. */
  latency?(durationMs: number, perSecond: number): Promise<Latency>;
}

/** How the run under way ends; a failure of a connection ends it, or the next one. */
export class Outcome {
  #failure: Error | undefined;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  /** Resolves at the next `succeed`; rejects when anything has failed, or fails before. */
  next(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#failure !== undefined) reject(this.#failure);
    });
  }

  succeed(): void {
    this.#resolve();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#reject(error);
  }
}
