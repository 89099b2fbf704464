// Presence kept in this process: members by channel, held by the leases of nodes.

import {
  type Position,
  type PresenceChange,
  type PresenceLeave,
  PresenceMap,
  type PresenceMember,
} from '../../channel/index.ts';
import { checkLease, checkLimit, checkMember } from '../argument-check.ts';
import type { LostReason } from '../broker.ts';
import type { Clock } from '../clock.ts';
import { BrokerError } from '../errors.ts';
import type {
  NodeLease,
  PresenceAnswer,
  PresenceBroker,
  PresenceHandler,
  PresencePage,
  PresenceQuery,
  PresenceWatch,
} from '../presence-broker.ts';
import { ChannelRoom } from './channel-room.ts';
import { type FeedOptions, FeedSet } from './feed.ts';

export interface MemoryPresenceOptions {
  readonly clock: Clock;
  readonly createEpoch: () => string;
  /** Channels known at a time; one more is refused, unless there is one where nobody is and nobody looks. */
  readonly maxChannels: number;
  /** Members in all channels; one more is refused with `BROKER_FULL`. */
  readonly maxMembers: number;
  readonly maxHeld: number;
  onLimit?(limit: 'maxChannels' | 'maxMembers' | 'maxHeld'): void;
  readonly onHandlerError: (error: unknown) => void;
}

interface PresentChannel {
  readonly name: string;
  readonly epoch: string;
  offset: number;
  readonly members: PresenceMap;
  /** Which lease holds each member. */
  readonly leases: Map<string, Lease>;
  readonly feeds: FeedSet<PresenceChange, PresenceHandler>;
  usedAt: number;
}

interface Lease {
  readonly node: string;
  expiresAt: number;
  cancelTimer: () => void;
  /** The keys it holds in each channel. */
  readonly keys: Map<PresentChannel, Set<string>>;
}

/** The synchronous half of the presence power: `MemoryBroker` puts promises around it. */
export class MemoryPresence {
  readonly #options: MemoryPresenceOptions;
  readonly #feedOptions: FeedOptions<PresenceChange, PresenceHandler>;
  readonly #channels = new Map<string, PresentChannel>();
  readonly #leases = new Map<string, Lease>();
  #memberCount = 0;
  readonly #room: ChannelRoom<PresentChannel>;

  constructor(options: MemoryPresenceOptions) {
    this.#options = options;
    this.#room = new ChannelRoom(
      this.#channels,
      options,
      ({ members, feeds }) => members.count > 0 || feeds.size > 0,
    );
    const { maxHeld, onHandlerError } = options;
    this.#feedOptions = {
      deliver: (handler, change) => handler.onChange(change),
      maxHeld,
      onOverflow: () => options.onLimit?.('maxHeld'),
      onHandlerError,
    };
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  put(channelName: string, member: PresenceMember, { node, ttlMs }: NodeLease): PresenceAnswer {
    const channel = this.#channel(channelName);
    const { count } = channel.members;
    if (channel.members.get(member.key) === undefined) this.#checkMembers();
    const leaseBegan = !this.#leases.has(node);
    const lease = this.#extend(node, ttlMs);
    const applied = channel.members.put(member);
    this.#memberCount += channel.members.count - count;
    if (applied) {
      this.#drop(channel, member.key);
      channel.leases.set(member.key, lease);
      const keys = lease.keys.get(channel);
      if (keys === undefined) lease.keys.set(channel, new Set([member.key]));
      else keys.add(member.key);
      channel.feeds.tell({ type: 'put', offset: ++channel.offset, member });
    }
    return { applied, position: standing(channel), ...(leaseBegan && { leaseBegan }) };
  }

  leave(channelName: string, leave: PresenceLeave): PresenceAnswer {
    const channel = this.#channel(channelName);
    const applied = this.#leave(channel, leave);
    return { applied, position: standing(channel) };
  }

  renew({ node, ttlMs }: NodeLease): boolean {
    const isKnown = this.#leases.has(node);
    this.#extend(node, ttlMs);
    return isKnown;
  }

  end(node: string): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) return;
    this.#leases.delete(node);
    lease.cancelTimer();
    for (const [channel, keys] of lease.keys) {
      for (const key of [...keys]) {
        const clock = channel.members.get(key)!.clock + 1;
        this.#leave(channel, { key, clock, isServerMade: true });
      }
    }
  }

  read(channelName: string, { afterKey, limit }: PresenceQuery): PresencePage {
    const channel = this.#channel(channelName);
    const all = channel.members.members();
    const start = afterKey === undefined ? 0 : all.findIndex((member) => member.key > afterKey);
    const members = start < 0 ? [] : all.slice(start, start + limit);
    const more = start >= 0 && start + limit < all.length;
    return { members, position: standing(channel), count: all.length, more };
  }

  watch(channelName: string): PresenceWatch {
    const channel = this.#channel(channelName);
    return channel.feeds.open(standing(channel));
  }

  /** Forgets channels where nobody is and nobody looks, unused since `usedBefore`. */
  sweep(usedBefore: number): void {
    for (const channel of this.#channels.values()) {
      const isUnused = channel.members.count === 0 && channel.feeds.size === 0;
      if (isUnused && channel.usedAt < usedBefore) this.#channels.delete(channel.name);
    }
  }

  close(reason: LostReason): void {
    for (const lease of this.#leases.values()) lease.cancelTimer();
    this.#leases.clear();
    for (const channel of this.#channels.values()) channel.feeds.loseAll(reason);
    this.#channels.clear();
    this.#memberCount = 0;
  }

  #channel(name: string): PresentChannel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      this.#room.make();
      channel = {
        name,
        epoch: this.#options.createEpoch(),
        offset: 0,
        members: new PresenceMap(),
        leases: new Map(),
        feeds: new FeedSet(this.#feedOptions),
        usedAt: 0,
      };
      this.#channels.set(name, channel);
    }
    channel.usedAt = this.#options.clock.now();
    return channel;
  }

  #checkMembers(): void {
    const { maxMembers } = this.#options;
    if (this.#memberCount < maxMembers) return;
    this.#options.onLimit?.('maxMembers');
    throw new BrokerError('BROKER_FULL', `already ${maxMembers} members`, { effect: 'none' });
  }

  #leave(channel: PresentChannel, leave: PresenceLeave): boolean {
    const wasPresent = channel.members.get(leave.key) !== undefined;
    // A leave of one who is not there is remembered, so that an older put does not enter; but nobody needs to hear it.
    if (!channel.members.leave(leave) || !wasPresent) return false;
    this.#memberCount--;
    this.#drop(channel, leave.key);
    channel.feeds.tell({ type: 'leave', offset: ++channel.offset, leave });
    return true;
  }

  /** Takes a member out of the lease that holds it. */
  #drop(channel: PresentChannel, key: string): void {
    const lease = channel.leases.get(key);
    if (lease === undefined) return;
    channel.leases.delete(key);
    const keys = lease.keys.get(channel)!;
    keys.delete(key);
    if (keys.size === 0) lease.keys.delete(channel);
  }

  #extend(node: string, ttlMs: number): Lease {
    let lease = this.#leases.get(node);
    if (lease === undefined) {
      lease = { node, expiresAt: 0, cancelTimer: () => {}, keys: new Map() };
      this.#leases.set(node, lease);
      lease.expiresAt = this.#options.clock.now() + ttlMs;
      this.#arm(lease);
    } else {
      lease.expiresAt = this.#options.clock.now() + ttlMs;
    }
    return lease;
  }

  /** One timer a lease: a renewal moves only the time, and the timer looks again when it fires. */
  #arm(lease: Lease): void {
    const { clock } = this.#options;
    lease.cancelTimer = clock.setTimer(
      () => {
        if (clock.now() < lease.expiresAt) this.#arm(lease);
        else this.end(lease.node);
      },
      Math.max(lease.expiresAt - clock.now(), 1),
    );
  }
}

function standing(channel: PresentChannel): Position {
  return { epoch: channel.epoch, offset: channel.offset };
}

/** The port to presence that is kept in this process. `onCall` comes before each call, and may throw to refuse it. */
export function presenceIn(presence: MemoryPresence, onCall: () => void): PresenceBroker {
  const open = (): MemoryPresence => {
    onCall();
    return presence;
  };
  return {
    put: async (channelName, member, lease) => {
      checkMember(member, lease);
      return open().put(channelName, member, lease);
    },
    leave: async (channelName, leave) => open().leave(channelName, leave),
    renewLease: async (lease) => {
      checkLease(lease.node, lease.ttlMs);
      return open().renew(lease);
    },
    endLease: async (node) => open().end(node),
    read: async (channelName, query) => {
      checkLimit(query.limit);
      return open().read(channelName, query);
    },
    watch: async (channelName) => open().watch(channelName),
  };
}
