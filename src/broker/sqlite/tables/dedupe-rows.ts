// The dedupe keys of one channel on disk, each with the offset it was first published at.

import type { DedupeKeys } from '../../memory/channel-parts.ts';
import type { SqliteDatabase, SqliteStatement } from '../driver.ts';
import { checkSeal, sealOf } from '../seal.ts';

export class DedupeStatements {
  readonly find: SqliteStatement;
  readonly add: SqliteStatement;
  readonly expire: SqliteStatement;
  readonly kept: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.find = database.prepare(
      'SELECT "offset", added_at, seal FROM dedupe WHERE channel = ? AND publisher = ? AND key = ?',
    );
    this.add = database.prepare('INSERT INTO dedupe VALUES (?, ?, ?, ?, ?, ?)');
    this.expire = database.prepare('DELETE FROM dedupe WHERE channel = ? AND added_at <= ?');
    this.kept = database.prepare(
      'SELECT count(*) AS count, min(added_at) AS oldest FROM dedupe WHERE channel = ?',
    );
  }
}

export class DedupeRows implements DedupeKeys {
  readonly #channel: number;
  readonly #statements: DedupeStatements;
  readonly #maxKeys: number;
  #size = 0;
  #oldestAt = 0;

  constructor(channel: number, statements: DedupeStatements, maxKeys: number) {
    this.#channel = channel;
    this.#statements = statements;
    this.#maxKeys = maxKeys;
    this.#count();
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.#maxKeys;
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
    if (this.#size++ === 0) this.#oldestAt = now;
  }

  expire(until: number): void {
    if (this.#size === 0 || this.#oldestAt > until) return;
    this.#statements.expire.run(this.#channel, until);
    this.#count();
  }

  #count(): void {
    const { count, oldest } = this.#statements.kept.get(this.#channel)!;
    this.#size = count as number;
    this.#oldestAt = (oldest as number | null) ?? 0;
  }
}
