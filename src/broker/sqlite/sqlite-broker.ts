// The broker that keeps its channels in a file: what it acknowledges is on disk, and a restart goes on where it was.

import {
  type ChannelPolicy,
  type Draft,
  deliveryTraits,
  type Position,
  type Publication,
  UsageError,
  unstoredPosition,
} from '../../channel/index.ts';
import { checkDraft, checkLimit, checkNumbers, checkPolicy, given } from '../argument-check.ts';
import type {
  Broker,
  BrokerSubscription,
  HistoryPage,
  HistoryQuery,
  LostReason,
  PublishAnswer,
  SubscriptionHandler,
} from '../broker.ts';
import { type Clock, systemClock } from '../clock.ts';
import { BrokerError } from '../errors.ts';
import type { MailboxBroker } from '../mailbox-broker.ts';
import { place } from '../memory/channel-log.ts';
import { FeedSet, throwLater } from '../memory/feed.ts';
import { MemoryPresence, presenceIn } from '../memory/memory-presence.ts';
import type { PresenceBroker } from '../presence-broker.ts';
import type { DriverName } from './driver.ts';
import { createEpoch } from './epoch.ts';
import { decodeData, encodeData } from './publication-data.ts';
import type { StoreOpening } from './store-call.ts';
import { StoreLink } from './store-link.ts';

export interface SqliteBrokerLimits {
  /**
   * Channels in the file, which are those that were published to; and as many with presence.
   * Beyond: `BROKER_FULL`; a client that publishes or enters is told `full`.
   * @default 100_000
   */
  readonly maxChannels?: number;
  /**
   * Bytes of the file, without what is beside it. A file that is longer already grows no more.
   * Beyond: `BROKER_FULL`, as where the disk is full; a client that publishes is told `full`. Reading goes on.
   * @default 17_179_869_184 (16 GiB)
   */
  readonly maxFileBytes?: number;
  /**
   * Members who are present, in all channels together.
   * Beyond: `BROKER_FULL`; the client is told `full`.
   * @default 100_000
   */
  readonly maxMembers?: number;
  /**
   * Producers, and as many dedupe keys, remembered for one channel: a tenth of them for one publisher, half for guests.
   * Beyond: a publish that needs one more is refused as `full`.
   * @default 100_000
   */
  readonly maxRemembered?: number;
  /**
   * Publications held for a subscription that was not started yet.
   * Beyond: it is lost to `overflow`, and begins again.
   * @default 10_000
   */
  readonly maxHeld?: number;
  /**
   * Calls that may wait for the disk.
   * Beyond: `BROKER_UNAVAILABLE`.
   * @default 100_000
   */
  readonly maxWaiting?: number;
}

export interface SqliteBrokerOptions extends SqliteBrokerLimits {
  /** The file. It is made when there is none, with the folders above it. Beside it lie `-wal` and `-witness`. */
  readonly path: string;
  /** @default 'node:sqlite' on Node 24 and later, before that 'better-sqlite3' */
  readonly driver?: DriverName | undefined;
  /** What to do with a file that does not hold what was written to it. `refuse`: it does not open, or answers every call
   * from then on with `BROKER_DAMAGED`. `replace`: it is renamed, and an empty one takes its place.
   * @default 'refuse' */
  readonly onDamage?: 'refuse' | 'replace';
  /** @default systemClock */
  readonly clock?: Clock;
  /** How long a channel without content keeps its epoch after it was last published to, in milliseconds.
   * @default 604_800_000 (a week) */
  readonly idleMs?: number;
  /** Time between looking through the channels for what is too old, in milliseconds. Reading never shows it anyway.
   * @default 60_000 */
  readonly sweepMs?: number;
  /** A limit was reached: any but `maxRemembered`, which the thread keeps to itself. Must not throw. @default not told */
  readonly onLimit?: (limit: keyof SqliteBrokerLimits) => void;
  /** A subscription's handler threw. The publication counts as delivered.
   * @default throws it again outside of the call, as an uncaught exception */
  readonly onHandlerError?: (error: unknown) => void;
}

export const sqliteBrokerDefaults: Required<Omit<SqliteBrokerOptions, 'path' | 'driver'>> = Object.freeze({
  onDamage: 'refuse',
  clock: systemClock,
  maxChannels: 100_000,
  maxFileBytes: 16 * 1024 ** 3,
  maxMembers: 100_000,
  maxRemembered: 100_000,
  maxHeld: 10_000,
  maxWaiting: 100_000,
  idleMs: 604_800_000,
  sweepMs: 60_000,
  onLimit: () => {},
  onHandlerError: throwLater,
});

/** `idleMs` is measured by the store itself, and may be longer than a timer. */
const numbers = [
  'maxChannels',
  'maxFileBytes',
  'maxMembers',
  'maxRemembered',
  'maxHeld',
  'maxWaiting',
  'sweepMs',
] as const;

type Settled = Required<Omit<SqliteBrokerOptions, 'driver'>>;

/** Who listens to a channel, and in which epoch. */
interface Audience {
  epoch: string;
  readonly feeds: FeedSet<Publication, SubscriptionHandler>;
}

/**
 * Keeps the whole contract of `Broker` for one process at a time. Channels, producers, dedupe keys, mailboxes and their
 * leases are in the file; presence is in memory, since its members leave with the process. SQLite runs in a thread of
 * its own, and takes all calls that come while the disk is busy in one transaction.
 */
export class SqliteBroker implements Broker {
  readonly durability = 'disk';
  readonly presence: PresenceBroker;
  readonly mailbox: MailboxBroker;
  readonly #options: Settled;
  readonly #link: StoreLink;
  readonly #audiences = new Map<string, Audience>();
  readonly #presence: MemoryPresence;
  /** From the time of the clock to the time of the store, which goes on over restarts. */
  readonly #timeOffset: number;
  #cancelSweep: () => void;
  #closing: Promise<void> | undefined;

  /**
   * Opens the file and checks it.
   * @throws {BrokerError} `BROKER_UNSUPPORTED`: no driver is installed. `BROKER_DAMAGED`: the file is damaged.
   * `BROKER_UNAVAILABLE`: it cannot be written, or another process has it.
   * @throws {UsageError} The file is of another program, or of another version; or a number can limit nothing.
   */
  static async open(options: SqliteBrokerOptions): Promise<SqliteBroker> {
    checkNumbers(options, numbers);
    const settled: Settled = { ...sqliteBrokerDefaults, ...given(options) };
    const { path, onDamage, maxChannels, maxRemembered, maxFileBytes, idleMs, maxWaiting } = settled;
    let broker: SqliteBroker | undefined;
    const link = await StoreLink.open({
      settings: { path, driver: options.driver, onDamage, maxChannels, maxRemembered, maxFileBytes, idleMs },
      maxWaiting,
      onLimit: (limit) => settled.onLimit(limit),
      onTrouble: (trouble) => {
        if (broker !== undefined) broker.#loseAll(trouble === 'replaced' ? 'epoch' : 'unavailable');
      },
    });
    broker = new SqliteBroker(link, settled);
    return broker;
  }

  private constructor(link: StoreLink, options: Settled) {
    const { clock } = options;
    this.#link = link;
    this.#options = options;
    this.#timeOffset = Math.max(clock.wallTime(), link.time) - clock.now();
    this.#presence = new MemoryPresence({ ...options, createEpoch });
    this.presence = presenceIn(this.#presence, () => this.#checkOpen());
    this.mailbox = this.#mailboxPower();
    this.#cancelSweep = this.#scheduleSweep();
  }

  /** How the file was found. */
  get opening(): StoreOpening {
    return this.#link.opening;
  }

  async publish(channel: string, draft: Draft, policy: ChannelPolicy): Promise<PublishAnswer> {
    this.#check(policy);
    checkDraft(draft, policy);
    checkWellFormed(draft);
    const wallTime = this.#options.clock.wallTime();
    if (!deliveryTraits[policy.class].isStored) {
      this.#tell(channel, unstoredPosition.epoch, place(draft, 0, wallTime));
      return { type: 'accepted', position: unstoredPosition, duplicate: false };
    }
    const encoded = { ...draft, data: encodeData(draft.data) };
    const moment = { now: this.#now(), wallTime };
    const call = { channel, policy: this.#link.numberOf(policy), draft: encoded, moment };
    return this.#link.call('publish', call, (answer) => {
      if (answer.type === 'accepted' && !answer.duplicate) {
        this.#tell(channel, answer.position.epoch, place(draft, answer.position.offset, wallTime));
      }
      return answer;
    });
  }

  async subscribe(channel: string, policy: ChannelPolicy): Promise<BrokerSubscription> {
    this.#check(policy);
    if (!deliveryTraits[policy.class].isStored) return this.#listen(channel, unstoredPosition);
    const call = { channel, policy: this.#link.numberOf(policy) };
    return this.#link.call('stand', call, (position) => this.#listen(channel, position));
  }

  async history(channel: string, query: HistoryQuery, policy: ChannelPolicy): Promise<HistoryPage> {
    this.#check(policy);
    checkLimit(query.limit);
    if (!deliveryTraits[policy.class].isStored) {
      const kept = { epoch: unstoredPosition.epoch, horizon: 0, head: 0 };
      return { type: 'page', publications: [], kept, next: unstoredPosition, more: false };
    }
    const call = { channel, policy: this.#link.numberOf(policy), query, now: this.#now() };
    return this.#link.call('read', call, (page) => {
      this.#compareEpoch(channel, page.kept.epoch);
      return page.type === 'gap' ? page : { ...page, publications: page.publications.map(decoded) };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelSweep();
    const closed = this.#link.close(closedError());
    this.#loseAll('closed');
    this.#presence.close('closed');
    await closed;
  }

  #mailboxPower(): MailboxBroker {
    return {
      lease: async (channel, request, policy) => {
        this.#check(policy);
        checkLimit(request.limit);
        if (policy.class !== 'mailbox') throw new UsageError(`not a mailbox: ${channel}`);
        const call = { channel, policy: this.#link.numberOf(policy), request, now: this.#now() };
        return this.#link.call('lease', call, ({ entries, ...lease }) => ({
          ...lease,
          entries: entries.map((entry) => ({ ...entry, publication: decoded(entry.publication) })),
        }));
      },
      acknowledge: async (channel, acknowledgement) => {
        this.#checkOpen();
        return this.#link.call('acknowledge', { channel, acknowledgement }, (offsets) => offsets);
      },
      release: async (channel, consumer) => {
        this.#checkOpen();
        await this.#link.call('release', { channel, consumer }, () => {});
      },
    };
  }

  #listen(channel: string, position: Position): BrokerSubscription {
    this.#compareEpoch(channel, position.epoch);
    const audience = this.#audiences.get(channel) ?? this.#openAudience(channel, position.epoch);
    const feed = audience.feeds.open(position);
    if (this.#closing !== undefined) feed.lose('closed');
    return feed;
  }

  /** It goes with its last listener. */
  #openAudience(channel: string, epoch: string): Audience {
    const { maxHeld, onHandlerError } = this.#options;
    const feeds = new FeedSet<Publication, SubscriptionHandler>({
      deliver: (handler, publication) => handler.onPublication(publication),
      maxHeld,
      onOverflow: () => this.#options.onLimit('maxHeld'),
      onHandlerError,
      onEmpty: () => {
        if (this.#audiences.get(channel) === audience) this.#audiences.delete(channel);
      },
    });
    const audience = { epoch, feeds };
    this.#audiences.set(channel, audience);
    return audience;
  }

  #tell(channel: string, epoch: string, publication: Publication): void {
    this.#compareEpoch(channel, epoch);
    this.#audiences.get(channel)?.feeds.tell(publication);
  }

  /** Whoever listens in another epoch than this, which the store has just told, has lost the thread. */
  #compareEpoch(channel: string, epoch: string): void {
    const audience = this.#audiences.get(channel);
    if (audience === undefined || audience.epoch === epoch) return;
    this.#audiences.delete(channel);
    audience.feeds.loseAll('epoch');
  }

  #loseAll(reason: LostReason): void {
    for (const { feeds } of [...this.#audiences.values()]) feeds.loseAll(reason);
    this.#audiences.clear();
  }

  #check(policy: ChannelPolicy): void {
    this.#checkOpen();
    checkPolicy(policy, this.durability);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  #now(): number {
    return this.#options.clock.now() + this.#timeOffset;
  }

  #scheduleSweep(): () => void {
    return this.#options.clock.setTimer(() => {
      void this.#sweep();
      this.#cancelSweep = this.#scheduleSweep();
    }, this.#options.sweepMs);
  }

  async #sweep(): Promise<void> {
    this.#presence.sweep(this.#options.clock.now() - this.#options.sweepMs);
    try {
      let after = 0;
      do after = await this.#link.call('sweep', { after, now: this.#now() }, (next) => next);
      while (after > 0);
    } catch {
      // The disk is full, or the broker was closed: the next sweep looks again, and calls tell what is wrong.
    }
  }
}

function decoded(publication: Publication): Publication {
  return { ...publication, data: decodeData(publication.data as string | Uint8Array) };
}

function closedError(): BrokerError {
  return new BrokerError('BROKER_CLOSED', 'the broker was closed', { effect: 'none' });
}

/** SQLite keeps text in UTF-8, where half a surrogate pair would become another character: two keys could become one. */
function checkWellFormed({ publisher = '', producer, dedupeKey = '', stateKey = '' }: Draft): void {
  const loneSurrogate = /\p{Surrogate}/u;
  const texts = { publisher, 'producer.id': producer?.id ?? '', dedupeKey, stateKey };
  for (const [name, text] of Object.entries(texts)) {
    if (loneSurrogate.test(text)) throw new UsageError(`${name} holds half a surrogate pair`);
  }
}
