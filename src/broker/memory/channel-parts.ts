// What the sequencer of a channel needs of the place where it keeps things, be it memory or a database.

import type { ChannelPolicy, Draft, HistoryLimits, ProducerStamp, Publication } from '../../channel/index.ts';
import type { MailboxLease, MailboxRequest } from '../mailbox-broker.ts';

export interface ChannelParts {
  readonly store: PublicationStore;
  readonly producers: Producers;
  readonly dedupeKeys: DedupeKeys;
  /** The same object as `store`, in a `mailbox` channel. */
  readonly mailbox: MailboxStore | undefined;
}

/** Keeps publications as the delivery class asks for. */
export interface PublicationStore {
  readonly head: number;
  readonly horizon: number;
  /** How many publications are kept. */
  readonly size: number;
  limits: HistoryLimits;
  /** What is kept costs so much memory, about. Absent: it is kept elsewhere. */
  readonly bytes?: number;
  /** Lets go of the oldest before its time, as only a log may. */
  dropOldest?(): Publication | undefined;
  /** Whether there is no room for this draft. Absent: there always is, older ones give way. */
  isFullFor?(draft: Draft): boolean;
  /** What a draft takes the place of costs so much. Absent: nothing is replaced. */
  replacedBytes?(draft: Draft): number;
  append(publication: Publication, now: number): void;
  trim(now: number): void;
  readAfter(offset: number, limit: number): Publication[];
  readBefore(offset: number, limit: number): Publication[];
}

export interface MailboxStore extends PublicationStore {
  lease(request: MailboxRequest, now: number): Omit<MailboxLease, 'epoch'>;
  acknowledge(consumer: string, offsets: readonly number[]): number[];
  release(consumer: string): void;
}

/** Remembers what each producer published last, so that a retry gets the first answer again. */
export interface Producers {
  readonly size: number;
  check(publisher: string, stamp: ProducerStamp): SequenceCheck;
  /** Remembers the offset that the next sequence of this producer was given. The first is 1. */
  record(
    publisher: string,
    stamp: ProducerStamp,
    result: { readonly offset: number; readonly results: number; readonly now: number },
  ): void;
  expire(now: number, policy: ChannelPolicy): void;
}

export type SequenceCheck =
  | { readonly type: 'next' }
  | { readonly type: 'repeated'; readonly offset: number }
  | { readonly type: 'gap'; readonly expected: number }
  | { readonly type: 'expired' }
  | { readonly type: 'full' };

/** Remembers the offset of each dedupe key. */
export interface DedupeKeys {
  readonly size: number;
  /** Whether there is no room for another key of this publisher. */
  isFullFor(publisher: string): boolean;
  get(publisher: string, key: string): number | undefined;
  add(publisher: string, key: string, added: { readonly value: number; readonly now: number }): void;
  /** Forgets every key that was added at `until` or before. */
  expire(until: number): void;
}
