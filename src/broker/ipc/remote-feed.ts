// A subscription whose publications, or changes of presence, come from another process.

import type { Position } from '../../channel/index.ts';
import type { LostReason } from '../broker.ts';

export interface RemoteFeedOptions<Handler> {
  readonly position: Position;
  /** Hands one item to the handler. */
  deliver(handler: Handler, item: unknown): void;
  /** Tells the other process to begin, or to end. */
  request(type: 'start' | 'stop'): void;
  onHandlerError(error: unknown): void;
}

export class RemoteFeed<Handler extends { onLost(reason: LostReason): void }> {
  readonly position: Position;
  readonly #options: RemoteFeedOptions<Handler>;
  #handler: Handler | undefined;
  #isClosed = false;
  /** Why it was lost before it was started. */
  #lost: LostReason | undefined;

  constructor(options: RemoteFeedOptions<Handler>) {
    this.position = options.position;
    this.#options = options;
  }

  start(handler: Handler): void {
    if (this.#isClosed) return;
    this.#handler = handler;
    if (this.#lost === undefined) this.#options.request('start');
    else this.#end(handler, this.#lost);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.request('stop');
  }

  /** The other process has sent an item. */
  receive(item: unknown): void {
    const handler = this.#handler;
    if (this.#isClosed || handler === undefined) return;
    this.#contain(() => this.#options.deliver(handler, item));
  }

  /** The other process, or the way to it, has ended this. */
  lose(reason: LostReason): void {
    if (this.#isClosed) return;
    if (this.#handler === undefined) this.#lost ??= reason;
    else this.#end(this.#handler, reason);
  }

  #end(handler: Handler, reason: LostReason): void {
    this.#isClosed = true;
    this.#contain(() => handler.onLost(reason));
  }

  #contain(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#options.onHandlerError(error);
    }
  }
}
