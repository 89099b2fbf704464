// A token bucket: lets a burst through, then a steady rate.

export interface TokenBucketOptions {
  /** Tokens that a full bucket holds: the longest burst. */
  readonly burst: number;
  /** Tokens that come back each second. */
  readonly perSecond: number;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAt: number;

  /** @param now A monotonic clock's milliseconds, as for `take`. */
  constructor(options: TokenBucketOptions, now: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = now;
  }

  /** Takes one token; `false` when none is left. */
  take(now: number): boolean {
    const { burst, perSecond } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
