// The optional power to know who is present in a channel, on all nodes, also when a node dies.

import type { Position, PresenceChange, PresenceLeave, PresenceMember } from '../channel/index.ts';

/**
 * Presence of a channel is a keyed map with its own epoch and offset: each change that took effect gets the next
 * offset. The rule which of two changes wins (`supersedesPresence`) is applied by the broker, in the same atomic step.
 *
 * Members are held by the lease of the node that put them last. A node renews its one lease for all its members; when
 * it does not, all of them leave, each exactly once whoever notices, by a leave that the broker makes itself with the
 * member's clock + 1. A member that another node has put meanwhile stays.
 */
export interface PresenceBroker {
  /** Enters a member, or changes it, and takes it into the lease. A node that takes a member over from another puts it
   * with a higher clock: otherwise nothing is applied, and the member stays with the other's lease. */
  put(channel: string, member: PresenceMember, lease: NodeLease): Promise<PresenceAnswer>;

  leave(channel: string, leave: PresenceLeave): Promise<PresenceAnswer>;

  /** Resolves to `false` when there was no lease, or no more: its members have left, and the node puts them again with
   * higher clocks. */
  renewLease(lease: NodeLease): Promise<boolean>;

  /** The node goes: all that its lease holds leaves now, as if it had run out. */
  endLease(node: string): Promise<void>;

  /** A page of members in the order of their keys. Pages may be of different moments: watch first, then read, and
   * give both to a `PresenceMap`; every change above the watch's position is delivered to it. */
  read(channel: string, query: PresenceQuery): Promise<PresencePage>;

  watch(channel: string): Promise<PresenceWatch>;
}

export interface NodeLease {
  /** An id of this life of the node's process: never used again. */
  readonly node: string;
  /** The lease runs out when it was not renewed, nor used by a `put`, for this long. */
  readonly ttlMs: number;
}

export interface PresenceAnswer {
  /** `false`: who is present is as before, since this or a newer change was there first. It took no offset. */
  readonly applied: boolean;
  /** Where presence of the channel stands after it. */
  readonly position: Position;
  /** Only of a `put`: it began the node's lease. Whatever the node had put before has left: it puts it again. */
  readonly leaseBegan?: true;
}

export interface PresenceQuery {
  /** The key after which to go on; absent: from the first. */
  readonly afterKey?: string;
  readonly limit: number;
}

export interface PresencePage {
  readonly members: readonly PresenceMember[];
  readonly position: Position;
  /** Members in the whole channel. */
  readonly count: number;
  readonly more: boolean;
}

export interface PresenceWatch {
  readonly position: Position;
  /** As `BrokerSubscription.start`: changes in the order of their offsets, without holes. */
  start(handler: PresenceHandler): void;
  close(): void;
}

export interface PresenceHandler {
  onChange(change: PresenceChange): void;
  onLost(reason: 'epoch' | 'overflow' | 'unavailable' | 'closed'): void;
}
