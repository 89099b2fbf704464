// Remembers which addresses fail at their opening handshakes, and holds back the answers to those that never stop.

import { TokenBucket } from '../../protocol/index.ts';
import { addressGroup } from './client-address.ts';
import type { ServerLimits } from './server-limits.ts';

/** Addresses remembered; the one that failed longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

interface Failures {
  readonly bucket: TokenBucket;
  held: number;
}

export type FailedHandshakeLimits = Required<
  Pick<ServerLimits, 'maxFailedHandshakesPerMinute' | 'maxHandshakes' | 'maxHandshakesPerAddress'>
>;

/**
 * A client that is refused and comes back at once, for ever, gets each answer late. One that is accepted never waits: many
 * clients may share an address.
 */
export class FailedHandshakes {
  readonly #limits: FailedHandshakeLimits;
  readonly #records = new Map<string, Failures>();
  #held = 0;

  constructor(limits: FailedHandshakeLimits) {
    this.#limits = limits;
  }

  /** Whether answers held back take half the places of the address: then it is refused before anything is decided. */
  isBlocked(address: string): boolean {
    return (this.#records.get(addressGroup(address))?.held ?? 0) >= this.#limits.maxHandshakesPerAddress / 2;
  }

  /** A handshake failed. Says whether its answer is to be held back; then `release` must follow. */
  fail(address: string, now: number): boolean {
    const record = this.#recordOf(addressGroup(address), now);
    if (record.bucket.take(now)) return false;
    // Nobody else is to lack a place because of those who are held back.
    const { maxHandshakes, maxHandshakesPerAddress } = this.#limits;
    if (record.held >= maxHandshakesPerAddress / 2 || this.#held >= maxHandshakes / 2) return false;
    record.held += 1;
    this.#held += 1;
    return true;
  }

  /** An answer that was held back is given, or there is nobody to give it to. */
  release(address: string): void {
    this.#held -= 1;
    const record = this.#records.get(addressGroup(address));
    if (record !== undefined && record.held > 0) record.held -= 1;
  }

  #recordOf(group: string, now: number): Failures {
    const known = this.#records.get(group);
    const perMinute = this.#limits.maxFailedHandshakesPerMinute;
    const record = known ?? {
      bucket: new TokenBucket({ burst: perMinute, perSecond: perMinute / 60 }, now),
      held: 0,
    };
    // Behind all others again: the first is the one that failed longest ago.
    this.#records.delete(group);
    this.#records.set(group, record);
    for (const [first] of this.#records) {
      if (this.#records.size <= MAX_ADDRESSES) break;
      this.#records.delete(first);
    }
    return record;
  }
}
