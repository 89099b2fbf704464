// The entries of a `mailbox` channel until they are acknowledged, and who holds which.

import type { HistoryLimits, Publication } from '../../../channel/index.ts';
import type { MailboxEntry, MailboxLease, MailboxRequest } from '../../mailbox-broker.ts';
import type { MailboxStore } from '../../memory/channel-parts.ts';
import type { Row, SqliteDatabase, SqliteStatement } from '../driver.ts';
import { checkSeal, sealOf } from '../seal.ts';
import { type PublicationRows, publicationOf } from './publication-rows.ts';
import type { StoredPublications } from './stored-publications.ts';

export class MailboxStatements {
  readonly free: SqliteStatement;
  readonly nextFreeAt: SqliteStatement;
  readonly lease: SqliteStatement;
  readonly holder: SqliteStatement;
  readonly heldBy: SqliteStatement;
  readonly deleteEntry: SqliteStatement;
  readonly deleteLease: SqliteStatement;
  readonly deleteLeasesUpTo: SqliteStatement;
  readonly tooOld: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.free = database.prepare(
      `SELECT p.*, l.attempt, l.holder, l.held_until, l.seal AS lease_seal
       FROM publication p LEFT JOIN lease l ON l.channel = p.channel AND l."offset" = p."offset"
       WHERE p.channel = ? AND p."offset" > ? AND (l.held_until IS NULL OR l.held_until <= ?)
       ORDER BY p."offset" LIMIT ?`,
    );
    this.nextFreeAt = database.prepare(
      'SELECT min(held_until) AS at FROM lease WHERE channel = ? AND "offset" > ? AND held_until > ?',
    );
    this.lease = database.prepare('INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?)');
    this.holder = database.prepare('SELECT * FROM lease WHERE channel = ? AND "offset" = ?');
    this.heldBy = database.prepare('SELECT * FROM lease WHERE channel = ? AND holder = ?');
    this.deleteEntry = database.prepare('DELETE FROM publication WHERE channel = ? AND "offset" = ?');
    this.deleteLease = database.prepare('DELETE FROM lease WHERE channel = ? AND "offset" = ?');
    this.deleteLeasesUpTo = database.prepare('DELETE FROM lease WHERE channel = ? AND "offset" <= ?');
    this.tooOld = database.prepare(
      `SELECT count(*) AS count, max("offset") AS last FROM publication
       WHERE channel = ? AND "offset" > ? AND appended_at <= ?`,
    );
  }
}

interface Holding {
  readonly attempt: number;
  readonly holder: string;
  readonly heldUntil: number;
}

export class MailboxRows implements StoredPublications, MailboxStore {
  limits: HistoryLimits;
  readonly #rows: PublicationRows;
  readonly #statements: MailboxStatements;
  #head: number;
  #horizon: number;
  #deletedUpTo: number;
  #size: number;
  /** When the oldest entry was appended, or earlier. */
  #oldestAt: number;

  constructor(
    rows: PublicationRows,
    statements: MailboxStatements,
    kept: { limits: HistoryLimits; head: number; horizon: number },
  ) {
    this.limits = kept.limits;
    this.#rows = rows;
    this.#statements = statements;
    this.#head = kept.head;
    this.#horizon = kept.horizon;
    this.#deletedUpTo = kept.horizon;
    const { count, oldestAt } = rows.keptRange(kept.horizon);
    this.#size = count;
    this.#oldestAt = oldestAt;
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

  isFullFor(): boolean {
    return this.#size >= this.limits.maxCount;
  }

  append(publication: Publication, now: number): void {
    if (this.#size === 0) this.#oldestAt = now;
    this.#rows.insert(publication, now);
    this.#head = publication.offset;
    this.#size++;
  }

  trim(now: number): void {
    const oldest = now - this.limits.maxAgeMs;
    if (this.#size === 0 || this.#oldestAt > oldest) return;
    const { count, last } = this.#statements.tooOld.get(this.#rows.channel, this.#horizon, oldest)!;
    if (last !== null) this.#horizon = last as number;
    this.#size -= count as number;
    this.#oldestAt = this.#rows.keptRange(this.#horizon).oldestAt;
  }

  readAfter(offset: number, limit: number): Publication[] {
    return this.#rows.above(Math.max(offset, this.#horizon), limit);
  }

  readBefore(offset: number, limit: number): Publication[] {
    return this.#rows.below(offset, { horizon: this.#horizon, limit });
  }

  lease({ consumer, limit, leaseMs }: MailboxRequest, now: number): Omit<MailboxLease, 'epoch'> {
    const { channel } = this.#rows;
    const free = this.#statements.free.all(channel, this.#horizon, now, limit);
    const entries = free.map((row): MailboxEntry => {
      const publication = publicationOf(channel, row);
      const held = row.holder === null ? undefined : holdingOf(channel, { ...row, seal: row.lease_seal! });
      const attempt = (held?.attempt ?? 0) + 1;
      this.#hold(publication.offset, { attempt, holder: consumer, heldUntil: now + leaseMs });
      return { publication, attempt };
    });
    if (entries.length >= limit) return { entries };
    const nextFreeAt = this.#statements.nextFreeAt.get(channel, this.#horizon, now)!.at as number | null;
    return nextFreeAt === null ? { entries } : { entries, nextInMs: nextFreeAt - now };
  }

  acknowledge(consumer: string, offsets: readonly number[]): number[] {
    const { channel } = this.#rows;
    // Also after its lease ran out, as long as nobody else holds the entry: the work is done.
    return offsets.filter((offset) => {
      const row = offset > this.#horizon ? this.#statements.holder.get(channel, offset) : undefined;
      if (row === undefined || holdingOf(channel, row).holder !== consumer) return false;
      this.#statements.deleteEntry.run(channel, offset);
      this.#statements.deleteLease.run(channel, offset);
      this.#size--;
      return true;
    });
  }

  release(consumer: string): void {
    const { channel } = this.#rows;
    for (const row of this.#statements.heldBy.all(channel, consumer)) {
      this.#hold(row.offset as number, { ...holdingOf(channel, row), heldUntil: -1 });
    }
  }

  deleteTrimmed(): void {
    if (this.#deletedUpTo === this.#horizon) return;
    this.#rows.deleteUpTo(this.#horizon);
    this.#statements.deleteLeasesUpTo.run(this.#rows.channel, this.#horizon);
    this.#deletedUpTo = this.#horizon;
  }

  #hold(offset: number, { attempt, holder, heldUntil }: Holding): void {
    const cells = [this.#rows.channel, offset, attempt, holder, heldUntil] as const;
    this.#statements.lease.run(...cells, sealOf(...cells));
  }
}

function holdingOf(channel: number, row: Row): Holding {
  const { offset, attempt, holder, held_until: heldUntil, seal } = row;
  checkSeal(`a lease of channel ${channel}`, seal, channel, offset!, attempt!, holder!, heldUntil!);
  return { attempt: attempt as number, holder: holder as string, heldUntil: heldUntil as number };
}
