// Decides when a worker that ended is started again, and when it has ended too often for that.

export interface RestartPolicyOptions {
  /** Restarts allowed within `windowMs`; one end more, and there is none. @default 5 */
  readonly maxRestarts?: number;
  /** After this time an end is forgotten, in milliseconds. @default 60_000 */
  readonly windowMs?: number;
  /** The wait before the first restart, in milliseconds; it doubles with each one the window holds. @default 100 */
  readonly firstDelayMs?: number;
}

export class RestartPolicy {
  readonly #maxRestarts: number;
  readonly #windowMs: number;
  readonly #firstDelayMs: number;
  #ends: number[] = [];

  constructor({ maxRestarts = 5, windowMs = 60_000, firstDelayMs = 100 }: RestartPolicyOptions = {}) {
    this.#maxRestarts = maxRestarts;
    this.#windowMs = windowMs;
    this.#firstDelayMs = firstDelayMs;
  }

  /** Notes that the worker ended. Returns how long to wait before the next, in milliseconds; undefined to give up. */
  delayAfterEnd(now: number): number | undefined {
    this.#ends = this.#ends.filter((end) => now - end < this.#windowMs);
    this.#ends.push(now);
    if (this.#ends.length > this.#maxRestarts) return undefined;
    return this.#firstDelayMs * 2 ** (this.#ends.length - 1);
  }
}
