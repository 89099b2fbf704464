// Keeps the latest publication of each key, and for a while also that a key was removed.

import type { Draft, HistoryLimits, Publication } from '../../channel/index.ts';
import type { PublicationStore } from './channel-parts.ts';
import { publicationCost } from './stored-bytes.ts';

export class StateTable implements PublicationStore {
  limits: HistoryLimits;
  #head = 0;
  #horizon = 0;
  #bytes = 0;
  /** By key, in the order of their offsets: what is set anew moves to the end. */
  readonly #latest = new Map<string, Publication>();
  /** When each removed key was removed, the longest ago first. */
  readonly #removedAt = new Map<string, number>();

  constructor(limits: HistoryLimits) {
    this.limits = limits;
  }

  get head(): number {
    return this.#head;
  }

  /** The offset of the last removal that was forgotten: who stands before it may still believe in that key. */
  get horizon(): number {
    return this.#horizon;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#latest.size - this.#removedAt.size;
  }

  isFullFor(draft: Draft): boolean {
    if (draft.removed === true || this.size < this.limits.maxCount) return false;
    return !this.#latest.has(draft.stateKey!) || this.#removedAt.has(draft.stateKey!);
  }

  replacedBytes({ stateKey }: Draft): number {
    const known = this.#latest.get(stateKey!);
    return known === undefined ? 0 : publicationCost(known);
  }

  append(publication: Publication, now: number): void {
    const key = publication.stateKey!;
    this.#forget(key);
    this.#latest.set(key, publication);
    this.#bytes += publicationCost(publication);
    if (publication.removed === true) this.#removedAt.set(key, now);
    this.#head = publication.offset;
    this.trim(now);
  }

  trim(now: number): void {
    const oldest = now - this.limits.maxAgeMs;
    for (const [key, removedAt] of this.#removedAt) {
      if (removedAt > oldest && this.#removedAt.size <= this.limits.maxCount) return;
      this.#horizon = this.#latest.get(key)!.offset;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const known = this.#latest.get(key);
    if (known === undefined) return;
    this.#bytes -= publicationCost(known);
    this.#latest.delete(key);
    this.#removedAt.delete(key);
  }

  readAfter(offset: number, limit: number): Publication[] {
    const found: Publication[] = [];
    for (const publication of this.#latest.values()) {
      if (found.length >= limit) break;
      if (publication.offset > offset) found.push(publication);
    }
    return found;
  }

  readBefore(offset: number, limit: number): Publication[] {
    const below = [...this.#latest.values()].filter((publication) => publication.offset < offset);
    return below.reverse().slice(0, limit);
  }
}
