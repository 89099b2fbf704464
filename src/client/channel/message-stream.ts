// A channel as an async iterator: one message at a time, and room for the next when the next is asked for.

import type { RequestError } from '../../session/index.ts';
import type { Message } from '../message.ts';
import type { Channel } from './channel.ts';
import type { MessageHandler, SubscribeOptions, Subscription } from './subscription.ts';

/** Listens with a loop: `for await (const message of messages(channel))`. */
export function messages<Payload>(
  channel: Channel<never, Payload, unknown>,
  options: SubscribeOptions = {},
): MessageStream<Payload> {
  return new MessageStream<Payload>((handler, more) => channel.subscribe(handler, more), options);
}

interface Waiting<Payload> {
  resolve(result: IteratorResult<Message<Payload>, undefined>): void;
  reject(error: unknown): void;
}

/**
 * Ends with `return` (as leaving a `for await` loop does), or throws the `RequestError` by which the server ended the
 * subscription. Begins to listen at once, and not with the first `next`.
 */
export class MessageStream<Payload> implements AsyncIterableIterator<Message<Payload>, undefined> {
  readonly subscription: Subscription<Payload>;
  #message: Message<Payload> | undefined;
  /** Of the message that was given last: it has been handled when the next one is asked for. */
  #finish: (() => void) | undefined;
  #error: RequestError | undefined;
  readonly #waiting: Waiting<Payload>[] = [];

  constructor(
    subscribe: (handler: MessageHandler<Payload>, options: SubscribeOptions) => Subscription<Payload>,
    options: SubscribeOptions,
  ) {
    this.subscription = subscribe((message) => this.#receive(message), {
      ...options,
      onEnd: (error) => {
        this.#error = error;
        options.onEnd?.(error);
        this.#settle();
      },
    });
  }

  next(): Promise<IteratorResult<Message<Payload>, undefined>> {
    this.#finish?.();
    this.#finish = undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#settle();
    });
  }

  async return(): Promise<IteratorResult<Message<Payload>, undefined>> {
    this.#finish?.();
    this.#finish = undefined;
    this.subscription.close();
    this.#message = undefined;
    this.#settle();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #receive(message: Message<Payload>): Promise<void> {
    this.#message = message;
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#settle();
    });
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (this.#message !== undefined && waiting.length > 0) {
      const value = this.#message;
      this.#message = undefined;
      waiting.shift()!.resolve({ done: false, value });
      // Somebody has asked for the next one already.
      if (waiting.length > 0) this.#finish?.();
    }
    if (!this.subscription.hasEnded || waiting.length === 0) return;
    if (this.#error !== undefined) waiting.shift()!.reject(this.#error);
    this.#error = undefined;
    for (const { resolve } of waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}
