// The latest messages of a channel: those of its history, and all that follow.

import {
  type Channel,
  history,
  type Message,
  type RequestError,
  type Subscription,
} from '../client/index.ts';
import { SharedStore } from './shared-store.ts';

export interface MessageStoreOptions {
  /** Messages kept, the latest.
   * @default 100 */
  readonly limit?: number;
  /** Messages of history to begin with, where the channel has one. 0: only what is published from now on.
   * @default 0 */
  readonly history?: number;
}

/** A new object with each change. */
export interface ChannelMessages<Payload> {
  /** The earliest first. */
  readonly messages: readonly Message<Payload>[];
  /** Whether everything that there is has arrived. */
  readonly isLive: boolean;
  /** How often something was missed, and is not among the messages. */
  readonly gaps: number;
  /** Why the channel cannot be read, if it cannot. */
  readonly error: unknown;
}

const nothing: ChannelMessages<never> = Object.freeze({
  messages: [],
  isLive: false,
  gaps: 0,
  error: undefined,
});

export class MessageStore<Payload> extends SharedStore<ChannelMessages<Payload>> {
  readonly #channel: Channel<never, Payload, unknown>;
  readonly #limit: number;
  readonly #history: number;

  constructor(
    channel: Channel<never, Payload, unknown>,
    { limit = 100, history: fromHistory = 0 }: MessageStoreOptions,
  ) {
    super(nothing);
    this.#channel = channel;
    this.#limit = limit;
    this.#history = fromHistory;
  }

  protected start(): () => void {
    let subscription: Subscription<Payload> | undefined;
    let hasStopped = false;
    const subscribe = (from?: Message['position']): void => {
      subscription = this.#subscribe(from);
    };
    const last = this.getSnapshot().messages.at(-1)?.position;
    if (last !== undefined || this.#history === 0) {
      // Where it was left off before: what came meanwhile follows.
      subscribe(last);
    } else {
      history(this.#channel, { limit: this.#history }).then(
        ({ messages, head }) => {
          if (hasStopped) return;
          this.#change({ messages: messages.slice(-this.#limit) });
          subscribe(head);
        },
        (error: unknown) => {
          if (!hasStopped) this.#change({ error });
        },
      );
    }
    return () => {
      hasStopped = true;
      subscription?.close();
      this.#change({ isLive: false });
    };
  }

  #subscribe(from: Message['position'] | undefined): Subscription<Payload> {
    return this.#channel.subscribe((message) => this.#add(message), {
      ...(from !== undefined && { from }),
      onLive: () => this.#change({ isLive: true, error: undefined }),
      onGap: () => this.#change({ gaps: this.getSnapshot().gaps + 1, isLive: false }),
      onEnd: (error: RequestError) => this.#change({ error, isLive: false }),
    });
  }

  #add(message: Message<Payload>): void {
    const { messages } = this.getSnapshot();
    this.#change({ messages: [...messages.slice(-(this.#limit - 1) || messages.length), message] });
  }

  #change(change: Partial<ChannelMessages<Payload>>): void {
    this.set(Object.freeze({ ...this.getSnapshot(), ...change }));
  }
}
