// The dedupe keys of one channel on disk, each with the offset it was first published at.

import type { DedupeKeys } from '../../memory/channel-parts.ts';
import type { SqliteDatabase, SqliteStatement } from '../driver.ts';
import { checkSeal, sealOf } from '../seal.ts';
import { RowCounts } from './row-counts.ts';

export class DedupeStatements {
  readonly find: SqliteStatement;
  readonly add: SqliteStatement;
  readonly expire: SqliteStatement;
  readonly oldest: SqliteStatement;
  readonly counts: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.find = database.prepare(
      'SELECT "offset", added_at, seal FROM dedupe WHERE channel = ? AND publisher = ? AND key = ?',
    );
    this.add = database.prepare('INSERT INTO dedupe VALUES (?, ?, ?, ?, ?, ?)');
    this.expire = database.prepare(
      'DELETE FROM dedupe WHERE channel = ? AND added_at <= ? RETURNING publisher',
    );
    this.oldest = database.prepare('SELECT min(added_at) AS oldest FROM dedupe WHERE channel = ?');
    this.counts = database.prepare(
      'SELECT publisher, count(*) AS count FROM dedupe WHERE channel = ? GROUP BY publisher',
    );
  }
}

export class DedupeRows implements DedupeKeys {
  readonly #channel: number;
  readonly #statements: DedupeStatements;
  readonly #counts: RowCounts;
  #oldestAt = 0;

  constructor(channel: number, statements: DedupeStatements, maxKeys: number) {
    this.#channel = channel;
    this.#statements = statements;
    this.#counts = new RowCounts(maxKeys, statements.counts.all(channel));
    this.#findOldest();
  }

  get size(): number {
    return this.#counts.size;
  }

  isFullFor(publisher: string): boolean {
    return this.#counts.isFullFor(publisher);
  }

  get(publisher: string, key: string): number | undefined {
    const row = this.#statements.find.get(this.#channel, publisher, key);
    if (row === undefined) return undefined;
    const { offset, added_at, seal } = row;
    checkSeal('a dedupe key', seal, this.#channel, publisher, key, offset!, added_at!);
    return offset as number;
  }

  add(
    publisher: string,
    key: string,
    { value, now }: { readonly value: number; readonly now: number },
  ): void {
    const cells = [this.#channel, publisher, key, value, now] as const;
    this.#statements.add.run(...cells, sealOf(...cells));
    if (this.#counts.size === 0) this.#oldestAt = now;
    this.#counts.added(publisher);
  }

  expire(until: number): void {
    if (this.#counts.size === 0 || this.#oldestAt > until) return;
    this.#counts.removed(this.#statements.expire.all(this.#channel, until));
    this.#findOldest();
  }

  #findOldest(): void {
    this.#oldestAt = (this.#statements.oldest.get(this.#channel)!.oldest as number | null) ?? 0;
  }
}
