// The broker of a single process: everything in memory, in the order in which it was called.

import { randomBytes } from 'node:crypto';
import {
  type ChannelPolicy,
  type Draft,
  deliveryTraits,
  type Position,
  type Publication,
  UsageError,
  unstoredPosition,
} from '../channel/index.ts';
import { checkDraft, checkLimit, checkNumbers, checkPolicy, given } from './argument-check.ts';
import type {
  Broker,
  BrokerSubscription,
  HistoryPage,
  HistoryQuery,
  PublishAnswer,
  SubscriptionHandler,
} from './broker.ts';
import { type Clock, systemClock } from './clock.ts';
import { BrokerError } from './errors.ts';
import type { MailboxBroker } from './mailbox-broker.ts';
import { ChannelLog, place } from './memory/channel-log.ts';
import type { MailboxStore } from './memory/channel-parts.ts';
import { ChannelRoom } from './memory/channel-room.ts';
import { type FeedOptions, FeedSet, throwLater } from './memory/feed.ts';
import { memoryParts } from './memory/memory-parts.ts';
import { MemoryPresence, presenceIn } from './memory/memory-presence.ts';
import { StoredBytes } from './memory/stored-bytes.ts';
import type { PresenceBroker } from './presence-broker.ts';

export interface MemoryBrokerLimits {
  /**
   * Channels known at a time, and as many with presence. An unused channel is forgotten after `idleMs`, and one that was only
   * looked into as soon as there is no room.
   * Beyond: `BROKER_FULL`; a client that publishes or enters is told `full`, one that reads `unavailable`.
   * @default 100_000
   */
  readonly maxChannels?: number;
  /**
   * Bytes of what all channels keep, as they are counted: the characters and bytes of data, 16 for each value, 64 for each map
   * and list, 128 for each publication, 256 for each producer and dedupe key that is remembered.
   * Beyond: the oldest of the same `log` goes before its time; where that is not enough, and in other channels, `full`.
   * @default 268_435_456 (256 MiB)
   */
  readonly maxStoredBytes?: number;
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
}

export interface MemoryBrokerOptions extends MemoryBrokerLimits {
  /** @default systemClock */
  readonly clock?: Clock;
  /** Names a new epoch, never the same twice (`isEpoch` says of which characters).
   * @default 72 random bits */
  readonly createEpoch?: () => string;
  /** How long a channel without subscription and without content keeps its epoch, in milliseconds.
   * @default 600_000 */
  readonly idleMs?: number;
  /** A limit was reached. Must not throw. @default not told */
  readonly onLimit?: (limit: keyof MemoryBrokerLimits) => void;
  /** A subscription's handler threw. The publication counts as delivered.
   * @default throws it again outside of the call, as an uncaught exception */
  readonly onHandlerError?: (error: unknown) => void;
}

export const memoryBrokerDefaults: Required<MemoryBrokerOptions> = Object.freeze({
  clock: systemClock,
  createEpoch: () => randomBytes(9).toString('base64url'),
  maxChannels: 100_000,
  maxStoredBytes: 256 * 1024 * 1024,
  maxMembers: 100_000,
  maxRemembered: 100_000,
  maxHeld: 10_000,
  idleMs: 600_000,
  onLimit: () => {},
  onHandlerError: throwLater,
});

const numbers = [
  'maxChannels',
  'maxStoredBytes',
  'maxMembers',
  'maxRemembered',
  'maxHeld',
  'idleMs',
] as const;

/** Looking through all channels takes milliseconds: a stranger whose publications find no room must not set the pace. */
const trimEveryMs = 1_000;

interface Channel {
  /** Replaced, with its epoch, when the class changes. `undefined` in a channel that stores nothing. */
  log: ChannelLog | undefined;
  readonly feeds: FeedSet<Publication, SubscriptionHandler>;
  usedAt: number;
}

/**
 * Keeps the whole contract of `Broker` within one process. Subscriptions are told within the call to `publish`, before
 * its promise settles. It ends with the process: a restart is a new epoch.
 */
export class MemoryBroker implements Broker {
  readonly durability = 'memory';
  readonly presence: PresenceBroker;
  readonly mailbox: MailboxBroker;
  readonly #options: Required<MemoryBrokerOptions>;
  readonly #feedOptions: FeedOptions<Publication, SubscriptionHandler>;
  readonly #channels = new Map<string, Channel>();
  readonly #room: ChannelRoom<Channel>;
  readonly #presence: MemoryPresence;
  readonly #stored: StoredBytes;
  #trimmedAt = Number.NEGATIVE_INFINITY;
  #cancelSweep: (() => void) | undefined;
  #isClosed = false;

  /** @throws {UsageError} naming the number that can limit nothing. */
  constructor(options: MemoryBrokerOptions = {}) {
    checkNumbers(options, numbers);
    this.#options = { ...memoryBrokerDefaults, ...given(options) };
    const { maxHeld, onHandlerError, maxStoredBytes, onLimit } = this.#options;
    this.#stored = new StoredBytes(maxStoredBytes, (limit) => {
      onLimit(limit);
      if (limit === 'maxStoredBytes') this.#trimAll();
    });
    this.#feedOptions = {
      deliver: (handler, publication) => handler.onPublication(publication),
      maxHeld,
      onOverflow: () => onLimit('maxHeld'),
      onHandlerError,
    };
    this.#room = new ChannelRoom(this.#channels, this.#options, isMissed);
    this.#presence = new MemoryPresence(this.#options);
    this.presence = presenceIn(this.#presence, () => {
      this.#checkOpen();
      this.#scheduleSweep();
    });
    this.mailbox = this.#mailboxPower();
  }

  async publish(channelName: string, draft: Draft, policy: ChannelPolicy): Promise<PublishAnswer> {
    checkDraft(draft, policy);
    const channel = this.#channel(channelName, policy);
    const { clock } = this.#options;
    const { log } = channel;
    if (log === undefined) {
      channel.feeds.tell(place(draft, 0, clock.wallTime()));
      return { type: 'accepted', position: unstoredPosition, duplicate: false };
    }
    const { answer, publication } = log.publish(draft, { now: clock.now(), wallTime: clock.wallTime() });
    if (publication !== undefined) channel.feeds.tell(publication);
    return answer;
  }

  async subscribe(channelName: string, policy: ChannelPolicy): Promise<BrokerSubscription> {
    const { log, feeds } = this.#channel(channelName, policy);
    const position: Position = log === undefined ? unstoredPosition : { epoch: log.epoch, offset: log.head };
    return feeds.open(position);
  }

  async history(channelName: string, query: HistoryQuery, policy: ChannelPolicy): Promise<HistoryPage> {
    checkLimit(query.limit);
    const { log } = this.#channel(channelName, policy);
    if (log !== undefined) return log.read(query, this.#options.clock.now());
    const kept = { epoch: unstoredPosition.epoch, horizon: 0, head: 0 };
    return { type: 'page', publications: [], kept, next: unstoredPosition, more: false };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelSweep?.();
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) channel.feeds.loseAll('closed');
    this.#presence.close('closed');
  }

  #channel(name: string, policy: ChannelPolicy): Channel {
    this.#checkOpen();
    checkPolicy(policy, this.durability);
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      this.#room.make();
      channel = { log: this.#createLog(policy), feeds: new FeedSet(this.#feedOptions), usedAt: 0 };
      this.#channels.set(name, channel);
      this.#scheduleSweep();
    } else if (deliveryClassOf(channel) !== policy.class) {
      if (channel.log !== undefined) this.#stored.forget(channel.log);
      channel.log = this.#createLog(policy);
      channel.feeds.loseAll('epoch');
    } else if (channel.log !== undefined && channel.log.policy !== policy) {
      channel.log.policy = policy;
    }
    channel.usedAt = this.#options.clock.now();
    return channel;
  }

  #createLog(policy: ChannelPolicy): ChannelLog | undefined {
    if (!deliveryTraits[policy.class].isStored) return undefined;
    const { createEpoch, maxRemembered } = this.#options;
    return new ChannelLog({
      epoch: createEpoch(),
      policy,
      parts: memoryParts(policy, maxRemembered),
      stored: this.#stored,
    });
  }

  /** `undefined` for a channel that is not known: there is nothing to acknowledge or release. */
  #mailboxOf(
    channelName: string,
  ): { readonly table: MailboxStore; readonly epoch: string; readonly log: ChannelLog } | undefined {
    this.#checkOpen();
    const channel = this.#channels.get(channelName);
    if (channel === undefined) return undefined;
    const table = channel.log?.mailbox;
    if (table === undefined) throw new UsageError(`not a mailbox: ${channelName}`);
    return { table, epoch: channel.log!.epoch, log: channel.log! };
  }

  #mailboxPower(): MailboxBroker {
    return {
      lease: async (channelName, request, policy) => {
        checkLimit(request.limit);
        this.#channel(channelName, policy);
        const { table, epoch } = this.#mailboxOf(channelName)!;
        const now = this.#options.clock.now();
        table.trim(now);
        return { epoch, ...table.lease(request, now) };
      },
      acknowledge: async (channelName, { consumer, epoch, offsets }) => {
        const mailbox = this.#mailboxOf(channelName);
        if (epoch !== mailbox?.epoch) return [];
        const taken = mailbox.table.acknowledge(consumer, offsets);
        this.#stored.count(mailbox.log);
        return taken;
      },
      release: async (channelName, consumer) => this.#mailboxOf(channelName)?.table.release(consumer),
    };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new BrokerError('BROKER_CLOSED', 'the broker was closed', { effect: 'none' });
  }

  #scheduleSweep(): void {
    if (this.#cancelSweep !== undefined || this.#isClosed) return;
    this.#cancelSweep = this.#options.clock.setTimer(() => this.#sweep(), this.#options.idleMs);
  }

  /** Forgets what nobody uses. The timer rests with the last channel. */
  #sweep(): void {
    this.#cancelSweep = undefined;
    const now = this.#options.clock.now();
    const usedBefore = now - this.#options.idleMs;
    for (const [name, channel] of this.#channels) {
      const isEmpty = channel.log === undefined || channel.log.isEmpty(now);
      if (isEmpty && channel.feeds.size === 0 && channel.usedAt <= usedBefore) this.#channels.delete(name);
    }
    this.#presence.sweep(usedBefore);
    if (this.#channels.size + this.#presence.channelCount > 0) this.#scheduleSweep();
  }

  /** There is no room for what somebody wants to keep: what is too old goes now, not with the next sweep. */
  #trimAll(): void {
    const now = this.#options.clock.now();
    if (now - this.#trimmedAt < trimEveryMs) return;
    this.#trimmedAt = now;
    for (const { log } of this.#channels.values()) log?.isEmpty(now);
  }
}

function deliveryClassOf(channel: Channel): ChannelPolicy['class'] {
  return channel.log?.policy.class ?? 'signal';
}

/** One to which nothing was ever published, and nobody listens, is the same when it is made anew. */
function isMissed({ log, feeds }: Channel): boolean {
  return feeds.size > 0 || (log !== undefined && log.head > 0);
}
