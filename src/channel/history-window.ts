// The last publications of a log: appended at one end, trimmed by count and age at the other, read by offset.

import type { HistoryLimits } from './channel-policy.ts';
import { UsageError } from './errors.ts';

/** What a window needs to know of its entries. */
export interface Numbered {
  readonly offset: number;
}

/**
 * A ring of entries whose offsets are contiguous. Appending and trimming cost constant time, reading costs what it
 * returns. The window takes the time from its caller and never goes back: an earlier `now` counts as the latest one.
 */
export class HistoryWindow<Entry extends Numbered> {
  #limits: HistoryLimits;
  #entries: (Entry | undefined)[];
  #appendedAt: number[];
  #start = 0;
  #size = 0;
  #head = 0;
  #now = Number.NEGATIVE_INFINITY;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
    this.#entries = new Array<Entry | undefined>(Math.min(limits.maxCount, 16));
    this.#appendedAt = new Array<number>(this.#entries.length);
  }

  /** The offset of the last entry ever appended; 0: none. */
  get head(): number {
    return this.#head;
  }

  /** The offset of the last entry that was trimmed; 0: none was. What is above it is kept. */
  get horizon(): number {
    return this.#head - this.#size;
  }

  get size(): number {
    return this.#size;
  }

  get limits(): HistoryLimits {
    return this.#limits;
  }

  /** New limits hold from the next `append` or `trim`. */
  set limits(limits: HistoryLimits) {
    this.#limits = limits;
  }

  /** @throws {UsageError} when the offset is not the next one. */
  append(entry: Entry, now: number): void {
    if (entry.offset !== this.#head + 1) {
      throw new UsageError(`offset ${entry.offset} does not follow ${this.#head}`);
    }
    this.trim(now);
    while (this.#size >= this.#limits.maxCount) this.dropOldest();
    if (this.#size === this.#entries.length) this.#grow();
    const slot = this.#slot(this.#size);
    this.#entries[slot] = entry;
    this.#appendedAt[slot] = this.#now;
    this.#size++;
    this.#head = entry.offset;
  }

  /** Drops what is older than `maxAgeMs` at `now`. */
  trim(now: number): void {
    this.#now = Math.max(this.#now, now);
    const oldest = this.#now - this.#limits.maxAgeMs;
    while (this.#size > 0 && this.#appendedAt[this.#start]! <= oldest) this.dropOldest();
  }

  /** Drops the oldest before its time, and gives it back. Every entry that goes, goes this way. */
  dropOldest(): Entry | undefined {
    const dropped = this.#entries[this.#start];
    if (dropped === undefined) return undefined;
    this.#entries[this.#start] = undefined;
    this.#start = this.#slot(1);
    this.#size--;
    return dropped;
  }

  /** Up to `limit` entries above `offset`, oldest first. Nothing is said about those below the horizon: judge first. */
  readAfter(offset: number, limit: number): Entry[] {
    const first = Math.max(offset, this.horizon) - this.horizon;
    const count = Math.min(limit, this.#size - first);
    const entries: Entry[] = [];
    for (let index = 0; index < count; index++) entries.push(this.#entries[this.#slot(first + index)]!);
    return entries;
  }

  /** Up to `limit` entries below `offset`, newest first. */
  readBefore(offset: number, limit: number): Entry[] {
    const last = Math.min(offset - 1, this.#head) - this.horizon - 1;
    const entries: Entry[] = [];
    for (let index = last; index >= 0 && entries.length < limit; index--) {
      entries.push(this.#entries[this.#slot(index)]!);
    }
    return entries;
  }

  #slot(index: number): number {
    const slot = this.#start + index;
    return slot < this.#entries.length ? slot : slot - this.#entries.length;
  }

  #grow(): void {
    const entries = this.readAfter(this.horizon, this.#size) as (Entry | undefined)[];
    const appendedAt = entries.map((_, index) => this.#appendedAt[this.#slot(index)]!);
    entries.length = appendedAt.length = Math.min(this.#limits.maxCount, this.#size * 2);
    this.#entries = entries;
    this.#appendedAt = appendedAt;
    this.#start = 0;
  }
}
