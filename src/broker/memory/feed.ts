// One listener's stream of numbered items: held until it starts, then in order, and ended at most once.

import type { Position } from '../../channel/index.ts';
import type { LostReason } from '../broker.ts';

export interface FeedOptions {
  readonly position: Position;
  /** Items held before `start`; one more, and the feed is lost to `overflow`. */
  readonly maxHeld: number;
  /** A handler threw: the item counts as delivered. */
  readonly onHandlerError: (error: unknown) => void;
  /** The feed has ended, whoever ended it. */
  readonly onEnd: () => void;
}

export class Feed<Item extends { readonly offset: number }> {
  readonly position: Position;
  readonly #options: FeedOptions;
  #held: Item[] = [];
  #lastOffset: number;
  #onItem: ((item: Item) => void) | undefined;
  #onLost: ((reason: LostReason) => void) | undefined;
  #lost: LostReason | undefined;
  #isLive = false;
  #hasEnded = false;

  constructor(options: FeedOptions) {
    this.position = options.position;
    this.#options = options;
    this.#lastOffset = options.position.offset;
  }

  start(onItem: (item: Item) => void, onLost: (reason: LostReason) => void): void {
    if (this.#onItem !== undefined || this.#hasEnded) return;
    this.#onItem = onItem;
    this.#onLost = onLost;
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
    else this.lose('overflow');
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
    this.#options.onEnd();
  }

  #tellLost(reason: LostReason): void {
    if (this.#hasEnded) return;
    this.close();
    try {
      this.#onLost!(reason);
    } catch (error) {
      this.#report(error);
    }
  }

  #deliver(item: Item): void {
    try {
      this.#onItem!(item);
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
export class FeedSet<Item extends { readonly offset: number }> {
  readonly #feeds = new Set<Feed<Item>>();
  readonly #waiting: Item[] = [];
  #isTelling = false;

  get size(): number {
    return this.#feeds.size;
  }

  open(options: Omit<FeedOptions, 'onEnd'>): Feed<Item> {
    const feed = new Feed<Item>({ ...options, onEnd: () => this.#feeds.delete(feed) });
    this.#feeds.add(feed);
    return feed;
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
