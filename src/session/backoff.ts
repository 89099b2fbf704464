// Full-jitter backoff: after a crash or a deploy, reconnects spread.

export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds; it doubles with each attempt.
   * @default 500 */
  readonly baseMs?: number;
  /** @default 20_000 */
  readonly maxMs?: number;
  /** No wait is shorter: nobody retries in the same instant.
   * @default 50 */
  readonly minMs?: number;
}

export const backoffDefaults: Required<BackoffOptions> = Object.freeze({
  baseMs: 500,
  maxMs: 20_000,
  minMs: 50,
});

export class Backoff {
  readonly #options: Required<BackoffOptions>;
  readonly #random: () => number;
  #attempts = 0;

  /** `random` gives numbers from 0 up to 1. */
  constructor(random: () => number, options: BackoffOptions = {}) {
    this.#random = random;
    this.#options = { ...backoffDefaults, ...options };
  }

  /** The next wait, in milliseconds. */
  next(): number {
    const { baseMs, maxMs, minMs } = this.#options;
    const bound = Math.min(maxMs, baseMs * 2 ** Math.min(this.#attempts++, 30));
    return Math.max(minMs, Math.floor(this.#random() * bound));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
