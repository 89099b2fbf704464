// How fast one connection may bring messages and bytes: counted down in plain integers, with a clock only when they run out.

import { TokenBucket } from '../../protocol/index.ts';
import type { ConnectionLimits } from './connection-limits.ts';

type RateLimits = Required<Pick<ConnectionLimits, 'maxMessagesPerSecond' | 'maxBytesPerSecond'>>;

/** What a connection may bring before the clock is looked at: this, or this part of a second's worth if that is less. */
const PORTION = { messages: 64, bytes: 16 * 1024, ofSecond: 1 / 16 };

export interface Portion {
  readonly messages: number;
  readonly bytes: number;
}

export function portionOf({ maxMessagesPerSecond, maxBytesPerSecond }: RateLimits): Portion {
  return {
    messages: Math.min(PORTION.messages, Math.ceil(maxMessagesPerSecond * PORTION.ofSecond)),
    bytes: Math.min(PORTION.bytes, Math.ceil(maxBytesPerSecond * PORTION.ofSecond)),
  };
}

/** Made for a connection when it has used its first portion. */
export class InboundRate {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  #timer: NodeJS.Timeout | undefined;

  constructor({ maxMessagesPerSecond, maxBytesPerSecond }: RateLimits, now: number) {
    this.#messages = new TokenBucket({ burst: maxMessagesPerSecond, perSecond: maxMessagesPerSecond }, now);
    this.#bytes = new TokenBucket({ burst: maxBytesPerSecond, perSecond: maxBytesPerSecond }, now);
  }

  /**
   * Charges what was brought by `now`. Returns the limit that it exceeds, if it does: then nothing more is to be read until
   * `onReady` is called.
   */
  spend(now: number, { messages, bytes }: Portion, onReady: () => void): keyof RateLimits | undefined {
    const messagesMs = this.#messages.spend(now, messages);
    const bytesMs = this.#bytes.spend(now, bytes);
    const waitMs = Math.max(messagesMs, bytesMs);
    if (waitMs === 0) return undefined;
    this.#timer = setTimeout(onReady, waitMs);
    return messagesMs >= bytesMs ? 'maxMessagesPerSecond' : 'maxBytesPerSecond';
  }

  /** The connection is gone. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
