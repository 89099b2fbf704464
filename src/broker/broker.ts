// The port to whatever keeps channels: it gives each channel its one order, stores it, and tells all nodes of it.

import type { ChannelPolicy, Draft, Durability, KeptRange, Position, Publication } from '../channel/index.ts';
import type { MailboxBroker } from './mailbox-broker.ts';
import type { PresenceBroker } from './presence-broker.ts';

/**
 * A broker is the sequencer of every channel. The server above it trusts these promises, and these only; each is a
 * case of the broker contract in `tidewire/testkit`.
 *
 * **Atomic.** A publish is one step: the checks of producer and dedupe key, taking the next offset, storing, forgetting
 * what the limits no longer allow, remembering the answer for a retry, and becoming due to every subscriber. No reader,
 * subscriber, retry, crash or failed call ever sees half of it. An answer comes after that step, with the durability of
 * the policy: what was acknowledged is in the history and reaches the subscribers, or they are told `onLost`.
 *
 * **Numbered.** In a stored channel the offset grows by exactly 1 for each publication that was accepted first, from 1
 * within an epoch, whichever node published it. A duplicate and a refusal take no offset. Publishes that one caller
 * makes on one channel without waiting are sequenced in the order of the calls.
 *
 * **Epoch.** It changes whenever continuity cannot be proven: the store is new, emptied, restored from an older state,
 * or failed over to a copy that may lack the end. Producers, dedupe keys, mailbox leases and presence belong to the
 * epoch and are forgotten with it. An offset is never given out twice in an epoch.
 *
 * **Late, but whole.** A subscription may deliver a publication before or after the answer to its publish, and to each
 * node at its own time. But what it delivers is in order, without a hole or a repetition, from the position that
 * `subscribe` told; when it cannot go on like that (also: when the end of the log may have been missed), it says
 * `onLost` once and nothing more.
 *
 * **Slow and failing.** Every call may take long and may reject with a `BrokerError`, which says whether the call had
 * an effect. Nothing else is thrown, except `UsageError` for an argument that can never work. A failed call does not
 * end other calls or subscriptions.
 *
 * The policy is handed in with each call, so that a broker needs no register of channels; for one channel it is the
 * same on all nodes but for deploys that change it, when the latest seen holds. Channel names have been checked.
 * `signal` is not stored: its position is always `unstoredPosition`, and its publications may be lost, not disordered.
 */
export interface Broker {
  /** The most lasting promise it can keep. The server refuses a contract that asks for more. */
  readonly durability: Durability;

  publish(channel: string, draft: Draft, policy: ChannelPolicy): Promise<PublishAnswer>;

  /** Begins to listen, and tells from where. What is published from then on is held until `start`. */
  subscribe(channel: string, policy: ChannelPolicy): Promise<BrokerSubscription>;

  /** Reads what is kept. Reading with `limit: 0` only asks where the channel stands. */
  history(channel: string, query: HistoryQuery, policy: ChannelPolicy): Promise<HistoryPage>;

  /** Who is where. Absent: contracts with presence are refused. */
  readonly presence?: PresenceBroker;

  /** Acknowledgements. Absent: contracts of class `mailbox` are refused. */
  readonly mailbox?: MailboxBroker;

  /** Ends every subscription with `onLost('closed')` and every open call with `BROKER_CLOSED`. Twice is the same as once. */
  close(): Promise<void>;
}

export type PublishAnswer =
  /** Appended, now or (`duplicate`) by an earlier publish that this one repeats; the position is the first one's. */
  | { readonly type: 'accepted'; readonly position: Position; readonly duplicate: boolean }
  /** The producer left out a sequence; it sends again from `expected`. */
  | { readonly type: 'refused'; readonly reason: 'seq_gap'; readonly expected: number }
  /** This sequence may have been appended, but nobody remembers: the producer is unknown here and its sequence is not
   * 1, or its result is older than the window. The producer begins anew under a new id. */
  | { readonly type: 'refused'; readonly reason: 'producer_expired' }
  /** No room: `state` keys, `mailbox` entries, or remembered producers and dedupe keys. Nothing was changed. */
  | { readonly type: 'refused'; readonly reason: 'full' };

export interface BrokerSubscription {
  /** Every publication above this offset, in this epoch, will be delivered. */
  readonly position: Position;
  /** Begins delivery: first what came meanwhile, then live. Called once. Handlers may be called before it returns. */
  start(handler: SubscriptionHandler): void;
  /** Ends delivery at once: no handler is called after it. Never fails; twice is the same as once. */
  close(): void;
}

export interface SubscriptionHandler {
  onPublication(publication: Publication): void;
  /** The subscription has ended by itself. Subscribe again, and compare positions. */
  onLost(reason: LostReason): void;
}

/**
 * `epoch`: the channel has a new epoch. `overflow`: more was held than the broker's bound. `unavailable`: the way to
 * the store broke. `closed`: the broker was closed.
 */
export type LostReason = 'epoch' | 'overflow' | 'unavailable' | 'closed';

export type HistoryQuery =
  /** Oldest first, from just above `after`; without it, from the oldest that is kept. */
  | { readonly type: 'forward'; readonly after?: HistoryCursor; readonly limit: number }
  /** Newest first, from just below `before`; without it, from the newest. */
  | { readonly type: 'backward'; readonly before?: Position; readonly limit: number };

/** Any position, or the `next` of a page. */
export interface HistoryCursor extends Position {
  /**
   * `state` only, written by the broker in every page of a reading that began without `after`: where the channel stood
   * then. Such a reader needs to hear only of removals since, also when it stops within a page and goes on later.
   */
  readonly base?: number;
}

export type HistoryPage =
  | {
      readonly type: 'page';
      /** At most `limit`, and perhaps fewer. In `state` only the latest of each key (or its removal), by offset. */
      readonly publications: readonly Publication[];
      /** What was kept when this page was read. */
      readonly kept: KeptRange;
      /** Goes into the next query as `after` (or `before`). Forward it tells how far the reader has come: to the
       * last publication of the page while there is `more`, else to `kept.head`. */
      readonly next: HistoryCursor;
      readonly more: boolean;
    }
  /** Forward: what follows `after` is not kept. Backward: only `epoch`; where history ends, a page without `more` says. */
  | { readonly type: 'gap'; readonly reason: 'epoch' | 'trimmed'; readonly kept: KeptRange };
