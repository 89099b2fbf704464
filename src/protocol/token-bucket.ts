// A token bucket: lets a burst through, then a steady rate. It has no clock: every call is told the time.

import { UsageError } from './errors.ts';

export interface TokenBucketOptions {
  /** Tokens that a full bucket holds: the longest burst. */
  readonly burst: number;
  /** Tokens that come back each second. */
  readonly perSecond: number;
}

export class TokenBucket {
  private readonly burst: number;
  private readonly perMs: number;
  private tokens: number;
  private filledAt: number;

  /**
   * A full bucket. `now` is in milliseconds, of a clock that never goes back, here as in every method.
   * @throws {UsageError} when the burst or the rate is not a positive number.
   */
  constructor({ burst, perSecond }: TokenBucketOptions, now: number) {
    this.burst = positive('burst', burst);
    this.perMs = positive('perSecond', perSecond) / 1000;
    this.tokens = burst;
    this.filledAt = now;
  }

  /** Takes `cost` tokens if there are as many; otherwise takes none and says `false`. */
  take(now: number, cost = 1): boolean {
    this.fill(now);
    if (this.tokens < cost) return false;
    this.tokens -= cost;
    return true;
  }

  /**
   * Takes `cost` tokens whether there are as many or not, for what has been used already. Returns how long to wait, in
   * milliseconds, until nothing is owed; 0 when nothing is.
   */
  spend(now: number, cost: number): number {
    this.fill(now);
    this.tokens -= cost;
    return this.tokens >= 0 ? 0 : Math.ceil(-this.tokens / this.perMs);
  }

  /** How long until `take` will succeed, in milliseconds; `Infinity` for a cost above the burst. */
  waitMs(now: number, cost = 1): number {
    if (cost > this.burst) return Number.POSITIVE_INFINITY;
    this.fill(now);
    return this.tokens >= cost ? 0 : Math.ceil((cost - this.tokens) / this.perMs);
  }

  /** Whether it holds a whole burst: then it is as good as a new one, and need not be kept. */
  isFull(now: number): boolean {
    this.fill(now);
    return this.tokens >= this.burst;
  }

  private fill(now: number): void {
    const elapsedMs = now - this.filledAt;
    if (elapsedMs <= 0) return;
    this.tokens = Math.min(this.burst, this.tokens + elapsedMs * this.perMs);
    this.filledAt = now;
  }
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${name} must be a positive number, not ${String(value)}`);
}
