// The answer of a stream call: an async iterator over its items, which cancels the call when one stops reading.

import type { PlainData } from '../channel/index.ts';
import { RequestError, type RequestResult } from '../session/index.ts';

export interface StreamHandler {
  onPart(data: PlainData): void;
  onDone(result: RequestResult): void;
  onAbort(reason: unknown): void;
}

interface Waiting<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
}

export class StreamCall<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #read: (data: PlainData) => unknown;
  readonly #maxUnreadItems: number;
  readonly #cancel: () => void;
  readonly #items: Item[] = [];
  readonly #waiting: Waiting<Item>[] = [];
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;

  /** `start` begins the call, and returns what cancels it. It calls the handler later, never at once. */
  constructor(
    start: (handler: StreamHandler) => () => void,
    options: { read(data: PlainData): unknown; readonly maxUnreadItems: number },
  ) {
    this.#read = options.read;
    this.#maxUnreadItems = options.maxUnreadItems;
    this.#cancel = start({
      onPart: (data) => this.#receive(data),
      onDone: ({ error }) => this.#end(error === undefined ? undefined : { error: new RequestError(error) }),
      onAbort: (error) => this.#end({ error }),
    });
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#settle();
    });
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#items.length = 0;
    this.#fail(undefined);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #receive(data: PlainData): void {
    if (this.#hasEnded) return;
    if (this.#items.length >= this.#maxUnreadItems) {
      const msg = `maxUnreadItems (${this.#maxUnreadItems}) were not taken`;
      return this.#fail({ error: new RequestError({ code: 'too_slow', msg, retry: 'no' }) });
    }
    try {
      this.#items.push(this.#read(data) as Item);
    } catch (error) {
      return this.#fail({ error });
    }
    this.#settle();
  }

  /** This end has had enough of it. */
  #fail(failure: { readonly error: unknown } | undefined): void {
    if (!this.#hasEnded) this.#cancel();
    this.#end(failure);
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure = failure;
    this.#settle();
  }

  /** What has arrived is given before the end is. An error is thrown once. */
  #settle(): void {
    const waiting = this.#waiting;
    while (waiting.length > 0 && this.#items.length > 0) {
      waiting.shift()!.resolve({ done: false, value: this.#items.shift()! });
    }
    if (!this.#hasEnded || waiting.length === 0) return;
    if (this.#failure !== undefined) waiting.shift()!.reject(this.#failure.error);
    this.#failure = undefined;
    for (const { resolve } of waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}
