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

/** Resolves once; `fail` may be called from any callback of a connection. */
export class Outcome {
  readonly promise: Promise<void>;
  succeed!: () => void;
  fail!: (reason: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
    // A failure between two runs is reported by the next one.
    this.promise.catch(() => {});
  }
}
