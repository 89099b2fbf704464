// The publications of a `log` channel: without a hole, the oldest give way by count and by age.

import type { HistoryLimits, Publication } from '../../../channel/index.ts';
import { DamageError } from '../seal.ts';
import type { PublicationRows } from './publication-rows.ts';
import type { StoredPublications } from './stored-publications.ts';

/** Trimming only moves the horizon; the rows below it are deleted with the next write. So a full disk can be read. */
export class LogRows implements StoredPublications {
  limits: HistoryLimits;
  readonly #rows: PublicationRows;
  #head: number;
  #horizon: number;
  #deletedUpTo: number;
  /** When the oldest was appended, or earlier. */
  #oldestAt: number;

  /** @throws {DamageError} when publications are missing. */
  constructor(rows: PublicationRows, kept: { limits: HistoryLimits; head: number; horizon: number }) {
    this.limits = kept.limits;
    this.#rows = rows;
    this.#head = kept.head;
    this.#horizon = kept.horizon;
    this.#deletedUpTo = kept.horizon;
    const { count, last = kept.head, oldestAt } = rows.keptRange(kept.horizon);
    if (count !== kept.head - kept.horizon || last !== kept.head) {
      throw new DamageError(
        `channel ${rows.channel} has ${count} publications of ${kept.head - kept.horizon}`,
      );
    }
    this.#oldestAt = oldestAt;
  }

  get head(): number {
    return this.#head;
  }

  get horizon(): number {
    return this.#horizon;
  }

  get size(): number {
    return this.#head - this.#horizon;
  }

  append(publication: Publication, now: number): void {
    this.trim(now);
    if (this.size === 0) this.#oldestAt = now;
    this.#rows.insert(publication, now);
    this.#head = publication.offset;
    this.#horizon = Math.max(this.#horizon, this.#head - this.limits.maxCount);
  }

  trim(now: number): void {
    const oldest = now - this.limits.maxAgeMs;
    if (this.size === 0 || this.#oldestAt > oldest) return;
    const first = this.#rows.firstYoungerThan(oldest, this.#horizon);
    this.#horizon = first === undefined ? this.#head : first.offset - 1;
    if (first !== undefined) this.#oldestAt = first.appendedAt;
  }

  readAfter(offset: number, limit: number): Publication[] {
    const from = Math.max(offset, this.#horizon);
    const found = this.#rows.above(from, limit);
    const isWhole = found.length === Math.min(limit, Math.max(this.#head - from, 0));
    if (!isWhole || found.some((publication, index) => publication.offset !== from + 1 + index)) {
      throw new DamageError(`publications above ${from} of channel ${this.#rows.channel} are missing`);
    }
    return found;
  }

  readBefore(offset: number, limit: number): Publication[] {
    return this.#rows.below(offset, { horizon: this.#horizon, limit });
  }

  deleteTrimmed(): void {
    if (this.#deletedUpTo === this.#horizon) return;
    this.#rows.deleteUpTo(this.#horizon);
    this.#deletedUpTo = this.#horizon;
  }
}
