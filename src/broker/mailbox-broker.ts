// The optional power to hand out the entries of a mailbox until somebody acknowledges them.

import type { ChannelPolicy, Publication } from '../channel/index.ts';

/**
 * Entries are published like any other publication, and a subscription tells that there is something new. They are
 * handled by *leasing*: an entry is leased to one consumer at a time, the oldest first, and is leased again, with
 * `attempt` one higher, when the lease runs out, or is released, without an acknowledgement.
 * An acknowledged entry is gone. An entry older than the policy's `maxAgeMs` is dropped, and the horizon tells.
 */
export interface MailboxBroker {
  lease(channel: string, request: MailboxRequest, policy: ChannelPolicy): Promise<MailboxLease>;

  /** Takes entries away. Resolves to the offsets that were taken by this call: not those acknowledged before, of
   * another epoch, or never leased to this consumer. */
  acknowledge(channel: string, acknowledgement: MailboxAcknowledgement): Promise<readonly number[]>;

  /** The consumer is gone: what it holds can be leased again at once. The attempt stays counted. */
  release(channel: string, consumer: string): Promise<void>;
}

export interface MailboxRequest {
  /** An id of this consumer's life, chosen by the server: never used again after `release`. */
  readonly consumer: string;
  readonly limit: number;
  /** How long the consumer has before its entries are given to others, in milliseconds. */
  readonly leaseMs: number;
}

export interface MailboxEntry {
  readonly publication: Publication;
  /** 1 for the first time that it is leased. */
  readonly attempt: number;
}

export interface MailboxLease {
  readonly epoch: string;
  readonly entries: readonly MailboxEntry[];
  /** When fewer than `limit` were given: the time until the next leased entry may become free, in milliseconds. Absent
   * when none is leased: wait for the subscription. */
  readonly nextInMs?: number;
}

export interface MailboxAcknowledgement {
  readonly consumer: string;
  readonly epoch: string;
  readonly offsets: readonly number[];
}
