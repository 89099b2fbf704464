// The subscriptions of one connection: subscribe, resume, credit, and what `pong` tells of them.

import { isChannelName, type Position, unlimitedCredit } from '../../channel/index.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import { maxAckOffsets } from '../fixed-limits.ts';
import type { SessionLimits } from '../limits.ts';
import type { PongPacket, ResumeEntry, ResumeResult, SubPacket, SubVerdict } from '../packet.ts';
import type { ChannelStream } from './channel-stream.ts';
import { ChannelSubscription, type Subscription, type SubscriptionOwner } from './channel-subscription.ts';
import type { Authorization, ChannelSource } from './hub-port.ts';
import { MailboxSubscription } from './mailbox-subscription.ts';

type Allowed = Extract<Authorization, { type: 'allowed' }>;

/** What a set needs of its connection. */
export interface SubscriptionHost extends SubscriptionOwner {
  readonly source: ChannelSource;
  readonly isOpen: boolean;
  readonly limits: SessionLimits;
  readonly mailboxLeaseMs: number;
  authorizeSubscribe(channel: string, done: (answer: Authorization) => void): void;
  /** The stream of a channel, opened when nobody here reads it yet. */
  streamOf(channel: string, allowed: Allowed): ChannelStream;
  /** A name for a consumer's life, never given out before. */
  nextConsumer(): string;
  setTimer(afterMs: number, callback: () => void): () => void;
}

export type SubscribeResult =
  | { readonly verdict: SubVerdict; readonly subscription: Subscription }
  | { readonly error: ErrorBody };

/** A channel asked for, and what became of it. Replaced as a whole when it is asked for again. */
interface Entry {
  subscription: Subscription | undefined;
  /** Called when it is replaced, or ends, before its `sub` was answered. */
  onDropped: ((error: ErrorBody) => void) | undefined;
}

export class SubscriptionSet {
  readonly #host: SubscriptionHost;
  readonly #Subscription: typeof ChannelSubscription;
  readonly #entries = new Map<string, Entry>();
  readonly #byStream = new Map<number, Subscription>();
  /** Those that wait to be permitted, also for a channel that is not asked for any more. */
  #asking = 0;

  constructor(host: SubscriptionHost, Subscription: typeof ChannelSubscription = ChannelSubscription) {
    this.#host = host;
    this.#Subscription = Subscription;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(channel: string): boolean {
    return this.#entries.has(channel);
  }

  /** Handles a `sub`: calls `answer` once, perhaps at once; or `onDropped`, when it was replaced or ended meanwhile. */
  subscribe(
    packet: Omit<SubPacket, 't' | 'id'>,
    answer: (result: SubscribeResult) => void,
    onDropped = (error: ErrorBody): void => answer({ error }),
  ): void {
    const { ch } = packet;
    const done = (result: SubscribeResult): void => {
      entry.onDropped = undefined;
      answer(result);
    };
    const entry: Entry = { subscription: undefined, onDropped };
    if (!isChannelName(ch)) return done({ error: errorBody('bad_channel', 'not a channel name') });
    this.#drop(ch);
    const most = this.#host.limits.maxSubscriptions;
    if (this.#entries.size >= most) {
      this.#host.onLimit('maxSubscriptions');
      return done({ error: errorBody('too_many_subs', `at most ${most} subscriptions`) });
    }
    if (this.#asking >= most) {
      this.#host.onLimit('maxInflight');
      return done({ error: errorBody('too_many_inflight', `at most ${most} subscriptions to be permitted`) });
    }
    this.#entries.set(ch, entry);
    this.#asking++;
    this.authorize(ch, (answer) => {
      this.#asking--;
      if (!this.isCurrent(ch, entry)) return;
      if (answer.type === 'refused') {
        this.#entries.delete(ch);
        done({ error: answer.error });
      } else {
        this.#open(packet, entry, { answer, done });
      }
    });
  }

  /** Asked for every `sub`, and for every channel of a resume: a position gives no right. */
  protected authorize(channel: string, done: (answer: Authorization) => void): void {
    this.#host.authorizeSubscribe(channel, done);
  }

  /** Whether an answer still belongs to what is asked for now, and not to what it replaced. */
  protected isCurrent(channel: string, entry: object): boolean {
    return this.#entries.get(channel) === entry;
  }

  #open(
    { ch, e, o, n = unlimitedCredit }: Omit<SubPacket, 't' | 'id'>,
    entry: Entry,
    { answer, done }: { readonly answer: Allowed; done(result: SubscribeResult): void },
  ): void {
    if (answer.policy.class === 'mailbox' && this.#host.source.mailbox === undefined) {
      this.#entries.delete(ch);
      return done({ error: errorBody('unsupported', 'the broker keeps no mailboxes') });
    }
    const asked: Position | undefined = e === undefined ? undefined : { epoch: e, offset: o! };
    const subscription = this.#create(this.#host.streamOf(ch, answer), n, answer);
    entry.subscription = subscription;
    subscription.open(asked, (verdict) => {
      if (verdict !== undefined) return done({ verdict, subscription });
      entry.onDropped = undefined;
      this.#drop(ch);
      done({ error: errorBody('unavailable', 'the channel cannot be read now') });
    });
  }

  #create(stream: ChannelStream, credit: number, { isVisible }: Allowed): Subscription {
    const owner = this.#host;
    if (stream.policy.class !== 'mailbox') {
      const { maxReplay } = owner.limits;
      return new this.#Subscription({ stream, owner, credit, maxReplay, isVisible });
    }
    return new MailboxSubscription({
      stream,
      owner,
      credit,
      source: owner.source.mailbox!,
      consumer: owner.nextConsumer(),
      leaseMs: owner.mailboxLeaseMs,
      maxLeased: maxAckOffsets,
      setTimer: (afterMs, callback) => owner.setTimer(afterMs, callback),
    });
  }

  /** Handles `resume.ch`: one result for each entry, in order, when all are known. */
  resume(
    entries: readonly (ResumeEntry | Asked)[],
    done: (results: readonly ResumeResult[], subscriptions: readonly Subscription[]) => void,
  ): void {
    const results: ResumeResult[] = [];
    const subscriptions: Subscription[] = [];
    let missing = entries.length;
    if (missing === 0) return done(results, subscriptions);
    const names = new Set<string>();
    for (const [index, asked] of entries.map(asSubscribe).entries()) {
      const { ch } = asked;
      const settle = (result: SubscribeResult): void => {
        if ('error' in result) {
          results[index] = { ch, err: result.error };
        } else {
          results[index] = { ch, ...result.verdict };
          subscriptions.push(result.subscription);
        }
        if (--missing === 0) done(results, subscriptions);
      };
      if (names.has(ch)) settle({ error: errorBody('bad_request', 'named twice') });
      else this.subscribe(asked, settle);
      names.add(ch);
    }
  }

  unsubscribe(channel: string): void {
    this.#drop(channel);
  }

  credit(s: number, n: number): void {
    this.#byStream.get(s)?.grant(n);
  }

  acknowledge(s: number, offsets: readonly number[]): void {
    this.#byStream.get(s)?.acknowledge(offsets);
  }

  /** There is room in the byte window again. */
  resumeAll(): void {
    for (const { subscription } of this.#entries.values()) subscription?.resume();
  }

  /** Asks about every channel again, and ends what is not allowed any more. */
  authorizeAgain(onRefused: (s: number, error: ErrorBody) => void): void {
    for (const [channel, entry] of [...this.#entries]) {
      this.#host.authorizeSubscribe(channel, (answer) => {
        if (answer.type === 'allowed' || !this.isCurrent(channel, entry)) return;
        const s = entry.subscription?.s;
        this.#drop(channel, answer.error);
        if (s !== undefined) onRefused(s, answer.error);
      });
    }
  }

  positions(): NonNullable<PongPacket['pos']> {
    return [...this.#byStream.values()].map((subscription) => subscription.pongEntry);
  }

  onStreamNumber(subscription: Subscription, s: number): void {
    for (const [old, known] of this.#byStream) if (known === subscription) this.#byStream.delete(old);
    this.#byStream.set(s, subscription);
  }

  endAll(): void {
    for (const channel of [...this.#entries.keys()]) this.#drop(channel);
  }

  #drop(channel: string, error: ErrorBody = replaced): void {
    const entry = this.#entries.get(channel);
    if (entry === undefined) return;
    this.#entries.delete(channel);
    const { subscription, onDropped } = entry;
    entry.onDropped = undefined;
    onDropped?.(error);
    if (subscription === undefined) return;
    if (this.#byStream.get(subscription.s) === subscription) this.#byStream.delete(subscription.s);
    subscription.end();
  }
}

/** Not for good: what replaced it may have been a second copy of the same packet. */
const replaced = errorBody('cancelled', 'replaced, or ended, before it began', { retry: 'now' });

type Asked = Omit<SubPacket, 't' | 'id'>;

function asSubscribe(entry: ResumeEntry | Asked): Asked {
  if ('ch' in entry) return entry;
  const [ch, e, o, n] = entry;
  return { ch, e, o, ...(n !== undefined && { n }) };
}
