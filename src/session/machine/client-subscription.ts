// The client's side of one channel: keeps the position, delivers in order and once, notices holes, gives credit back.

import {
  CreditMeter,
  type DeliveryClass,
  type GapReason,
  type PlainData,
  type Position,
} from '../../channel/index.ts';
import type { ErrorBody } from '../error-code.ts';
import type { ClientPacket, GapPacket, LivePacket, MsgPacket, PosPacket, SubVerdict } from '../packet.ts';

export interface ReceivedPublication {
  readonly position: Position;
  readonly data: PlainData;
  readonly publishedAt?: number;
  readonly publisher?: string;
  readonly stateKey?: string;
  readonly removed?: true;
  /** `mailbox`: 1 for the first time. */
  readonly attempt?: number;
  /** `signal`: how many were dropped just before this one. */
  readonly dropped?: number;
}

export interface SubscriptionHandler {
  /** Called in order. `finish` must be called once it has been handled: it gives credit back, and acknowledges. With
   * `false` a mailbox keeps the entry, and gives it to somebody again when its lease has run out. */
  onPublication(publication: ReceivedPublication, finish: (isHandled?: boolean) => void): void;
  /** Something was missed: what follows begins after `position`. `state`: forget all values, a snapshot follows. */
  onGap(reason: GapReason, position: Position): void;
  /** The subscription is there; `isLive`: without anything left to replay. */
  onSubscribed?(position: Position, isLive: boolean): void;
  onLive?(): void;
  /** It has ended and does not come back by itself. */
  onEnd(error: ErrorBody | undefined): void;
}

/** The machine, as its subscriptions see it. */
export interface SubscriptionMachine {
  send(packet: ClientPacket): void;
  /** Sends `sub` with `openingCredit` and the position; calls `onVerdict` or `onRefused`. */
  requestSubscription(subscription: ClientSubscription): void;
  nameStream(subscription: ClientSubscription, s: number | undefined): void;
  endSubscription(subscription: ClientSubscription): void;
  /** Calls `subscribe` again after a while. */
  subscribeLater(subscription: ClientSubscription, afterMs: number): void;
}

/** `wanted`: to be subscribed as soon as there is a connection. `asked`: waits for the reply. */
type State = 'wanted' | 'asked' | 'active' | 'ended';

export interface ClientSubscriptionOptions {
  readonly channel: string;
  readonly handler: SubscriptionHandler;
  /** Publications granted, on their way or in a handler, at most. `undefined`: no credit, all is sent. */
  readonly window?: number;
  /** Where to go on; absent: from now. */
  readonly position?: Position | undefined;
}

export class ClientSubscription {
  readonly channel: string;
  readonly #machine: SubscriptionMachine;
  readonly #handler: SubscriptionHandler;
  readonly #meter: CreditMeter | undefined;
  #state: State = 'wanted';
  #class: DeliveryClass | undefined;
  #position: Position | undefined;
  #s: number | undefined;
  #unfinished = 0;
  /** Credit that the server should still have. */
  #outstanding = 0;
  /** Credit to grant, which cannot be sent now. */
  #owed = 0;
  #heldBackAt = -1;

  constructor(machine: SubscriptionMachine, options: ClientSubscriptionOptions) {
    this.channel = options.channel;
    this.#machine = machine;
    this.#handler = options.handler;
    this.#meter = options.window === undefined ? undefined : new CreditMeter(options.window);
    this.#position = options.position;
  }

  /** Where it stands; `undefined` until the first reply. */
  get position(): Position | undefined {
    return this.#position;
  }

  get s(): number | undefined {
    return this.#s;
  }

  /** As the server has told; `undefined` until the first reply. */
  get deliveryClass(): DeliveryClass | undefined {
    return this.#class;
  }

  get isActive(): boolean {
    return this.#state === 'active';
  }

  get isWanted(): boolean {
    return this.#state === 'wanted';
  }

  /** Where it begins is not known yet: only the reply that is awaited tells. */
  get isBeginning(): boolean {
    return this.#state === 'asked' && this.#position === undefined;
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** The position as `sub` and `hello` name it: a mailbox has none. */
  get resumePosition(): Position | undefined {
    return this.#class === 'mailbox' ? undefined : this.#position;
  }

  /** Whether a later life can go on from the position: the values of a `state` channel lived in this one. */
  get isContinuable(): boolean {
    return this.#class === undefined || this.#class === 'log';
  }

  /** Takes the opening credit of a new subscription; `undefined`: no credit is counted. */
  openingCredit(): number | undefined {
    if (this.#meter === undefined) return undefined;
    this.#meter.restart();
    this.#owed = 0;
    this.#outstanding = Math.max(0, this.#meter.window - this.#unfinished);
    return this.#outstanding;
  }

  /** It has been asked for: until the verdict, whatever still comes of an earlier one is dropped. */
  asked(): void {
    this.#setStream(undefined);
    this.#state = 'asked';
  }

  /** The connection is gone. */
  disconnected(): void {
    if (this.#state === 'ended') return;
    this.#setStream(undefined);
    this.#state = 'wanted';
  }

  onVerdict(verdict: SubVerdict): void {
    if (this.#state !== 'asked') return;
    this.#state = 'active';
    this.#heldBackAt = -1;
    this.#class = verdict.c;
    this.#setStream(verdict.s);
    const position = { epoch: verdict.e, offset: verdict.o };
    this.#position = position;
    if (verdict.r === 'gap') this.#handler.onGap(verdict.why ?? 'unknown', position);
    const isLive = verdict.from === undefined || verdict.to === undefined || verdict.to < verdict.from;
    this.#handler.onSubscribed?.(position, isLive);
    if (isLive) this.#handler.onLive?.();
    this.#payCredit();
  }

  onRefused(error: ErrorBody): void {
    if (this.#state !== 'asked') return;
    this.#state = 'wanted';
    if (error.retry === 'no') this.end(error);
    else this.#machine.subscribeLater(this, error.afterMs ?? 1_000);
  }

  onMsg(packet: MsgPacket): void {
    if (this.#state !== 'active') return;
    this.#outstanding--;
    // More than was granted is not kept: what it was is asked for again.
    if (this.#unfinished === this.#meter?.window) return this.resubscribe();
    const { o } = packet;
    if (this.#class === 'log' || this.#class === 'state') {
      if (o <= this.#position!.offset) return this.#grant();
      if ((packet.f ?? o) > this.#position!.offset + 1) return this.resubscribe();
      this.#position = { epoch: this.#position!.epoch, offset: o };
    }
    this.#deliver(packet);
  }

  onPos({ f, o }: PosPacket): void {
    this.#advance(f, o);
  }

  onLive({ o, f = o + 1 }: LivePacket): void {
    if (this.#advance(f, o)) this.#handler.onLive?.();
  }

  onGap(packet: GapPacket): void {
    if (this.#state !== 'active') return;
    // A gap leads forward. One that does not is a copy of one that was told.
    const isCopy = packet.to === packet.s && this.#class !== 'state' && packet.o <= this.#position!.offset;
    if (isCopy) return;
    this.#setStream(packet.to);
    const position = { epoch: packet.e, offset: packet.o };
    this.#position = position;
    this.#handler.onGap(packet.why, position);
  }

  onEndPacket(error: ErrorBody): void {
    if (this.#state !== 'active') return;
    if (error.retry === 'no') return this.end(error);
    this.disconnected();
    this.#machine.subscribeLater(this, error.afterMs ?? 1_000);
  }

  /** What `pong` says of it: `undefined` when it is not named there. */
  onPong(entry: readonly [s: number, o: number, h?: number] | undefined): void {
    if (this.#state !== 'active') return;
    if (entry === undefined) return this.resubscribe();
    const [, offset, head] = entry;
    const isOrdered = this.#class === 'log' || this.#class === 'state';
    if (isOrdered && this.isBehind(offset)) return this.resubscribe();
    const isHeldBack = head !== undefined && head > offset && this.#outstanding > 0;
    if (isHeldBack && this.#heldBackAt === offset) return this.resubscribe();
    this.#heldBackAt = isHeldBack ? offset : -1;
  }

  /** Whether the server has sent more than has arrived. */
  protected isBehind(sentOffset: number): boolean {
    return sentOffset > this.#position!.offset;
  }

  /** Something was lost on the way: nothing more is delivered until the server has judged the position. */
  resubscribe(): void {
    this.#machine.requestSubscription(this);
  }

  /** Ends it for good. The handler is told unless it is the one who ends it. */
  end(error?: ErrorBody): void {
    if (this.#state === 'ended') return;
    this.#setStream(undefined);
    this.#state = 'ended';
    this.#machine.endSubscription(this);
    if (error !== undefined) this.#handler.onEnd(error);
  }

  #advance(from: number, to: number): boolean {
    if (this.#state !== 'active') return false;
    const { epoch, offset } = this.#position!;
    if (from > offset + 1) {
      this.resubscribe();
      return false;
    }
    if (to > offset) this.#position = { epoch, offset: to };
    return true;
  }

  #deliver(packet: MsgPacket): void {
    this.#unfinished++;
    const s = this.#s;
    let isFinished = false;
    const finish = (isHandled = true): void => {
      if (isFinished) return;
      isFinished = true;
      this.#unfinished--;
      if (isHandled && this.#class === 'mailbox' && this.#s === s)
        this.#machine.send({ t: 'ack', s: s!, o: [packet.o] });
      this.#grant();
    };
    const { d, ts, by, k, x, a, drop, o } = packet;
    const publication: ReceivedPublication = {
      position: { epoch: this.#position!.epoch, offset: o },
      data: d,
      ...(ts !== undefined && { publishedAt: ts }),
      ...(by !== undefined && { publisher: by }),
      ...(k !== undefined && { stateKey: k }),
      ...(x === 1 && { removed: true as const }),
      ...(a !== undefined && { attempt: a }),
      ...(drop !== undefined && { dropped: drop }),
    };
    this.afterParse(finish);
    this.#handler.onPublication(publication, finish);
  }

  /** Credit is not given back here: a packet that was parsed is not yet handled. */
  protected afterParse(_finish: () => void): void {}

  #grant(): void {
    this.#owed += this.#meter?.finish() ?? 0;
    this.#payCredit();
  }

  /** What is finished while the reply to `sub` is awaited is granted after it. */
  #payCredit(): void {
    const n = this.#owed;
    if (n === 0 || this.#state !== 'active') return;
    this.#owed = 0;
    this.#outstanding += n;
    this.#machine.send({ t: 'credit', s: this.#s!, n });
  }

  #setStream(s: number | undefined): void {
    if (this.#s === s) return;
    this.#machine.nameStream(this, undefined);
    this.#s = s;
    if (s !== undefined) this.#machine.nameStream(this, s);
  }
}
