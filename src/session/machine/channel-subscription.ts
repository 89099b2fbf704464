// One reader of one channel: splices history and live, obeys credit, parks and continues.
//
// A subscription is an object of its own life: a page or an authorisation that comes back to one that has ended does
// nothing, whatever took its place. So no generation numbers are needed on the wire.

import {
  deliveryTraits,
  grantCredit,
  judgeResume,
  type KeptRange,
  type Position,
  type Publication,
  spendCredit,
  unlimitedCredit,
} from '../../channel/index.ts';
import type { SessionLimits } from '../limits.ts';
import type { ServerPacket, SubVerdict } from '../packet.ts';
import type { ChannelStream, StreamPage, StreamReader } from './channel-stream.ts';
import type { EncodedPacket } from './encoded-packet.ts';
import type { SourceCursor } from './hub-port.ts';
import type { StreamItem } from './stream-item.ts';

/** The connection, as its subscriptions see it. */
export interface SubscriptionOwner {
  /** Whether the byte window has room for publications. */
  readonly hasRoom: boolean;
  /** Sends a packet that other connections get as well. */
  sendShared(packet: EncodedPacket): void;
  send(packet: ServerPacket): void;
  /** The queue is full and the reader cannot be parked. */
  closeSlowReader(): void;
  onStreamNumber(subscription: Subscription, s: number): void;
  onLimit(limit: keyof SessionLimits): void;
}

/** What a connection knows of any subscription, a mailbox's too. */
export interface Subscription {
  readonly stream: ChannelStream;
  /** The stream number by which the client knows it. */
  readonly s: number;
  /** What `pong` tells: up to where was sent, and where the channel stands when it is held back. */
  readonly pongEntry: readonly [s: number, o: number, h?: number];
  open(asked: Position | undefined, onVerdict: (verdict: SubVerdict | undefined) => void): void;
  /** The client has been told the verdict: publications may follow. */
  flow(): void;
  grant(credit: number): void;
  /** There is room again. */
  resume(): void;
  acknowledge(offsets: readonly number[]): void;
  end(): void;
}

export interface SubscriptionOptions {
  readonly stream: ChannelStream;
  readonly owner: SubscriptionOwner;
  readonly credit: number;
  readonly maxReplay: number;
  readonly isVisible: ((publication: Publication) => boolean) | undefined;
}

type State = 'opening' | 'judged' | 'replaying' | 'live' | 'parked' | 'ended';

export class ChannelSubscription implements Subscription, StreamReader {
  readonly stream: ChannelStream;
  liveIndex = -1;
  protected readonly owner: SubscriptionOwner;
  protected credit: number;
  readonly #maxReplay: number;
  readonly #isVisible: ((publication: Publication) => boolean) | undefined;
  readonly #whenSlow: 'drop' | 'conflate' | 'park';
  #state: State = 'opening';
  #s = 0;
  #asked: Position | undefined;
  #onVerdict: ((verdict: SubVerdict | undefined) => void) | undefined;
  /** Where it has read to; `live`: the stream's own position counts. */
  #epoch = '';
  #offset = 0;
  #cursor: SourceCursor | undefined;
  /** `state`: where the channel stood when the replay began. It holds until the reader is live, also over parking. */
  #base: number | undefined;
  /** Up to where the client was told, while that can differ from the stream: replaying, or with a filter. */
  #told = 0;
  #page: StreamPage | undefined;
  #isInGate = false;
  #hasParked = false;
  #tellLive = false;
  #dropped = 0;

  constructor(options: SubscriptionOptions) {
    this.stream = options.stream;
    this.owner = options.owner;
    this.credit = options.credit;
    this.#maxReplay = options.maxReplay;
    this.#isVisible = options.isVisible;
    this.#whenSlow = deliveryTraits[options.stream.policy.class].whenSlow;
    this.stream.retain();
  }

  get s(): number {
    return this.#s;
  }

  get isParked(): boolean {
    return this.#state === 'parked';
  }

  get pongEntry(): readonly [s: number, o: number, h?: number] {
    if (this.#whenSlow === 'drop' && this.credit <= 0) return [this.#s, 0, 1];
    const filtered = this.#isVisible !== undefined;
    if (this.#state === 'live') return [this.#s, filtered ? this.#told : this.stream.offset];
    if (this.#state === 'parked') {
      // In another epoch by now: there is more to tell, whatever the offsets.
      const head = this.stream.s === this.#s ? this.stream.offset : this.#told + 1;
      return [this.#s, this.#told, head];
    }
    return [this.#s, this.#told];
  }

  open(asked: Position | undefined, onVerdict: (verdict: SubVerdict | undefined) => void): void {
    this.#asked = asked;
    this.#onVerdict = onVerdict;
    this.stream.whenReady(this);
  }

  onStreamReady(): void {
    if (this.#state === 'opening') this.#judge();
    else if (this.#state === 'replaying') this.#tryJoin();
  }

  // Opening: the verdict.

  #judge(): void {
    const { stream } = this;
    const { class: deliveryClass } = stream.policy;
    if (!deliveryTraits[deliveryClass].isStored) this.#asked = undefined;
    this.#enterGate();
    const asked = this.#asked;
    if (asked === undefined) {
      if (deliveryClass === 'state') return this.#read(undefined);
      return this.#verdict({ epoch: stream.epoch, offset: stream.offset }, { r: 'ok' });
    }
    if (asked.epoch === stream.epoch && asked.offset === stream.offset) {
      return this.#verdict(asked, { r: 'ok' });
    }
    this.#read(asked);
  }

  #judgePage(answer: StreamPage | { readonly type: 'gap'; readonly kept: KeptRange }): void {
    const kept = answer.type === 'page' ? answer.page.kept : answer.kept;
    if (kept.epoch !== this.stream.epoch) return this.#disagree();
    const page = answer.type === 'page' ? answer : undefined;
    const asked = this.#asked;
    const verdict = asked === undefined ? undefined : this.judge(asked, kept);
    if (verdict === undefined || verdict.type === 'ok') {
      const from = (asked?.offset ?? 0) + 1;
      const to = Math.max(page?.page.next.offset ?? 0, kept.head);
      this.#page = page;
      this.#verdict(asked ?? { epoch: kept.epoch, offset: 0 }, { r: 'ok', from, to });
    } else {
      const isState = this.stream.policy.class === 'state';
      const at = isState ? { epoch: kept.epoch, offset: 0 } : verdict.position;
      const range = isState ? { from: 1, to: kept.head } : {};
      if (verdict.reason === 'too_far') this.owner.onLimit('maxReplay');
      this.#verdict(at, { r: 'gap', why: verdict.reason, ...range });
      if (isState) this.#cursor = undefined;
    }
  }

  /** All since the position, or a gap: there is no third. */
  protected judge(asked: Position, kept: KeptRange): ReturnType<typeof judgeResume> {
    return judgeResume(asked, kept, this.#maxReplay);
  }

  #verdict(at: Position, verdict: Pick<SubVerdict, 'r' | 'why' | 'from' | 'to'>): void {
    this.#state = 'judged';
    this.#moveTo(at);
    this.#name(this.stream.s);
    this.#tellLive = verdict.from !== undefined && verdict.to! >= verdict.from;
    const { epoch, offset } = at;
    const onVerdict = this.#onVerdict!;
    this.#onVerdict = undefined;
    onVerdict({ s: this.#s, c: this.stream.policy.class, e: epoch, o: offset, ...verdict });
  }

  flow(): void {
    if (this.#state !== 'judged') return;
    this.#state = 'replaying';
    const page = this.#page;
    this.#page = undefined;
    if (page !== undefined) this.#consume(page);
    else if (this.#cursor === undefined) this.#read(undefined);
    else this.#tryJoin();
  }

  // Replaying.

  #read(after: SourceCursor | undefined): void {
    this.stream.readPage(after, (answer) => {
      if (this.#state !== 'opening' && this.#state !== 'replaying') return;
      if (answer.type === 'failed') {
        this.stream.waitForNext(this);
        this.stream.sourceFailed();
      } else if (this.#state === 'opening') this.#judgePage(answer);
      else if (answer.type === 'gap') this.#gap(answer.reason, answer.kept);
      else if (answer.page.kept.epoch !== this.stream.epoch) this.#disagree();
      // The same epoch under another number: the source was rolled back.
      else if (this.#s !== this.stream.s) this.#gap('epoch', answer.page.kept);
      else this.#consume(answer);
    });
  }

  /** What history says and what the stream heard do not fit: the stream listens anew, and this reader goes on then. */
  #disagree(): void {
    this.stream.waitForNext(this);
    this.stream.relisten();
  }

  onStreamFailed(): void {
    const onVerdict = this.#onVerdict;
    if (onVerdict === undefined) return this.stream.waitForNext(this);
    this.#onVerdict = undefined;
    onVerdict(undefined);
  }

  #consume({ page, items }: StreamPage): void {
    this.#base = page.next.base;
    for (const item of items) {
      if (item.publication.offset > this.#offset && !this.#forward(item)) return;
    }
    this.#offset = Math.max(this.#offset, page.next.offset);
    this.#cursor = page.next;
    if (page.more) this.#read(page.next);
    else this.#tryJoin();
  }

  #tryJoin(): void {
    const { stream } = this;
    if (!stream.isOpen) return stream.waitForNext(this);
    if (this.#cursor === undefined || stream.s !== this.#s) return this.#read(this.#cursor);
    if (this.#offset < stream.offset) {
      const items = stream.gate.above(this.#offset);
      if (items === undefined) return this.#read(this.#cursorHere());
      for (const item of items) if (!this.#forward(item)) return;
    }
    if (this.#offset > stream.offset) return stream.waitForNext(this);
    this.#join();
  }

  #join(): void {
    if (this.#told < this.#offset || this.#tellLive) {
      const first = this.#told + 1;
      this.#told = this.#offset;
      this.owner.send({
        t: 'live',
        s: this.#s,
        o: this.#offset,
        ...(first <= this.#offset && { f: first }),
      });
    }
    this.#tellLive = false;
    this.#hasParked = false;
    this.#cursor = undefined;
    this.#base = undefined;
    this.#leaveGate();
    this.#state = 'live';
    this.stream.join(this);
  }

  #cursorHere(): SourceCursor {
    const base = this.#base;
    return { epoch: this.#epoch, offset: this.#offset, ...(base !== undefined && { base }) };
  }

  #gap(reason: 'epoch' | 'trimmed', kept: KeptRange): void {
    if (kept.epoch !== this.stream.epoch) return this.#disagree();
    const isState = this.stream.policy.class === 'state';
    const from = this.#s;
    this.#moveTo({ epoch: kept.epoch, offset: isState ? 0 : kept.head });
    this.#name(this.stream.s);
    this.owner.send({
      t: 'gap',
      s: from,
      why: reason === 'trimmed' && this.#hasParked ? 'policy' : reason,
      to: this.#s,
      e: this.#epoch,
      o: this.#offset,
    });
    if (!isState) return this.#tryJoin();
    this.#cursor = undefined;
    this.#tellLive = true;
    this.#read(undefined);
  }

  #moveTo({ epoch, offset }: Position): void {
    this.#epoch = epoch;
    this.#offset = offset;
    this.#told = offset;
    this.#base = undefined;
    this.#cursor = { epoch, offset };
    if (this.stream.policy.class === 'state' && offset === 0) this.#cursor = undefined;
  }

  #name(s: number): void {
    this.#s = s;
    this.owner.onStreamNumber(this, s);
  }

  // Sending.

  receive(item: StreamItem): void {
    if (this.#isVisible !== undefined || this.#dropped > 0) {
      this.#offset = item.publication.offset;
      this.#send(item);
    } else if (this.credit > 0 && this.owner.hasRoom) {
      this.credit = spendCredit(this.credit);
      this.owner.sendShared(item.packet);
    } else {
      this.#told = (item.packet.packet.f ?? item.publication.offset) - 1;
      this.#beSlow(item);
    }
  }

  /** Sends one item of a replay. Returns `false` when the reader has parked. */
  #forward(item: StreamItem): boolean {
    if (!this.#send(item)) return false;
    this.#offset = item.publication.offset;
    return true;
  }

  #send(item: StreamItem): boolean {
    const { publication, packet } = item;
    if (this.#isVisible?.(publication) === false) return true;
    if (this.credit <= 0 || !this.owner.hasRoom) return this.#beSlow(item);
    const first = packet.packet.f ?? publication.offset;
    // Hidden offsets move the client's position as well, or it would see a hole.
    if (first > this.#told + 1 && publication.offset > 0) {
      this.owner.send({ t: 'pos', s: this.#s, f: this.#told + 1, o: first - 1 });
    }
    this.credit = spendCredit(this.credit);
    this.#told = publication.offset;
    if (this.#dropped > 0) {
      this.owner.send({ ...packet.packet, drop: this.#dropped });
      this.#dropped = 0;
    } else {
      this.owner.sendShared(packet);
    }
    return true;
  }

  /** Returns `false` when the reader has parked or was closed. */
  #beSlow(_item: StreamItem): boolean {
    if (this.#whenSlow === 'drop') {
      this.#dropped++;
      return true;
    }
    if (this.credit === unlimitedCredit) this.owner.closeSlowReader();
    else this.#park();
    return false;
  }

  /** Keeps the position, and nothing else. */
  #park(): void {
    if (this.#state === 'live') this.#epoch = this.stream.epoch;
    this.stream.leave(this);
    this.#leaveGate();
    this.#state = 'parked';
    this.#offset = this.parkOffset(this.#told);
    this.#hasParked = true;
  }

  protected parkOffset(told: number): number {
    return told;
  }

  grant(credit: number): void {
    this.credit = grantCredit(this.credit, credit);
    this.resume();
  }

  resume(): void {
    if (this.#state !== 'parked' || this.credit <= 0 || !this.owner.hasRoom) return;
    this.#state = 'replaying';
    this.#cursor = this.#cursorHere();
    // A snapshot that parked before its first value begins again.
    if (this.stream.policy.class === 'state' && this.#offset === 0) this.#cursor = undefined;
    this.#tellLive = true;
    this.#enterGate();
    this.#tryJoin();
  }

  acknowledge(): void {}

  // What happens to the stream.

  onStreamGap(packet: EncodedPacket): void {
    const { stream } = this;
    const isState = stream.policy.class === 'state';
    this.#moveTo({ epoch: stream.epoch, offset: isState ? 0 : stream.offset });
    this.#name(stream.s);
    this.owner.sendShared(packet);
    if (!isState) return;
    stream.leave(this);
    this.#enterGate();
    this.#state = 'replaying';
    this.#tellLive = true;
    this.#read(undefined);
  }

  onStreamSkip(packet: EncodedPacket): void {
    if (this.#isVisible !== undefined) return;
    this.owner.sendShared(packet);
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#leaveGate();
    this.stream.release(this);
  }

  #enterGate(): void {
    if (!this.#isInGate) this.stream.gate.enter(this.stream.offset);
    this.#isInGate = true;
  }

  #leaveGate(): void {
    if (this.#isInGate) this.stream.gate.leave();
    this.#isInGate = false;
  }
}
