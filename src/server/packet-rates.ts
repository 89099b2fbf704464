// How fast one client may ask: a token bucket for everything it sends, and one each for what costs more.

import { UsageError } from '../channel/index.ts';
import type { ClientPacket, PacketPace } from '../session/index.ts';
import { TokenBucket, type TokenBucketOptions } from '../websocket/index.ts';

/** Each a rate in packets per second, and how many may come at once. */
export interface RateLimits {
  /** Every packet. Requests beyond are refused with `rate_limited`; a client that goes on for ten seconds' worth is closed
   * with 4429. @default { perSecond: 5_000, burst: 10_000 } */
  readonly packets: TokenBucketOptions;
  /** Publishes. Beyond: `rate_limited`. @default { perSecond: 500, burst: 1_000 } */
  readonly publishes: TokenBucketOptions;
  /** Subscriptions, history, presence, calls and renewed credentials. Beyond: `rate_limited`.
   * @default { perSecond: 200, burst: 1_000 } */
  readonly requests: TokenBucketOptions;
}

export const rateLimitDefaults: RateLimits = Object.freeze({
  packets: Object.freeze({ perSecond: 5_000, burst: 10_000 }),
  publishes: Object.freeze({ perSecond: 500, burst: 1_000 }),
  requests: Object.freeze({ perSecond: 200, burst: 1_000 }),
});

/** What is never refused keeps the flow going, or ends something. */
const kindOf: Readonly<Record<ClientPacket['t'], 'publishes' | 'requests' | undefined>> = {
  pub: 'publishes',
  sub: 'requests',
  hist: 'requests',
  pres: 'requests',
  rpc: 'requests',
  auth: 'requests',
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
  readonly #onRefused: () => void;
  #packets: TokenBucket | undefined;
  #publishes: TokenBucket | undefined;
  #requests: TokenBucket | undefined;

  constructor(limits: RateLimits, onRefused: () => void) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  admit(type: ClientPacket['t'], now: number): number {
    const waitMs = this.#waitFor(type, now);
    if (waitMs > 0) this.#onRefused();
    return waitMs;
  }

  #waitFor(type: ClientPacket['t'], now: number): number {
    this.#packets ??= new TokenBucket(this.#limits.packets, now);
    const debtMs = this.#packets.spend(now, 1);
    if (debtMs > maxDebtMs) return Number.POSITIVE_INFINITY;
    const kind = kindOf[type];
    if (kind === undefined) return 0;
    if (debtMs > 0) return debtMs;
    const bucket = this.#bucketOf(kind, now);
    return bucket.take(now) ? 0 : bucket.waitMs(now);
  }

  /** Made when it is needed first: most connections only listen. */
  #bucketOf(kind: 'publishes' | 'requests', now: number): TokenBucket {
    if (kind === 'publishes') {
      this.#publishes ??= new TokenBucket(this.#limits.publishes, now);
      return this.#publishes;
    }
    this.#requests ??= new TokenBucket(this.#limits.requests, now);
    return this.#requests;
  }
}

/** @throws {UsageError} naming the rate that can never work. */
export function resolveRates(given: Partial<RateLimits> = {}): RateLimits {
  const rates = { ...rateLimitDefaults };
  for (const [name, rate] of Object.entries(given)) {
    if (!Object.hasOwn(rateLimitDefaults, name)) throw new UsageError(`rates.${name} is not known`);
    if (rate === undefined) continue;
    for (const part of ['perSecond', 'burst'] as const) {
      if (!Number.isFinite(rate[part]) || rate[part] < 1) {
        throw new UsageError(`rates.${name}.${part} must be a number from 1, got ${String(rate[part])}`);
      }
    }
    rates[name as keyof RateLimits] = rate;
  }
  return Object.freeze(rates);
}
