// How much a broker keeps in memory over all its channels: what is kept gives way within its own channel, never in another.

import { type Draft, dataCost } from '../../channel/index.ts';

/** What a publication costs besides what it carries, and what it costs to remember a producer or a dedupe key. */
const publicationBytes = 128;
const rememberedBytes = 256;

/** In bytes, about. */
export function publicationCost({ data, publisher = '', stateKey = '' }: Draft): number {
  return publicationBytes + dataCost(data) + publisher.length + stateKey.length;
}

export function rememberedCost(count: number): number {
  return count * rememberedBytes;
}

/** What a channel keeps, as it is counted. */
export interface Holder {
  /** Lets go of what it has kept longest, where the delivery class allows that. Returns whether it did. */
  dropOldest(): boolean;
  /** What it holds now. */
  readonly bytes: number;
}

export class StoredBytes {
  readonly #max: number;
  readonly #onLimit: (limit: 'maxStoredBytes' | 'maxRemembered') => void;
  readonly #held = new Map<Holder, number>();
  #total = 0;

  /** `onLimit` is called when there is no room for something. */
  constructor(max: number, onLimit: (limit: 'maxStoredBytes' | 'maxRemembered') => void) {
    this.#max = max;
    this.#onLimit = onLimit;
  }

  /** Counts what a channel holds now. */
  count(holder: Holder): void {
    const { bytes } = holder;
    this.#total += bytes - (this.#held.get(holder) ?? 0);
    if (bytes === 0) this.#held.delete(holder);
    else this.#held.set(holder, bytes);
  }

  /** The channel is gone, with all that it held. */
  forget(holder: Holder): void {
    this.#total -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }

  /** Whether there is room for so much more in a channel, now that it has let go of what it may. */
  makeRoom(holder: Holder, bytes: number): boolean {
    this.count(holder);
    // Where not even all of it would do, none of it goes.
    if (this.#total - holder.bytes + bytes <= this.#max) {
      while (this.#total + bytes > this.#max && holder.dropOldest()) this.count(holder);
    }
    if (this.#total + bytes <= this.#max) return true;
    this.#onLimit('maxStoredBytes');
    return false;
  }

  /** A channel remembers as many producers or dedupe keys as it may. */
  refused(): void {
    this.#onLimit('maxRemembered');
  }
}
