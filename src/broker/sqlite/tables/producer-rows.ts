// What a channel remembers of its producers, on disk: their last sequence, and the offsets of the last ones.

import type { ChannelPolicy, ProducerStamp } from '../../../channel/index.ts';
import type { Producers, SequenceCheck } from '../../memory/channel-parts.ts';
import { checkSequence } from '../../memory/producer-memory.ts';
import type { SqliteDatabase, SqliteStatement } from '../driver.ts';
import { checkSeal, DamageError, sealOf } from '../seal.ts';
import { RowCounts } from './row-counts.ts';

export class ProducerStatements {
  readonly find: SqliteStatement;
  readonly add: SqliteStatement;
  readonly use: SqliteStatement;
  readonly result: SqliteStatement;
  readonly addResult: SqliteStatement;
  readonly expireResults: SqliteStatement;
  readonly expire: SqliteStatement;
  readonly oldest: SqliteStatement;
  readonly counts: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.find = database.prepare(
      `SELECT id, last_sequence, results, used_at, seal FROM producer
       WHERE channel = ? AND publisher = ? AND name = ?`,
    );
    this.add = database.prepare(
      `INSERT INTO producer (channel, publisher, name, last_sequence, results, used_at, seal)
       VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    );
    this.use = database.prepare('UPDATE producer SET last_sequence = ?, used_at = ?, seal = ? WHERE id = ?');
    this.result = database.prepare(
      'SELECT sequence, "offset", seal FROM result WHERE producer = ? AND slot = ?',
    );
    this.addResult = database.prepare('INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?)');
    this.expireResults = database.prepare(
      `DELETE FROM result WHERE producer IN
       (SELECT id FROM producer WHERE channel = ? AND used_at <= ?)`,
    );
    this.expire = database.prepare(
      'DELETE FROM producer WHERE channel = ? AND used_at <= ? RETURNING publisher',
    );
    this.oldest = database.prepare('SELECT min(used_at) AS oldest FROM producer WHERE channel = ?');
    this.counts = database.prepare(
      'SELECT publisher, count(*) AS count FROM producer WHERE channel = ? GROUP BY publisher',
    );
  }
}

interface Known {
  readonly id: number;
  readonly lastSequence: number;
  readonly results: number;
}

export class ProducerRows implements Producers {
  readonly #channel: number;
  readonly #statements: ProducerStatements;
  readonly #counts: RowCounts;
  /** When the one that is longest unused was used, or earlier. */
  #oldestAt = 0;

  constructor(channel: number, statements: ProducerStatements, maxProducers: number) {
    this.#channel = channel;
    this.#statements = statements;
    this.#counts = new RowCounts(maxProducers, statements.counts.all(channel));
    this.#findOldest();
  }

  get size(): number {
    return this.#counts.size;
  }

  check(publisher: string, { id, sequence }: ProducerStamp): SequenceCheck {
    const known = this.#find(publisher, id);
    return checkSequence(sequence, known, {
      isFull: this.#counts.isFullFor(publisher),
      offsetOf: () => this.#resultOf(known!, sequence),
    });
  }

  record(
    publisher: string,
    { id, sequence }: ProducerStamp,
    { offset, results, now }: { readonly offset: number; readonly results: number; readonly now: number },
  ): void {
    const known = this.#find(publisher, id);
    const seal = sealOf(this.#channel, publisher, id, sequence, known?.results ?? results, now);
    let producer = known?.id;
    if (producer === undefined) {
      const cells = [this.#channel, publisher, id, sequence, results, now, seal] as const;
      producer = this.#statements.add.get(...cells)!.id as number;
      if (this.#counts.size === 0) this.#oldestAt = now;
      this.#counts.added(publisher);
    } else {
      this.#statements.use.run(sequence, now, seal, producer);
    }
    const cells = [producer, (sequence - 1) % (known?.results ?? results), sequence, offset] as const;
    this.#statements.addResult.run(...cells, sealOf(...cells));
  }

  expire(now: number, policy: ChannelPolicy): void {
    const until = now - policy.producerWindowMs;
    if (this.#counts.size === 0 || this.#oldestAt > until) return;
    this.#statements.expireResults.run(this.#channel, until);
    this.#counts.removed(this.#statements.expire.all(this.#channel, until));
    this.#findOldest();
  }

  #find(publisher: string, name: string): Known | undefined {
    const row = this.#statements.find.get(this.#channel, publisher, name);
    if (row === undefined) return undefined;
    const { id, last_sequence, results, used_at, seal } = row;
    checkSeal(`producer ${id}`, seal, this.#channel, publisher, name, last_sequence!, results!, used_at!);
    return { id: id as number, lastSequence: last_sequence as number, results: results as number };
  }

  #resultOf({ id, results }: Known, sequence: number): number {
    const slot = (sequence - 1) % results;
    const row = this.#statements.result.get(id, slot);
    if (row?.sequence !== sequence) throw new DamageError(`a result of producer ${id} is missing`);
    checkSeal(`a result of producer ${id}`, row.seal, id, slot, sequence, row.offset!);
    return row.offset as number;
  }

  #findOldest(): void {
    this.#oldestAt = (this.#statements.oldest.get(this.#channel)!.oldest as number | null) ?? 0;
  }
}
