// One consumer of a mailbox: leases entries as credit allows, and takes them away when they are acknowledged.

import { grantCredit, type Position, spendCredit } from '../../channel/index.ts';
import type { SubVerdict } from '../packet.ts';
import type { ChannelStream, StreamReader } from './channel-stream.ts';
import type { Subscription, SubscriptionOwner } from './channel-subscription.ts';
import type { EncodedPacket } from './encoded-packet.ts';
import type { MailboxLeaseAnswer, MailboxSource } from './hub-port.ts';
import { msgPacket } from './stream-item.ts';

export interface MailboxSubscriptionOptions {
  readonly stream: ChannelStream;
  readonly owner: SubscriptionOwner;
  readonly credit: number;
  readonly source: MailboxSource;
  /** Names this consumer's life; never used again. */
  readonly consumer: string;
  readonly leaseMs: number;
  /** Entries leased and not acknowledged, at most. */
  readonly maxLeased: number;
  /** Calls back after a while. Returns what cancels it. */
  setTimer(afterMs: number, callback: () => void): () => void;
}

export class MailboxSubscription implements Subscription, StreamReader {
  readonly stream: ChannelStream;
  liveIndex = -1;
  readonly #options: MailboxSubscriptionOptions;
  #credit: number;
  #s = 0;
  #epoch = '';
  #state: 'opening' | 'live' | 'ended' = 'opening';
  #onVerdict: ((verdict: SubVerdict | undefined) => void) | undefined;
  /** Entries that this consumer may hold, by offset, with the attempt. */
  readonly #leased = new Map<number, number>();
  /** What ends the wait for leases to run out. */
  readonly #running = new Set<() => void>();
  #isLeasing = false;
  #hasNews = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: MailboxSubscriptionOptions) {
    this.stream = options.stream;
    this.#options = options;
    this.#credit = options.credit;
    this.stream.retain();
  }

  get s(): number {
    return this.#s;
  }

  /** A mailbox has no position of its own: what was lost is leased again. But it can wait for credit. */
  get pongEntry(): readonly [s: number, o: number, h?: number] {
    return this.#credit > 0 ? [this.#s, 0] : [this.#s, 0, 1];
  }

  open(_asked: Position | undefined, onVerdict: (verdict: SubVerdict | undefined) => void): void {
    this.#onVerdict = onVerdict;
    this.stream.whenReady(this);
  }

  onStreamReady(): void {
    const onVerdict = this.#onVerdict;
    if (onVerdict === undefined) return;
    this.#onVerdict = undefined;
    this.#name();
    onVerdict({ s: this.#s, c: 'mailbox', e: this.#epoch, o: 0, r: 'ok' });
  }

  onStreamFailed(): void {
    const onVerdict = this.#onVerdict;
    this.#onVerdict = undefined;
    onVerdict?.(undefined);
  }

  flow(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'live';
    this.stream.join(this);
    this.#pull();
  }

  receive(): void {
    this.#pull();
  }

  grant(credit: number): void {
    this.#credit = grantCredit(this.#credit, credit);
    this.#pull();
  }

  resume(): void {
    this.#pull();
  }

  acknowledge(offsets: readonly number[]): void {
    for (const offset of offsets) this.#leased.delete(offset);
    const { source, consumer } = this.#options;
    // The broker knows who holds what, also when a lease has run out here.
    source.acknowledge(this.stream.channel, { consumer, epoch: this.#epoch, offsets });
    this.#pull();
  }

  #pull(): void {
    if (this.#state !== 'live') return;
    this.#hasNews = true;
    const { source, consumer, leaseMs, maxLeased, owner } = this.#options;
    const limit = Math.min(this.#credit, maxLeased - this.#leased.size);
    if (this.#isLeasing || limit <= 0 || !owner.hasRoom) return;
    this.#isLeasing = true;
    this.#hasNews = false;
    this.#cancelTimer?.();
    const request = { consumer, limit, leaseMs };
    source.lease(this.stream.channel, request, {
      policy: this.stream.policy,
      done: (answer) => {
        this.#isLeasing = false;
        if (this.#state !== 'live') return;
        if (answer.type === 'failed') this.#pullAfter(1_000);
        else this.#deliver(answer, answer.entries.length === limit);
      },
    });
  }

  #deliver(answer: MailboxLeaseAnswer, mayHaveMore: boolean): void {
    if (answer.epoch !== this.#epoch) {
      // A lost store: what was leased before is no longer known there. The stream is told of it by its own listener.
      this.#leased.clear();
      this.stream.relisten();
      return this.#pullAfter(1_000);
    }
    for (const { publication, attempt } of answer.entries) {
      this.#leased.set(publication.offset, attempt);
      this.#credit = spendCredit(this.#credit);
      this.#options.owner.send({ ...msgPacket(this.#s, publication), a: attempt });
    }
    this.#forgetLater(answer);
    if (mayHaveMore || this.#hasNews) this.#pull();
    else if (answer.nextInMs !== undefined) this.#pullAfter(answer.nextInMs);
  }

  /** Whose lease has run out may be held by another: it must not keep this one from others for ever. */
  #forgetLater({ entries }: MailboxLeaseAnswer): void {
    if (entries.length === 0) return;
    const cancel = this.#options.setTimer(this.#options.leaseMs, () => {
      this.#running.delete(cancel);
      for (const { publication, attempt } of entries) {
        if (this.#leased.get(publication.offset) === attempt) this.#leased.delete(publication.offset);
      }
      this.#pull();
    });
    this.#running.add(cancel);
  }

  #pullAfter(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.setTimer(ms, () => this.#pull());
  }

  onStreamGap(packet: EncodedPacket): void {
    this.#leased.clear();
    this.#name();
    this.#options.owner.sendShared(packet);
    this.#pull();
  }

  onStreamSkip(): void {}

  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#cancelTimer?.();
    for (const cancel of this.#running) cancel();
    this.#options.source.release(this.stream.channel, this.#options.consumer);
    this.stream.release(this);
  }

  #name(): void {
    this.#s = this.stream.s;
    this.#epoch = this.stream.epoch;
    this.#options.owner.onStreamNumber(this, this.#s);
  }
}
