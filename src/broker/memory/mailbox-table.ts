// Keeps the entries of a mailbox until they are acknowledged, and knows who holds which.

import type { HistoryLimits, Publication } from '../../channel/index.ts';
import type { MailboxEntry, MailboxLease, MailboxRequest } from '../mailbox-broker.ts';
import type { MailboxStore } from './channel-parts.ts';
import { publicationCost } from './stored-bytes.ts';

interface Waiting {
  readonly publication: Publication;
  readonly appendedAt: number;
  attempt: number;
  /** Who leased it last; it is still held while `heldUntil` is in the future. */
  holder: string | undefined;
  heldUntil: number;
}

export class MailboxTable implements MailboxStore {
  limits: HistoryLimits;
  #head = 0;
  #horizon = 0;
  #bytes = 0;
  /** By offset, the oldest first. */
  readonly #waiting = new Map<number, Waiting>();

  constructor(limits: HistoryLimits) {
    this.limits = limits;
  }

  get head(): number {
    return this.#head;
  }

  /** The offset of the last entry that nobody acknowledged in time. */
  get horizon(): number {
    return this.#horizon;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#waiting.size;
  }

  isFullFor(): boolean {
    return this.#waiting.size >= this.limits.maxCount;
  }

  append(publication: Publication, now: number): void {
    this.#head = publication.offset;
    this.#bytes += publicationCost(publication);
    this.#waiting.set(publication.offset, {
      publication,
      appendedAt: now,
      attempt: 0,
      holder: undefined,
      heldUntil: Number.NEGATIVE_INFINITY,
    });
  }

  trim(now: number): void {
    const oldest = now - this.limits.maxAgeMs;
    for (const [offset, entry] of this.#waiting) {
      if (entry.appendedAt > oldest) return;
      this.#take(offset);
      this.#horizon = offset;
    }
  }

  readAfter(offset: number, limit: number): Publication[] {
    const found: Publication[] = [];
    for (const { publication } of this.#waiting.values()) {
      if (found.length >= limit) break;
      if (publication.offset > offset) found.push(publication);
    }
    return found;
  }

  readBefore(offset: number, limit: number): Publication[] {
    const below = [...this.#waiting.values()].filter(({ publication }) => publication.offset < offset);
    return below
      .reverse()
      .slice(0, limit)
      .map(({ publication }) => publication);
  }

  lease({ consumer, limit, leaseMs }: MailboxRequest, now: number): Omit<MailboxLease, 'epoch'> {
    const entries: MailboxEntry[] = [];
    let nextFreeAt = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting.values()) {
      if (entries.length >= limit) break;
      if (waiting.heldUntil > now) {
        nextFreeAt = Math.min(nextFreeAt, waiting.heldUntil);
        continue;
      }
      waiting.attempt++;
      waiting.holder = consumer;
      waiting.heldUntil = now + leaseMs;
      nextFreeAt = Math.min(nextFreeAt, waiting.heldUntil);
      entries.push({ publication: waiting.publication, attempt: waiting.attempt });
    }
    if (entries.length >= limit || nextFreeAt === Number.POSITIVE_INFINITY) return { entries };
    return { entries, nextInMs: nextFreeAt - now };
  }

  acknowledge(consumer: string, offsets: readonly number[]): number[] {
    // Also after its lease ran out, as long as nobody else holds the entry: the work is done.
    const taken = offsets.filter((offset) => this.#waiting.get(offset)?.holder === consumer);
    return taken.filter((offset) => this.#take(offset));
  }

  #take(offset: number): boolean {
    const waiting = this.#waiting.get(offset);
    if (waiting !== undefined) this.#bytes -= publicationCost(waiting.publication);
    return this.#waiting.delete(offset);
  }

  release(consumer: string): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.holder === consumer) waiting.heldUntil = Number.NEGATIVE_INFINITY;
    }
  }
}
