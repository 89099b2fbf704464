// How long to wait before the next attempt to connect: exponential backoff with full jitter.

export interface BackoffOptions {
  /** The longest wait before the first retry, in milliseconds. */
  readonly firstMs: number;
  /** The longest wait before any retry, in milliseconds. */
  readonly maxMs: number;
}

/**
 * A wait between nothing and the bound of this attempt, which doubles each time. Because it is spread evenly, a thousand
 * pages that lost the same server do not come back in the same instant.
 *
 * @param attempt 0 for the first retry.
 * @param random A number from 0 up to 1, as of `Math.random`.
 */
export function fullJitterMs(attempt: number, { firstMs, maxMs }: BackoffOptions, random: number): number {
  return random * Math.min(maxMs, firstMs * 2 ** attempt);
}
