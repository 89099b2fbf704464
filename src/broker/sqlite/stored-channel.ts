// One channel of the store: its sequencer over rows, and its own row.

import type { ChannelPolicy } from '../../channel/index.ts';
import { ChannelLog } from '../memory/channel-log.ts';
import type { Cell, Row, SqliteDatabase, SqliteStatement } from './driver.ts';
import { checkSeal, DamageError, sealOf } from './seal.ts';
import { DedupeRows, DedupeStatements } from './tables/dedupe-rows.ts';
import { LogRows } from './tables/log-rows.ts';
import { MailboxRows, MailboxStatements } from './tables/mailbox-rows.ts';
import { ProducerRows, ProducerStatements } from './tables/producer-rows.ts';
import { PublicationRows, PublicationStatements } from './tables/publication-rows.ts';
import { StateRows, StateStatements } from './tables/state-rows.ts';
import type { StoredPublications } from './tables/stored-publications.ts';

/** Every statement there is, prepared once. */
export class Statements {
  readonly publications: PublicationStatements;
  readonly state: StateStatements;
  readonly mailbox: MailboxStatements;
  readonly producers: ProducerStatements;
  readonly dedupeKeys: DedupeStatements;
  readonly updateChannel: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.publications = new PublicationStatements(database);
    this.state = new StateStatements(database);
    this.mailbox = new MailboxStatements(database);
    this.producers = new ProducerStatements(database);
    this.dedupeKeys = new DedupeStatements(database);
    this.updateChannel = database.prepare(
      `UPDATE channel SET name = ?, epoch = ?, policy = ?, head = ?, horizon = ?, used_at = ?, seal = ?
       WHERE id = ?`,
    );
  }
}

/** A row of the table `channel`. */
export interface ChannelRow {
  readonly id: number;
  readonly name: string;
  readonly epoch: string;
  readonly policy: ChannelPolicy;
  readonly head: number;
  readonly horizon: number;
  readonly usedAt: number;
}

/** The cells of the row but its id, with the seal last. */
export function channelCells(row: Omit<ChannelRow, 'id'>): Cell[] {
  const cells = [row.name, row.epoch, JSON.stringify(row.policy), row.head, row.horizon, row.usedAt];
  return [...cells, sealOf(...cells)];
}

/** @throws {DamageError} when the row is not as it was written. */
export function channelRowOf(row: Row): ChannelRow {
  const { id, name, epoch, policy, head, horizon, used_at: usedAt, seal } = row;
  checkSeal(`channel ${id}`, seal, name!, epoch!, policy!, head!, horizon!, usedAt!);
  return {
    id: id as number,
    name: name as string,
    epoch: epoch as string,
    policy: JSON.parse(policy as string) as ChannelPolicy,
    head: head as number,
    horizon: horizon as number,
    usedAt: usedAt as number,
  };
}

export class StoredChannel {
  readonly id: number;
  readonly name: string;
  readonly log: ChannelLog;
  usedAt: number;
  readonly #publications: StoredPublications;
  readonly #statements: Statements;
  #written: { head: number; horizon: number; policy: ChannelPolicy; usedAt: number };

  constructor(row: ChannelRow, statements: Statements, maxRemembered: number) {
    const { id, policy, head, horizon } = row;
    if (head < horizon) throw new DamageError(`channel ${id} ends before it begins`);
    this.id = id;
    this.name = row.name;
    this.usedAt = row.usedAt;
    this.#statements = statements;
    this.#written = row;
    const rows = new PublicationRows(id, statements.publications);
    const kept = { limits: policy.history, head, horizon };
    const mailbox = policy.class === 'mailbox' ? new MailboxRows(rows, statements.mailbox, kept) : undefined;
    this.#publications =
      mailbox ??
      (policy.class === 'state' ? new StateRows(rows, statements.state, kept) : new LogRows(rows, kept));
    this.log = new ChannelLog({
      epoch: row.epoch,
      policy,
      parts: {
        store: this.#publications,
        producers: new ProducerRows(id, statements.producers, maxRemembered),
        dedupeKeys: new DedupeRows(id, statements.dedupeKeys, maxRemembered),
        mailbox,
      },
    });
  }

  /** Writes its row, if it has changed, and deletes what was trimmed. */
  flush(): void {
    const { head, horizon } = this.#publications;
    const { policy } = this.log;
    const { usedAt } = this;
    const written = this.#written;
    const isSame = head === written.head && horizon === written.horizon && policy === written.policy;
    if (isSame && usedAt === written.usedAt) return;
    this.#publications.deleteTrimmed();
    const row = { name: this.name, epoch: this.log.epoch, policy, head, horizon, usedAt };
    this.#statements.updateChannel.run(...channelCells(row), this.id);
    this.#written = { head, horizon, policy, usedAt };
  }
}
