// One subscription of the machine, shared by all who listen to a channel in this program.

import type { GapReason, Position } from '../../channel/index.ts';
import type {
  ClientSubscription,
  ErrorBody,
  ReceivedPublication,
  SubscriptionHandler,
} from '../../session/index.ts';
import type { MachineLoop } from '../machine-loop.ts';
import type { Message, MessageReader } from '../message.ts';

/** What a listener gets, in order. `finish` is called once it has been handled: with `false` when that failed. */
export type FeedItem =
  | { readonly type: 'message'; readonly message: Message; readonly finish: Finish }
  | { readonly type: 'removed'; readonly message: Message; readonly finish: Finish }
  | { readonly type: 'gap'; readonly reason: GapReason; readonly position: Position }
  | { readonly type: 'live' }
  | { readonly type: 'end'; readonly error: ErrorBody };

type Finish = (isHandled: boolean) => void;

export interface FeedListener {
  push(item: FeedItem): void;
  /** Up to where it has handled everything; `undefined`: all that it was given. */
  readonly handledPosition: Position | undefined;
}

export interface FeedOptions {
  readonly channel: string;
  readonly loop: MachineLoop;
  readonly reader: MessageReader;
  /** Publications granted, under way or in a handler. */
  readonly window: number;
}

interface Joined {
  readonly listener: FeedListener;
  /** What it has been given, or was there before it came. */
  seen: Position | undefined;
}

export class ChannelFeed {
  readonly #options: FeedOptions;
  readonly #joined = new Map<FeedListener, Joined>();
  #subscription: ClientSubscription | undefined;
  #isLive = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get isUsed(): boolean {
    return this.#joined.size > 0;
  }

  /** Up to where every listener has handled everything: from here a later life goes on. */
  get handledPosition(): Position | undefined {
    let earliest = this.#subscription?.position;
    for (const { handledPosition: at } of this.#joined.keys()) {
      const isEarlier = at !== undefined && (earliest?.epoch !== at.epoch || at.offset < earliest.offset);
      if (isEarlier) earliest = at;
    }
    return earliest;
  }

  /** `from`: where to go on; absent: from now on, or where an earlier life ended. */
  join(listener: FeedListener, from: Position | undefined): void {
    const subscription = this.#subscription;
    this.#joined.set(listener, { listener, seen: from ?? subscription?.position });
    // A reader of a `state` channel begins with the values that there are; for another one they are sent again.
    const isKeyed = subscription?.deliveryClass === 'state';
    if (subscription === undefined) this.#subscribe(from);
    else if (from !== undefined || isKeyed) this.#rejoin(listener, isKeyed ? undefined : from);
    else if (this.#isLive) {
      void Promise.resolve().then(() => {
        if (this.#isLive && this.#joined.has(listener)) listener.push({ type: 'live' });
      });
    }
  }

  leave(listener: FeedListener): void {
    if (!this.#joined.delete(listener) || this.isUsed) return;
    const subscription = this.#subscription;
    this.#subscription = undefined;
    if (subscription !== undefined)
      this.#options.loop.do((machine, now) => machine.unsubscribe(subscription, now));
  }

  /** Subscribes anew for the sake of one. The others skip what they have seen. */
  #rejoin(newcomer: FeedListener, from: Position | undefined): void {
    const position = this.#subscription?.position;
    for (const joined of this.#joined.values()) {
      if (joined.listener !== newcomer) joined.seen = position ?? joined.seen;
      else joined.seen = from;
    }
    this.#subscribe(from);
  }

  #subscribe(from: Position | undefined): void {
    const { loop, channel, window } = this.#options;
    this.#isLive = false;
    loop.do((machine, now) => {
      const handler = this.#handler(() => this.#subscription === subscription);
      const subscription = machine.subscribe({ channel, window, handler, position: from }, now);
      this.#subscription = subscription;
    });
  }

  /** Nothing here runs while the machine is at work: it may be called by what is told. */
  #handler(isCurrent: () => boolean): SubscriptionHandler {
    const { loop } = this.#options;
    const later = (act: () => void): void =>
      loop.tell(() => {
        if (isCurrent()) act();
      });
    return {
      onPublication: (publication, finish) => later(() => this.#deliver(publication, finish)),
      onGap: (reason, position) => later(() => this.#gap(reason, position)),
      onSubscribed: (position) => later(() => this.#subscribed(position)),
      onLive: () => later(() => this.#live()),
      onEnd: (error) => {
        if (error !== undefined) later(() => this.#end(error));
      },
    };
  }

  #subscribed(position: Position): void {
    this.#isLive = false;
    for (const joined of this.#joined.values()) joined.seen ??= position;
  }

  #live(): void {
    this.#isLive = true;
    for (const { listener } of this.#joined.values()) listener.push({ type: 'live' });
  }

  #deliver(publication: ReceivedPublication, finish: (isHandled?: boolean) => void): void {
    const { channel, loop, reader } = this.#options;
    const { position } = publication;
    const readers: Joined[] = [];
    for (const joined of this.#joined.values()) if (this.#isNew(joined, position)) readers.push(joined);
    const message = readers.length === 0 ? undefined : reader(channel, publication);
    // What does not fit the contract stays in a mailbox: a consumer with a newer contract may know what to do with it.
    if (message === undefined) return loop.do(() => finish(readers.length === 0));
    let unfinished = readers.length;
    let isHandled = true;
    const finishOne = (wasHandled: boolean): void => {
      isHandled &&= wasHandled;
      if (--unfinished === 0) loop.do(() => finish(isHandled));
    };
    const type = publication.removed === true ? 'removed' : 'message';
    for (const joined of readers) {
      joined.seen = position;
      joined.listener.push({ type, message, finish: finishOne });
    }
  }

  #isNew({ seen }: Joined, { epoch, offset }: Position): boolean {
    const deliveryClass = this.#subscription?.deliveryClass;
    // In a mailbox entries repeat by design, and in a signal channel all have the same position.
    if (deliveryClass !== 'log' && deliveryClass !== 'state') return true;
    return seen?.epoch !== epoch || seen.offset < offset;
  }

  #gap(reason: GapReason, position: Position): void {
    this.#isLive = false;
    const isKeyed = this.#subscription?.deliveryClass === 'state';
    for (const joined of this.#joined.values()) {
      // The gap may be that of one who came later, and wanted to begin too early.
      const { seen } = joined;
      const hasSeenMore = seen?.epoch === position.epoch && seen.offset >= position.offset;
      if (hasSeenMore && !isKeyed) continue;
      joined.seen = position;
      joined.listener.push({ type: 'gap', reason, position });
    }
  }

  #end(error: ErrorBody): void {
    this.#subscription = undefined;
    const listeners = [...this.#joined.keys()];
    this.#joined.clear();
    for (const listener of listeners) listener.push({ type: 'end', error });
  }
}
