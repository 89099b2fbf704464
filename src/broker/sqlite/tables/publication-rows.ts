// Publications of one channel as rows: written, read back and checked, whatever the delivery class.

import type { Publication } from '../../../channel/index.ts';
import type { Cell, Row, SqliteDatabase, SqliteStatement } from '../driver.ts';
import { checkSeal, sealOf } from '../seal.ts';

const columns = '"offset", appended_at, published_at, publisher, state_key, removed, data, seal';

/** The statements that all classes share, prepared once for a database. */
export class PublicationStatements {
  readonly insert: SqliteStatement;
  readonly above: SqliteStatement;
  readonly below: SqliteStatement;
  readonly deleteUpTo: SqliteStatement;
  readonly firstYoungerThan: SqliteStatement;
  readonly keptRange: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.insert = database.prepare('INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.above = database.prepare(
      `SELECT ${columns} FROM publication WHERE channel = ? AND "offset" > ? ORDER BY "offset" LIMIT ?`,
    );
    this.below = database.prepare(
      `SELECT ${columns} FROM publication WHERE channel = ? AND "offset" < ? AND "offset" > ?
       ORDER BY "offset" DESC LIMIT ?`,
    );
    this.deleteUpTo = database.prepare('DELETE FROM publication WHERE channel = ? AND "offset" <= ?');
    this.firstYoungerThan = database.prepare(
      `SELECT "offset", appended_at FROM publication WHERE channel = ? AND "offset" > ? AND appended_at > ?
       ORDER BY "offset" LIMIT 1`,
    );
    this.keptRange = database.prepare(
      `SELECT count(*) AS count, max("offset") AS last, min(appended_at) AS oldest
       FROM publication WHERE channel = ? AND "offset" > ?`,
    );
  }
}

export class PublicationRows {
  readonly channel: number;
  readonly statements: PublicationStatements;

  constructor(channel: number, statements: PublicationStatements) {
    this.channel = channel;
    this.statements = statements;
  }

  insert(publication: Publication, appendedAt: number): void {
    const { offset, publishedAt, publisher = null, stateKey = null, removed = false } = publication;
    const data = publication.data as string | Uint8Array;
    const cells = [offset, appendedAt, publishedAt, publisher, stateKey, removed ? 1 : 0, data] as const;
    this.statements.insert.run(this.channel, ...cells, sealOf(this.channel, ...cells));
  }

  above(offset: number, limit: number): Publication[] {
    return this.#checked(this.statements.above.all(this.channel, offset, limit));
  }

  /** The newest first, from just below `offset` down to just above `horizon`. */
  below(
    offset: number,
    { horizon, limit }: { readonly horizon: number; readonly limit: number },
  ): Publication[] {
    return this.#checked(this.statements.below.all(this.channel, offset, horizon, limit));
  }

  deleteUpTo(offset: number): void {
    this.statements.deleteUpTo.run(this.channel, offset);
  }

  /** The first above `offset` that was appended after `time`. */
  firstYoungerThan(time: number, offset: number): { offset: number; appendedAt: number } | undefined {
    const row = this.statements.firstYoungerThan.get(this.channel, offset, time);
    return row && { offset: row.offset as number, appendedAt: row.appended_at as number };
  }

  /** What is above `horizon`: how many, the last one's offset, and when the oldest was appended. */
  keptRange(horizon: number): { count: number; last: number | undefined; oldestAt: number } {
    const row = this.statements.keptRange.get(this.channel, horizon)!;
    return {
      count: row.count as number,
      last: (row.last as number | null) ?? undefined,
      oldestAt: (row.oldest as number | null) ?? Number.POSITIVE_INFINITY,
    };
  }

  #checked(rows: readonly Row[]): Publication[] {
    return rows.map((row) => publicationOf(this.channel, row));
  }
}

/** @throws {DamageError} when the row is not as it was written. */
export function publicationOf(channel: number, row: Row): Publication {
  const { offset, publisher, state_key, removed, data } = row as Record<string, Cell>;
  const { appended_at, published_at } = row as Record<string, Cell>;
  const what = `publication ${offset} of channel ${channel}`;
  checkSeal(
    what,
    row.seal,
    channel,
    offset!,
    appended_at!,
    published_at!,
    publisher!,
    state_key!,
    removed!,
    data!,
  );
  return {
    offset: offset as number,
    data: data as string | Uint8Array,
    publishedAt: published_at as number,
    ...(publisher !== null && { publisher: publisher as string }),
    ...(state_key !== null && { stateKey: state_key as string }),
    ...(removed === 1 && { removed: true }),
  };
}
