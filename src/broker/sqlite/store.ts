// The store itself: carries out calls on the database, a batch in one transaction.

import { type ChannelPolicy, UsageError } from '../../channel/index.ts';
import { BrokerError } from '../errors.ts';
import type { ChannelLog } from '../memory/channel-log.ts';
import type { CommitWitness } from './commit-witness.ts';
import { type SqliteDatabase, type SqliteStatement, sqliteCodeOf } from './driver.ts';
import { createEpoch } from './epoch.ts';
import { tablesOfAnEpoch } from './schema.ts';
import { DamageError, sealOf } from './seal.ts';
import type {
  ResultOf,
  StoreAnswer,
  StoreCall,
  StoreCalls,
  StoreFailure,
  StoreLimit,
  StoreSettings,
} from './store-call.ts';
import { channelCells, channelRowOf, Statements, StoredChannel } from './stored-channel.ts';
import { UnwrittenChannels } from './unwritten-channels.ts';

/** Channels whose sequencers stay at hand between batches. */
const maxAtHand = 10_000;
/** Channels that one sweep looks at. */
const channelsPerSweep = 100;

export interface StoreState {
  readonly database: SqliteDatabase;
  readonly witness: CommitWitness;
  readonly commits: number;
  readonly time: number;
  /** Those that calls name by number. */
  readonly policies: ReadonlyMap<number, ChannelPolicy>;
}

/** Synchronous, as its drivers are: it lives in a thread of its own, since a commit waits for the disk. */
export class Store {
  readonly #database: SqliteDatabase;
  readonly #witness: CommitWitness;
  readonly #settings: StoreSettings;
  readonly #statements: Statements;
  readonly #transaction: { readonly begin: SqliteStatement; readonly commit: SqliteStatement };
  readonly #store: SqliteStatement;
  readonly #byName: SqliteStatement;
  readonly #byId: SqliteStatement;
  readonly #count: SqliteStatement;
  readonly #add: SqliteStatement;
  readonly #forget: readonly SqliteStatement[];
  readonly #policies: ReadonlyMap<number, ChannelPolicy>;
  readonly #atHand = new Map<string, StoredChannel>();
  readonly #unwritten = new UnwrittenChannels();
  #touched = new Set<StoredChannel>();
  #commits: number;
  #time: number;
  #hasWritten = false;

  constructor({ database, witness, commits, time, policies }: StoreState, settings: StoreSettings) {
    this.#policies = policies;
    this.#database = database;
    this.#witness = witness;
    this.#settings = settings;
    this.#commits = commits;
    this.#time = time;
    this.#statements = new Statements(database);
    this.#transaction = { begin: database.prepare('BEGIN'), commit: database.prepare('COMMIT') };
    this.#store = database.prepare('UPDATE store SET commits = ?, time = ?, seal = ?');
    this.#byName = database.prepare('SELECT * FROM channel WHERE name = ?');
    this.#byId = database.prepare('SELECT * FROM channel WHERE id > ? ORDER BY id LIMIT ?');
    this.#count = database.prepare('SELECT count(*) AS count FROM channel');
    this.#add = database.prepare(
      `INSERT INTO channel (name, epoch, policy, head, horizon, used_at, seal)
       VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    );
    this.#forget = [
      'DELETE FROM result WHERE producer IN (SELECT id FROM producer WHERE channel = ?)',
      ...['publication', ...tablesOfAnEpoch].map((table) => `DELETE FROM ${table} WHERE channel = ?`),
      'DELETE FROM channel WHERE id = ?',
    ].map((sql) => database.prepare(sql));
  }

  /**
   * Answers each call in turn. What the answers promise is on disk when this returns.
   * @throws {DamageError} after which the store must not be used.
   */
  run(calls: readonly StoreCall[]): StoreAnswer[] {
    let isCommitting = false;
    try {
      this.#transaction.begin.run();
      this.#hasWritten = false;
      const answers = calls.map((call) => this.#answer(call));
      if (this.#hasWritten) this.#flush();
      isCommitting = true;
      this.#transaction.commit.run();
      if (this.#hasWritten) this.#witness.write(++this.#commits);
      this.#touched.clear();
      if (this.#atHand.size > maxAtHand) this.#atHand.clear();
      return answers;
    } catch (error) {
      this.#rollBack();
      const failure = failureOf(error, isCommitting);
      // On a full disk one can still read: calls that write nothing are answered each for itself.
      if (calls.length > 1) return calls.map((call) => (isReading(call) ? this.run([call])[0]! : failure));
      return [failure];
    }
  }

  close(): void {
    this.#database.close();
    this.#witness.close();
  }

  #answer(call: StoreCall): StoreAnswer {
    try {
      return { type: 'done', result: this.#carryOut(call) };
    } catch (error) {
      if (error instanceof UsageError) return { type: 'usage', message: error.message };
      if (error instanceof BrokerError) return failureOf(error, false);
      throw error;
    }
  }

  #carryOut(call: StoreCall): StoreCalls[StoreCall['type']]['result'] {
    switch (call.type) {
      case 'publish': {
        const now = this.#advance(call.moment.now);
        const channel = this.#channel(call.channel, call.policy);
        channel.usedAt = now;
        this.#hasWritten = true;
        return channel.log.publish(call.draft, { now, wallTime: call.moment.wallTime }).answer;
      }
      case 'stand': {
        const log = this.#look(call.channel, call.policy);
        return { epoch: log.epoch, offset: log.head };
      }
      case 'read':
        return this.#look(call.channel, call.policy).read(call.query, this.#advance(call.now));
      case 'lease': {
        const now = this.#advance(call.now);
        const log = this.#look(call.channel, call.policy);
        if (log.mailbox === undefined) throw new UsageError(`not a mailbox: ${call.channel}`);
        log.mailbox.trim(now);
        const lease = log.mailbox.lease(call.request, now);
        this.#hasWritten ||= lease.entries.length > 0;
        return { epoch: log.epoch, ...lease };
      }
      case 'acknowledge': {
        const { consumer, epoch, offsets } = call.acknowledgement;
        const log = this.#mailbox(call.channel);
        if (log?.mailbox === undefined || log.epoch !== epoch) return [];
        const taken = log.mailbox.acknowledge(consumer, offsets);
        this.#hasWritten ||= taken.length > 0;
        return taken;
      }
      case 'release':
        this.#hasWritten = true;
        this.#mailbox(call.channel)?.mailbox?.release(call.consumer);
        return undefined;
      case 'sweep':
        return this.#sweep(call.after, this.#advance(call.now));
      default:
        return call satisfies never;
    }
  }

  /** The channel to read; one that has no row gets none. */
  #look(name: string, policyNumber: number): ChannelLog {
    if (this.#known(name) !== undefined) return this.#channel(name, policyNumber).log;
    return this.#unwritten.log(name, this.#policies.get(policyNumber)!);
  }

  #channel(name: string, policyNumber: number): StoredChannel {
    const policy = this.#policies.get(policyNumber)!;
    let channel = this.#known(name);
    if (channel !== undefined && channel.log.policy.class !== policy.class) {
      // Of what was kept in one way nothing can be promised in another: the channel begins anew.
      this.#drop(channel);
      channel = undefined;
    }
    channel ??= this.#create(name, policy);
    if (channel.log.policy !== policy) channel.log.policy = policy;
    return channel;
  }

  /** @throws {UsageError} when it is no mailbox. `undefined` for a channel that is not known. */
  #mailbox(name: string): StoredChannel['log'] | undefined {
    const log = this.#known(name)?.log;
    if (log !== undefined && log.mailbox === undefined) throw new UsageError(`not a mailbox: ${name}`);
    return log;
  }

  #known(name: string): StoredChannel | undefined {
    let channel = this.#atHand.get(name);
    if (channel === undefined) {
      const row = this.#byName.get(name);
      if (row === undefined) return undefined;
      channel = new StoredChannel(channelRowOf(row), this.#statements, this.#settings.maxRemembered);
      this.#atHand.set(name, channel);
    }
    this.#touched.add(channel);
    return channel;
  }

  #create(name: string, policy: ChannelPolicy): StoredChannel {
    const { maxChannels, maxRemembered } = this.#settings;
    if ((this.#count.get()!.count as number) >= maxChannels) {
      throw new FullError('maxChannels', `already ${maxChannels} channels`);
    }
    const row = {
      name,
      epoch: this.#unwritten.take(name) ?? createEpoch(),
      policy,
      head: 0,
      horizon: 0,
      usedAt: this.#time,
    };
    const id = this.#add.get(...channelCells(row))!.id as number;
    const channel = new StoredChannel({ id, ...row }, this.#statements, maxRemembered);
    this.#atHand.set(name, channel);
    this.#touched.add(channel);
    this.#hasWritten = true;
    return channel;
  }

  #drop(channel: StoredChannel): void {
    for (const statement of this.#forget) statement.run(channel.id);
    this.#atHand.delete(channel.name);
    this.#touched.delete(channel);
    this.#hasWritten = true;
  }

  #sweep(after: number, now: number): ResultOf<'sweep'> {
    const rows = this.#byId.all(after, channelsPerSweep).map(channelRowOf);
    for (const { name } of rows) {
      const channel = this.#known(name)!;
      const isUnused = channel.usedAt <= now - this.#settings.idleMs;
      if (channel.log.isEmpty(now) && isUnused) this.#drop(channel);
    }
    this.#hasWritten = rows.length > 0 || this.#hasWritten;
    return rows.length < channelsPerSweep ? 0 : rows.at(-1)!.id;
  }

  /** The store's time never goes back. */
  #advance(now: number): number {
    this.#time = Math.max(this.#time, now);
    return this.#time;
  }

  #flush(): void {
    for (const channel of this.#touched) channel.flush();
    const cells = [this.#commits + 1, this.#time];
    this.#store.run(...cells, sealOf(...cells));
  }

  #rollBack(): void {
    this.#touched = new Set();
    this.#atHand.clear();
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // It has rolled back by itself, as it does when the disk is full: then there is nothing to roll back.
    }
  }
}

function isReading(call: StoreCall): boolean {
  return call.type === 'read' || call.type === 'stand';
}

/** @throws what is no failure of a call: damage, and errors of ours. */
export function failureOf(error: unknown, isCommitting: boolean): StoreFailure {
  if (error instanceof BrokerError) {
    const { code, message, effect } = error;
    return {
      type: 'failed',
      code,
      message,
      effect,
      ...(error instanceof FullError && { limit: error.limit }),
    };
  }
  const code = sqliteCodeOf(error);
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    throw new DamageError((error as Error).message, { cause: error });
  }
  if (code === undefined || code === 'SQLITE_ERROR') throw error;
  // What did not fit, or was not let in, is not there. When the disk failed during the commit nobody knows.
  const isOut = !isCommitting || code === 'SQLITE_FULL' || code === 'SQLITE_READONLY';
  const message = explanations.get(code) ?? `the store failed: ${(error as Error).message}`;
  const effect = isOut ? 'none' : 'unknown';
  if (code === 'SQLITE_FULL')
    return { type: 'failed', code: 'BROKER_FULL', message, effect, limit: 'maxFileBytes' };
  return { type: 'failed', code: 'BROKER_UNAVAILABLE', message, effect };
}

/** The store keeps as much as it may. */
class FullError extends BrokerError {
  readonly limit: StoreLimit;

  constructor(limit: StoreLimit, message: string) {
    super('BROKER_FULL', message, { effect: 'none' });
    this.limit = limit;
  }
}

const explanations = new Map([
  ['SQLITE_FULL', 'no room is left on the disk of the store, or maxFileBytes allows no more'],
  ['SQLITE_READONLY', 'the disk of the store cannot be written'],
  ['SQLITE_BUSY', 'the store is in use by another process'],
  ['SQLITE_CANTOPEN', 'the file of the store cannot be opened or created'],
]);
