// How fast one client may ask: a token bucket for everything it sends, and one each for what costs more.

import type { ClientPacket, PacketPace } from '../session/index.ts';
import { TokenBucket } from '../websocket/index.ts';

/** Of one connection. A second's worth may come at once. */
export interface RateLimits {
  /**
   * Packets in a second. What only keeps the flow going (`credit`, `ack`, `ping`, `cancel`, `unsub`, `bye`) counts, and is
   * never refused.
   * Beyond: `rate_limited`; who goes on for ten seconds' worth is closed with 4429.
   * @default 5_000, or `maxMessagesPerSecond` if that is less
   */
  readonly maxPacketsPerSecond: number;
  /**
   * Publications in a second.
   * Beyond: `rate_limited`.
   * @default 500, or `maxPacketsPerSecond` if that is less
   */
  readonly maxPublishesPerSecond: number;
  /**
   * Subscriptions, pages of history, presence, calls and renewed credentials in a second.
   * Beyond: `rate_limited`.
   * @default 500, or `maxPacketsPerSecond` if that is less
   */
  readonly maxRequestsPerSecond: number;
}

export const rateLimitDefaults: RateLimits = Object.freeze({
  maxPacketsPerSecond: 5_000,
  maxPublishesPerSecond: 500,
  maxRequestsPerSecond: 500,
});

type Costly = 'maxPublishesPerSecond' | 'maxRequestsPerSecond';

/** What is never refused keeps the flow going, or ends something. */
const limitOf: Readonly<Record<ClientPacket['t'], Costly | undefined>> = {
  pub: 'maxPublishesPerSecond',
  sub: 'maxRequestsPerSecond',
  hist: 'maxRequestsPerSecond',
  pres: 'maxRequestsPerSecond',
  rpc: 'maxRequestsPerSecond',
  auth: 'maxRequestsPerSecond',
  hello: undefined,
  unsub: undefined,
  ack: undefined,
  credit: undefined,
  cancel: undefined,
  ping: undefined,
  bye: undefined,
};

/** Owing so much, a client is not in a hurry, but an attack. */
const maxDebtMs = 10_000;

export class PacketRates implements PacketPace {
  readonly #limits: RateLimits;
  readonly #onLimit: (limit: keyof RateLimits) => void;
  #packets: TokenBucket | undefined;
  #publishes: TokenBucket | undefined;
  #requests: TokenBucket | undefined;

  constructor(limits: RateLimits, onLimit: (limit: keyof RateLimits) => void) {
    this.#limits = limits;
    this.#onLimit = onLimit;
  }

  admit(type: ClientPacket['t'], now: number): number {
    this.#packets ??= this.#bucket('maxPacketsPerSecond', now);
    const debtMs = this.#packets.spend(now, 1);
    const limit = limitOf[type];
    if (debtMs > 0 && (limit !== undefined || debtMs > maxDebtMs)) {
      this.#onLimit('maxPacketsPerSecond');
      return debtMs > maxDebtMs ? Number.POSITIVE_INFINITY : debtMs;
    }
    if (limit === undefined) return 0;
    const bucket = this.#bucketOf(limit, now);
    if (bucket.take(now)) return 0;
    this.#onLimit(limit);
    return bucket.waitMs(now);
  }

  /** Made when it is needed first: most connections only listen. */
  #bucketOf(limit: Costly, now: number): TokenBucket {
    if (limit === 'maxPublishesPerSecond') {
      this.#publishes ??= this.#bucket(limit, now);
      return this.#publishes;
    }
    this.#requests ??= this.#bucket(limit, now);
    return this.#requests;
  }

  #bucket(limit: keyof RateLimits, now: number): TokenBucket {
    const perSecond = this.#limits[limit];
    return new TokenBucket({ perSecond, burst: perSecond }, now);
  }
}
