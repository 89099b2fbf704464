// The sequencer of one stored channel: checks, numbers, stores and remembers, in one synchronous step.

import type { ChannelPolicy, Draft, KeptRange, Publication } from '../../channel/index.ts';
import type { HistoryCursor, HistoryPage, HistoryQuery, PublishAnswer } from '../broker.ts';
import type { ChannelParts, DedupeKeys, MailboxStore, Producers, PublicationStore } from './channel-parts.ts';
import { type Holder, publicationCost, rememberedCost, type StoredBytes } from './stored-bytes.ts';

export interface ChannelLogOptions {
  readonly epoch: string;
  /** Any stored class: not `signal`. */
  readonly policy: ChannelPolicy;
  /** Where it keeps what it knows: `memoryParts`, or what a database gives. */
  readonly parts: ChannelParts;
  /** What all channels may hold together. @default nothing is counted */
  readonly stored?: StoredBytes;
}

/** The time of one step: `now` to measure by, `wallTime` to write into the publication. */
export interface Moment {
  readonly now: number;
  readonly wallTime: number;
}

export interface PublishStep {
  readonly answer: PublishAnswer;
  /** What every subscriber is due, when something was appended. */
  readonly publication: Publication | undefined;
}

const expiredAnswer: PublishStep = {
  answer: { type: 'refused', reason: 'producer_expired' },
  publication: undefined,
};
const fullAnswer: PublishStep = { answer: { type: 'refused', reason: 'full' }, publication: undefined };

/** Pure: it owns no clock and no subscriber, so that a simulator can run it as it is. */
export class ChannelLog implements Holder {
  readonly epoch: string;
  /** Leases and acknowledgements of a `mailbox` channel. */
  readonly mailbox: MailboxStore | undefined;
  readonly #store: PublicationStore;
  readonly #producers: Producers;
  readonly #dedupeKeys: DedupeKeys;
  readonly #stored: StoredBytes | undefined;
  #policy: ChannelPolicy;

  constructor({ epoch, policy, parts, stored }: ChannelLogOptions) {
    this.epoch = epoch;
    this.mailbox = parts.mailbox;
    this.#policy = policy;
    this.#store = parts.store;
    this.#producers = parts.producers;
    this.#dedupeKeys = parts.dedupeKeys;
    this.#stored = stored;
  }

  get policy(): ChannelPolicy {
    return this.#policy;
  }

  /** A policy of the same class; it holds from the next step. */
  set policy(policy: ChannelPolicy) {
    this.#policy = policy;
    this.#store.limits = policy.history;
  }

  get head(): number {
    return this.#store.head;
  }

  get bytes(): number {
    return (this.#store.bytes ?? 0) + rememberedCost(this.#producers.size + this.#dedupeKeys.size);
  }

  dropOldest(): boolean {
    return this.#store.dropOldest?.() !== undefined;
  }

  publish(draft: Draft, moment: Moment): PublishStep {
    const step = this.#publish(draft, moment);
    this.#stored?.count(this);
    return step;
  }

  #publish(draft: Draft, { now, wallTime }: Moment): PublishStep {
    this.#forget(now);
    const publisher = draft.publisher ?? '';
    const { producer, dedupeKey } = draft;
    if (producer !== undefined) {
      const check = this.#producers.check(publisher, producer);
      switch (check.type) {
        case 'next':
          break;
        case 'repeated':
          return this.#accepted(check.offset, undefined);
        case 'gap':
          return {
            answer: { type: 'refused', reason: 'seq_gap', expected: check.expected },
            publication: undefined,
          };
        case 'expired':
          return expiredAnswer;
        case 'full':
          return this.#forgetful();
        default:
          check satisfies never;
      }
    }
    let offset = dedupeKey === undefined ? undefined : this.#dedupeKeys.get(publisher, dedupeKey);
    let publication: Publication | undefined;
    if (offset === undefined) {
      if (dedupeKey !== undefined && this.#dedupeKeys.isFullFor(publisher)) return this.#forgetful();
      if (this.#store.isFullFor?.(draft) === true) return fullAnswer;
      if (this.#stored?.makeRoom(this, this.#growthBy(draft)) === false) return fullAnswer;
      offset = this.#store.head + 1;
      publication = place(draft, offset, wallTime);
      this.#store.append(publication, now);
      if (dedupeKey !== undefined) this.#dedupeKeys.add(publisher, dedupeKey, { value: offset, now });
    }
    if (producer !== undefined) {
      this.#producers.record(publisher, producer, { offset, results: this.#policy.producerResults, now });
    }
    return this.#accepted(offset, publication);
  }

  kept(now: number): KeptRange {
    this.#store.trim(now);
    this.#stored?.count(this);
    return { epoch: this.epoch, horizon: this.#store.horizon, head: this.#store.head };
  }

  read(query: HistoryQuery, now: number): HistoryPage {
    const kept = this.kept(now);
    const from = query.type === 'forward' ? query.after : query.before;
    const highest = query.type === 'forward' ? kept.head : kept.head + 1;
    if (from !== undefined && (from.epoch !== this.epoch || from.offset > highest)) {
      return { type: 'gap', reason: 'epoch', kept };
    }
    return query.type === 'forward' ? this.#readForward(query, kept) : this.#readBackward(query, kept);
  }

  /** Whether nothing would be lost by forgetting the whole channel, but its numbering. */
  isEmpty(now: number): boolean {
    this.#forget(now);
    this.#store.trim(now);
    this.#stored?.count(this);
    return this.#store.size === 0 && this.#producers.size === 0 && this.#dedupeKeys.size === 0;
  }

  #readForward(query: HistoryQuery & { type: 'forward' }, kept: KeptRange): HistoryPage {
    const isState = this.#policy.class === 'state';
    // A reading of `state` from its beginning wants every key that there is: only what is removed while it lasts
    // matters to it, so its horizon is where it began.
    const base = query.after === undefined ? (isState ? kept.head : undefined) : query.after.base;
    const after = query.after?.offset ?? (isState ? 0 : kept.horizon);
    // Of a mailbox only what nobody took is missing, and that is told by the horizon, not by a gap.
    if (this.#policy.class !== 'mailbox' && kept.horizon > Math.max(after, base ?? 0)) {
      return { type: 'gap', reason: 'trimmed', kept };
    }
    const found = this.#store.readAfter(after, query.limit + 1);
    const more = found.length > query.limit;
    if (more) found.length = query.limit;
    const reached = more ? (found.at(-1)?.offset ?? after) : kept.head;
    const next: HistoryCursor = {
      epoch: this.epoch,
      offset: reached,
      ...(base !== undefined && { base }),
    };
    return { type: 'page', publications: found, kept, next, more };
  }

  #readBackward(query: HistoryQuery & { type: 'backward' }, kept: KeptRange): HistoryPage {
    const before = query.before?.offset ?? kept.head + 1;
    const found = this.#store.readBefore(before, query.limit + 1);
    const more = found.length > query.limit;
    if (more) found.length = query.limit;
    const next: HistoryCursor = { epoch: this.epoch, offset: found.at(-1)?.offset ?? before };
    return { type: 'page', publications: found, kept, next, more };
  }

  /** What could not be remembered is not published: a retry would double it. */
  #forgetful(): PublishStep {
    this.#stored?.refused();
    return fullAnswer;
  }

  /** How many bytes a publish adds at most. */
  #growthBy(draft: Draft): number {
    const remembered = Number(draft.producer !== undefined) + Number(draft.dedupeKey !== undefined);
    const replaced = this.#store.replacedBytes?.(draft) ?? 0;
    return publicationCost(draft) + rememberedCost(remembered) - replaced;
  }

  #accepted(offset: number, publication: Publication | undefined): PublishStep {
    const position = { epoch: this.epoch, offset };
    return { answer: { type: 'accepted', position, duplicate: publication === undefined }, publication };
  }

  #forget(now: number): void {
    this.#producers.expire(now, this.#policy);
    this.#dedupeKeys.expire(now - this.#policy.dedupeWindowMs);
  }
}

/** A publication shows who published it, but not the keys by which repetitions were told. */
export function place(draft: Draft, offset: number, publishedAt: number): Publication {
  return {
    offset,
    data: draft.data,
    publishedAt,
    ...(draft.publisher !== undefined && { publisher: draft.publisher }),
    ...(draft.stateKey !== undefined && { stateKey: draft.stateKey }),
    ...(draft.removed === true && { removed: true }),
  };
}
