// One who listens to a channel: is given everything in order, one at a time, and says when it has been handled.

import type { GapReason, Position } from '../../channel/index.ts';
import { type ErrorBody, RequestError } from '../../session/index.ts';
import type { Message } from '../message.ts';
import type { ChannelFeed, FeedItem, FeedListener } from './channel-feed.ts';

export interface SubscribeOptions {
  /** Goes on behind this position: all that is kept since comes first. Absent: from now on, or where an earlier life of
   * this program ended. Of a `state` channel: the present values come first, whatever stands here. */
  readonly from?: Position;
  /** Something was missed: what follows begins behind `position`. `state`: forget all values, a snapshot follows. */
  onGap?(gap: { readonly reason: GapReason; readonly position: Position }): void;
  /** What there was has been handled: what follows is new. Again after each reconnect. */
  onLive?(): void;
  /** `state`: a key was removed. */
  onRemoved?(key: string, message: Message<null>): void | Promise<void>;
  /** The server has ended the subscription, and it does not come back: `forbidden`, `unknown_channel` … */
  onEnd?(error: RequestError): void;
}

/** While its promise is pending, no other message is given. Only then is room made for the next one. */
export type MessageHandler<Payload> = (message: Message<Payload>) => void | Promise<void>;

export class Subscription<Payload = unknown> implements FeedListener {
  readonly channel: string;
  readonly #feed: ChannelFeed;
  readonly #handler: MessageHandler<Payload>;
  readonly #options: SubscribeOptions;
  readonly #report: (error: unknown) => void;
  readonly #queue: FeedItem[] = [];
  #isHandling = false;
  #isLive = false;
  #hasEnded = false;
  #handled: Position | undefined;

  /** Made by `Channel.subscribe`. */
  constructor(
    feed: ChannelFeed,
    handler: MessageHandler<Payload>,
    options: SubscribeOptions & { readonly channel: string; report(error: unknown): void },
  ) {
    this.channel = options.channel;
    this.#feed = feed;
    this.#handler = handler;
    this.#options = options;
    this.#report = options.report;
    this.#handled = options.from;
  }

  /** The position of the last message that was handled. */
  get position(): Position | undefined {
    return this.#handled;
  }

  /** Whether everything that there was has been handled. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get handledPosition(): Position | undefined {
    return this.#queue.length === 0 && !this.#isHandling ? undefined : this.#handled;
  }

  /** Listens no more. What is waiting to be handled is not handled any more. */
  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const item of this.#queue.splice(0)) if ('finish' in item) item.finish(false);
    this.#feed.leave(this);
  }

  /** Called by the feed. */
  push(item: FeedItem): void {
    if (this.#hasEnded) {
      if ('finish' in item) item.finish(false);
      return;
    }
    this.#queue.push(item);
    if ('message' in item) {
      // Nothing has been read yet of what begins here.
      const { epoch, offset } = item.message.position;
      this.#handled ??= { epoch, offset: Math.max(0, offset - 1) };
    }
    if (!this.#isHandling) void this.#handleAll();
  }

  async #handleAll(): Promise<void> {
    this.#isHandling = true;
    for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) {
      let isHandled = true;
      try {
        const handled = this.#handle(item);
        // Without a promise nothing is waited for, so that what came together is handled together.
        if (handled !== undefined) await handled;
      } catch (error) {
        isHandled = false;
        this.#report(error);
      }
      if ('message' in item) {
        this.#handled = item.message.position;
        item.finish(isHandled);
      }
    }
    this.#isHandling = false;
  }

  #handle(item: FeedItem): void | Promise<void> {
    const { onGap, onLive, onRemoved } = this.#options;
    switch (item.type) {
      case 'message':
        return this.#handler(item.message as Message<Payload>);
      case 'removed':
        return onRemoved?.(item.message.stateKey ?? '', item.message as Message<null>);
      case 'gap':
        this.#isLive = false;
        this.#handled = item.position;
        return onGap?.({ reason: item.reason, position: item.position });
      case 'live':
        this.#isLive = true;
        return onLive?.();
      case 'end':
        return this.#end(item.error);
      default:
        item satisfies never;
    }
  }

  #end(error: ErrorBody): void {
    this.#hasEnded = true;
    this.#isLive = false;
    const { onEnd } = this.#options;
    if (onEnd === undefined) throw new RequestError(error);
    onEnd(new RequestError(error));
  }
}
