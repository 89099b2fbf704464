// The answer of a stream call: an async iterator over its items, which cancels the call when one stops reading.

import { CreditMeter, type PlainData } from '../../channel/index.ts';
import { RequestError, type RequestResult } from '../../session/index.ts';

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
  readonly #meter: CreditMeter;
  readonly #grant: (credit: number) => void;
  readonly #cancel: () => void;
  readonly #items: Item[] = [];
  readonly #waiting: Waiting<Item>[] = [];
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;

  /** `start` begins the call, and returns what cancels it. It calls the handler later, never at once. */
  constructor(
    start: (handler: StreamHandler) => () => void,
    options: {
      read(data: PlainData): unknown;
      /** From 1 to 65 535. */
      readonly maxUnreadItems: number;
      /** Lets the server send so many more. */
      grant(credit: number): void;
    },
  ) {
    this.#read = options.read;
    this.#meter = new CreditMeter(options.maxUnreadItems);
    this.#grant = options.grant;
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
    // A server that counts credit sends no more than there is room for.
    if (this.#items.length >= this.#meter.window) {
      const msg = `maxUnreadItems (${this.#meter.window}) were not taken`;
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
      const credit = this.#meter.finish();
      if (credit > 0 && !this.#hasEnded) this.#grant(credit);
    }
    if (!this.#hasEnded || waiting.length === 0) return;
    if (this.#failure !== undefined) waiting.shift()!.reject(this.#failure.error);
    this.#failure = undefined;
    for (const { resolve } of waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}
