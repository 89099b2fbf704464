// One listener's stream of numbered items: held until it starts, then in order, and ended at most once.

import type { Position } from '../../channel/index.ts';
import type { LostReason } from '../broker.ts';

interface Numbered {
  readonly offset: number;
}

interface Listener {
  onLost(reason: LostReason): void;
}

/** What the feeds of one channel have in common. */
export interface FeedOptions<Item, Handler> {
  /** Hands one item to a handler. */
  deliver(handler: Handler, item: Item): void;
  /** Items held before `start`; one more, and the feed is lost to `overflow`. */
  readonly maxHeld: number;
  /** A feed was lost to `overflow`. */
  onOverflow?(): void;
  /** A handler threw: the item counts as delivered. */
  onHandlerError(error: unknown): void;
  /** The last feed has ended, whoever ended it. */
  onEmpty?(): void;
}

/** The default for errors of handlers: an uncaught exception, outside of the call that was going on. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

export class Feed<Item extends Numbered, Handler extends Listener> {
  readonly position: Position;
  readonly #options: FeedOptions<Item, Handler>;
  readonly #others: Set<Feed<Item, Handler>>;
  #held: Item[] = [];
  #lastOffset: number;
  #handler: Handler | undefined;
  #lost: LostReason | undefined;
  #isLive = false;
  #hasEnded = false;

  constructor(
    position: Position,
    options: FeedOptions<Item, Handler>,
    /** Those of its channel. It takes itself out when it ends. */
    others: Set<Feed<Item, Handler>>,
  ) {
    this.position = position;
    this.#options = options;
    this.#others = others;
    this.#lastOffset = position.offset;
    others.add(this);
  }

  start(handler: Handler): void {
    if (this.#handler !== undefined || this.#hasEnded) return;
    this.#handler = handler;
    // Handlers may cause more items while the held ones go out: those queue up behind them.
    for (let index = 0; index < this.#held.length && !this.#hasEnded; index++)
      this.#deliver(this.#held[index]!);
    this.#held = [];
    this.#isLive = true;
    if (this.#lost !== undefined) this.#tellLost(this.#lost);
  }

  push(item: Item): void {
    if (this.#hasEnded || this.#lost !== undefined) return;
    // What was on its way when the feed began is not above its position. Unstored items all have offset 0.
    if (item.offset !== 0) {
      if (item.offset <= this.#lastOffset) return;
      this.#lastOffset = item.offset;
    }
    if (this.#isLive) this.#deliver(item);
    else if (this.#held.length < this.#options.maxHeld) this.#held.push(item);
    else {
      this.#options.onOverflow?.();
      this.lose('overflow');
    }
  }

  lose(reason: LostReason): void {
    if (this.#hasEnded || this.#lost !== undefined) return;
    this.#lost = reason;
    if (this.#isLive) this.#tellLost(reason);
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#held = [];
    this.#others.delete(this);
    if (this.#others.size === 0) this.#options.onEmpty?.();
  }

  #tellLost(reason: LostReason): void {
    if (this.#hasEnded) return;
    this.close();
    try {
      this.#handler!.onLost(reason);
    } catch (error) {
      this.#report(error);
    }
  }

  #deliver(item: Item): void {
    try {
      this.#options.deliver(this.#handler!, item);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    try {
      this.#options.onHandlerError(error);
    } catch {
      // A report that throws must not cost the other feeds this item: they would have a hole.
    }
  }
}

/** The feeds of one channel. What a handler publishes while it is called is told to all after what it was called with. */
export class FeedSet<Item extends Numbered, Handler extends Listener> {
  readonly #options: FeedOptions<Item, Handler>;
  readonly #feeds = new Set<Feed<Item, Handler>>();
  readonly #waiting: Item[] = [];
  #isTelling = false;

  constructor(options: FeedOptions<Item, Handler>) {
    this.#options = options;
  }

  get size(): number {
    return this.#feeds.size;
  }

  /** Begins to hold what is told from now on: above this position, for who starts it. */
  open(position: Position): Feed<Item, Handler> {
    return new Feed(position, this.#options, this.#feeds);
  }

  tell(item: Item): void {
    this.#waiting.push(item);
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const feed of this.#feeds) feed.push(next);
    }
    this.#isTelling = false;
  }

  loseAll(reason: LostReason): void {
    for (const feed of [...this.#feeds]) feed.lose(reason);
  }
}
