// The subscriptions of a client: one for each channel, asked for again whenever there is a new connection.

import type { Position } from '../../channel/index.ts';
import type {
  ClientPacket,
  PongPacket,
  ReplyPacket,
  ResumeEntry,
  ServerPacket,
  SubscribedPacket,
  SubVerdict,
  WelcomePacket,
} from '../packet.ts';
import { isSubVerdict } from '../server-packet-shape.ts';
import type {
  ClientSubscription,
  ClientSubscriptionOptions,
  SubscriptionMachine,
} from './client-subscription.ts';

/** The machine, as its subscriptions see it. */
export interface SubscriptionsHost {
  readonly isOpen: boolean;
  send(packet: ClientPacket): void;
  /** Sends a request and returns its id. */
  request(packet: (id: number) => ClientPacket, done: (reply: ReplyPacket | undefined) => void): number;
  /** The server said what cannot be. */
  reset(reason: string): void;
  /** Calls back unless the connection ends first. */
  setTimer(afterMs: number, callback: () => void): void;
}

/** Of an entry: epoch, offset, credit, and what holds them together. */
const maxBytesBesideChannel = 64;

/** Positions that wait for their subscription: a server could subscribe a client without end. */
const maxPositions = 1_000;

type StreamPacket = Extract<ServerPacket, { t: 'msg' | 'pos' | 'live' | 'gap' | 'end' }>;

export class ClientSubscriptions implements SubscriptionMachine {
  readonly #host: SubscriptionsHost;
  readonly #Subscription: typeof ClientSubscription;
  readonly #byChannel = new Map<string, ClientSubscription>();
  readonly #byStream = new Map<number, ClientSubscription>();
  /** The id of the latest `sub` of each: a reply to an older one says nothing about it. */
  readonly #lastSub = new WeakMap<ClientSubscription, number>();
  /** Positions of an earlier life: each is taken by the first subscription of its channel. */
  readonly #resumed: Map<string, Position>;

  constructor(
    host: SubscriptionsHost,
    resumed: Map<string, Position>,
    Subscription: typeof ClientSubscription,
  ) {
    this.#host = host;
    this.#resumed = resumed;
    this.#Subscription = Subscription;
  }

  /** Where each stands that a later life can go on with. */
  get positions(): (readonly [channel: string, position: Position])[] {
    const positions: (readonly [string, Position])[] = [];
    for (const { channel, position, isContinuable } of this.#byChannel.values()) {
      if (position !== undefined && isContinuable) positions.push([channel, position]);
    }
    return positions;
  }

  /** Whether what is published now may come before the beginning of this client's own subscription. */
  isBeginning(channel: string): boolean {
    return this.#byChannel.get(channel)?.isBeginning === true;
  }

  subscribe(options: ClientSubscriptionOptions): ClientSubscription {
    const { channel } = options;
    this.#byChannel.get(channel)?.end();
    const position = options.position ?? this.#resumed.get(channel);
    this.#resumed.delete(channel);
    const subscription = new this.#Subscription(this, { ...options, position });
    this.#byChannel.set(channel, subscription);
    if (this.#host.isOpen) this.requestSubscription(subscription);
    return subscription;
  }

  unsubscribe(subscription: ClientSubscription): void {
    if (subscription.isEnded) return;
    const mustTell = this.#host.isOpen && !subscription.isWanted;
    const { channel: ch } = subscription;
    subscription.end();
    if (mustTell)
      this.#host.request(
        (id) => ({ t: 'unsub', id, ch }),
        () => {},
      );
  }

  /** What `hello` says of them, in `room` bytes: those that do not fit ask after `welcome`. All that are named wait for it
   * from now on. */
  resumeEntries(room: number): ResumeEntry[] {
    const entries: ResumeEntry[] = [];
    for (const subscription of this.#byChannel.values()) {
      const at = subscription.resumePosition;
      const { channel } = subscription;
      room -= channel.length + maxBytesBesideChannel;
      if (at === undefined || room < 0) continue;
      const credit = subscription.openingCredit();
      const entry = [channel, at.epoch, at.offset] as const;
      entries.push(credit === undefined ? entry : [...entry, credit]);
      subscription.asked();
    }
    return entries;
  }

  onWelcome({ res }: WelcomePacket): void {
    for (const entry of res) {
      const subscription = this.#byChannel.get(entry.ch);
      if (entry.err === undefined) subscription?.onVerdict(entry);
      else subscription?.onRefused(entry.err);
    }
    for (const subscription of this.#byChannel.values()) {
      if (subscription.isWanted) this.requestSubscription(subscription);
    }
  }

  /** The server has subscribed the client. Returns whether it is subscribed already; then it asks again, to be sure. */
  onSubscribed({ ch, e, o }: SubscribedPacket): boolean {
    const known = this.#byChannel.get(ch);
    if (known === undefined) {
      if (this.#resumed.size < maxPositions) this.#resumed.set(ch, { epoch: e, offset: o });
    } else if (!known.isWanted) this.requestSubscription(known);
    return known !== undefined;
  }

  /** Nobody wants to go on from where the server has subscribed. */
  forget(channel: string): void {
    this.#resumed.delete(channel);
  }

  /** What belongs to no subscription is left over from an earlier one, and dropped. */
  onPacket(packet: StreamPacket): void {
    const subscription = this.#byStream.get(packet.s);
    if (subscription === undefined) return;
    switch (packet.t) {
      case 'msg':
        return subscription.onMsg(packet);
      case 'pos':
        return subscription.onPos(packet);
      case 'live':
        return subscription.onLive(packet);
      case 'gap':
        return subscription.onGap(packet);
      case 'end':
        return subscription.onEndPacket(packet.err);
      default:
        packet satisfies never;
    }
  }

  onPong(entries: ReadonlyMap<number, NonNullable<PongPacket['pos']>[number]>): void {
    for (const subscription of [...this.#byStream.values()]) {
      subscription.onPong(entries.get(subscription.s!));
    }
  }

  disconnected(): void {
    for (const subscription of this.#byChannel.values()) subscription.disconnected();
    this.#byStream.clear();
  }

  // What subscriptions call.

  send(packet: ClientPacket): void {
    this.#host.send(packet);
  }

  requestSubscription(subscription: ClientSubscription): void {
    const at = subscription.resumePosition;
    const n = subscription.openingCredit();
    subscription.asked();
    const id = this.#host.request(
      (id) => ({
        t: 'sub',
        id,
        ch: subscription.channel,
        e: at?.epoch,
        o: at?.offset,
        n,
      }),
      (reply) => {
        if (reply === undefined || reply.id !== this.#lastSub.get(subscription)) return;
        if (reply.err !== undefined) subscription.onRefused(reply.err);
        else if (isSubVerdict(reply.ok)) subscription.onVerdict(reply.ok as unknown as SubVerdict);
        else this.#host.reset('a reply to sub that is none');
      },
    );
    this.#lastSub.set(subscription, id);
  }

  nameStream(subscription: ClientSubscription, s: number | undefined): void {
    if (s !== undefined) this.#byStream.set(s, subscription);
    else if (subscription.s !== undefined && this.#byStream.get(subscription.s) === subscription) {
      this.#byStream.delete(subscription.s);
    }
  }

  endSubscription(subscription: ClientSubscription): void {
    const { channel } = subscription;
    if (this.#byChannel.get(channel) === subscription) this.#byChannel.delete(channel);
  }

  subscribeLater(subscription: ClientSubscription, afterMs: number): void {
    this.#host.setTimer(afterMs, () => {
      if (subscription.isWanted) this.requestSubscription(subscription);
    });
  }
}
