// The publications of a `state` channel: the latest of each key, and for a while also that a key was removed.

import type { Draft, HistoryLimits, Publication } from '../../../channel/index.ts';
import type { SqliteDatabase, SqliteStatement } from '../driver.ts';
import { DamageError } from '../seal.ts';
import { type PublicationRows, publicationOf } from './publication-rows.ts';
import type { StoredPublications } from './stored-publications.ts';

export class StateStatements {
  readonly latest: SqliteStatement;
  readonly delete: SqliteStatement;
  readonly oldestRemoval: SqliteStatement;
  readonly deleteRemovals: SqliteStatement;
  readonly above: SqliteStatement;
  readonly below: SqliteStatement;
  readonly counts: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.latest = database.prepare(
      'SELECT "offset", removed FROM publication WHERE channel = ? AND state_key = ?',
    );
    this.delete = database.prepare('DELETE FROM publication WHERE channel = ? AND "offset" = ?');
    this.oldestRemoval = database.prepare(
      `SELECT "offset", appended_at FROM publication WHERE channel = ? AND removed = 1 AND "offset" > ?
       ORDER BY "offset" LIMIT 1`,
    );
    this.deleteRemovals = database.prepare(
      'DELETE FROM publication WHERE channel = ? AND removed = 1 AND "offset" <= ?',
    );
    // A removal that was forgotten may still have its row.
    const seen = 'channel = ? AND (removed = 0 OR "offset" > ?)';
    this.above = database.prepare(
      `SELECT * FROM publication WHERE ${seen} AND "offset" > ? ORDER BY "offset" LIMIT ?`,
    );
    this.below = database.prepare(
      `SELECT * FROM publication WHERE ${seen} AND "offset" < ? ORDER BY "offset" DESC LIMIT ?`,
    );
    this.counts = database.prepare(
      `SELECT count(*) AS count, coalesce(sum(removed), 0) AS removed, max("offset") AS last
       FROM publication WHERE ${seen}`,
    );
  }
}

export class StateRows implements StoredPublications {
  limits: HistoryLimits;
  readonly #rows: PublicationRows;
  readonly #statements: StateStatements;
  #head: number;
  #horizon: number;
  #deletedUpTo: number;
  #size: number;
  #removed: number;
  /** When the oldest removal was made, or earlier. */
  #oldestRemovalAt = Number.NEGATIVE_INFINITY;

  constructor(
    rows: PublicationRows,
    statements: StateStatements,
    kept: { limits: HistoryLimits; head: number; horizon: number },
  ) {
    this.limits = kept.limits;
    this.#rows = rows;
    this.#statements = statements;
    this.#head = kept.head;
    this.#horizon = kept.horizon;
    this.#deletedUpTo = kept.horizon;
    const { count, removed, last } = statements.counts.get(rows.channel, kept.horizon)!;
    // The newest publication is always kept, unless it was a removal that is forgotten.
    if (kept.head > kept.horizon && last !== kept.head) {
      throw new DamageError(`channel ${rows.channel} lacks its last publication`);
    }
    this.#removed = removed as number;
    this.#size = (count as number) - this.#removed;
  }

  get head(): number {
    return this.#head;
  }

  get horizon(): number {
    return this.#horizon;
  }

  get size(): number {
    return this.#size;
  }

  isFullFor(draft: Draft): boolean {
    if (draft.removed === true || this.#size < this.limits.maxCount) return false;
    return this.#latest(draft.stateKey!)?.removed !== false;
  }

  append(publication: Publication, now: number): void {
    const latest = this.#latest(publication.stateKey!);
    if (latest !== undefined) {
      this.#statements.delete.run(this.#rows.channel, latest.offset);
      if (!latest.removed) this.#size--;
      else if (latest.offset > this.#horizon) this.#removed--;
    }
    this.#rows.insert(publication, now);
    if (publication.removed === true) this.#removed++;
    else this.#size++;
    this.#head = publication.offset;
    this.trim(now);
  }

  trim(now: number): void {
    const oldest = now - this.limits.maxAgeMs;
    while (this.#removed > 0) {
      const isTooMany = this.#removed > this.limits.maxCount;
      if (!isTooMany && this.#oldestRemovalAt > oldest) return;
      const removal = this.#statements.oldestRemoval.get(this.#rows.channel, this.#horizon);
      if (removal === undefined) throw new DamageError(`channel ${this.#rows.channel} lacks a removal`);
      this.#oldestRemovalAt = removal.appended_at as number;
      if (!isTooMany && this.#oldestRemovalAt > oldest) return;
      this.#horizon = removal.offset as number;
      this.#removed--;
    }
    this.#oldestRemovalAt = now;
  }

  readAfter(offset: number, limit: number): Publication[] {
    const { channel } = this.#rows;
    return this.#statements.above
      .all(channel, this.#horizon, offset, limit)
      .map((row) => publicationOf(channel, row));
  }

  readBefore(offset: number, limit: number): Publication[] {
    const { channel } = this.#rows;
    return this.#statements.below
      .all(channel, this.#horizon, offset, limit)
      .map((row) => publicationOf(channel, row));
  }

  deleteTrimmed(): void {
    if (this.#deletedUpTo === this.#horizon) return;
    this.#statements.deleteRemovals.run(this.#rows.channel, this.#horizon);
    this.#deletedUpTo = this.#horizon;
  }

  #latest(key: string): { readonly offset: number; readonly removed: boolean } | undefined {
    const row = this.#statements.latest.get(this.#rows.channel, key);
    return row && { offset: row.offset as number, removed: row.removed === 1 };
  }
}
