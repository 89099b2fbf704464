// The present values of a `state` channel, by their keys.

import type { Channel, Message, RequestError } from '../client/index.ts';
import { SharedStore } from './shared-store.ts';

/** A new object with each change. */
export interface ChannelValues<Payload> {
  /** A new map with each change. */
  readonly values: ReadonlyMap<string, Message<Payload>>;
  /** Whether every present value has arrived. */
  readonly isLive: boolean;
  /** Why the channel cannot be read, if it cannot. */
  readonly error: unknown;
}

const nothing: ChannelValues<never> = Object.freeze({ values: new Map(), isLive: false, error: undefined });

export class ValueStore<Payload> extends SharedStore<ChannelValues<Payload>> {
  readonly #channel: Channel<never, Payload, unknown>;

  constructor(channel: Channel<never, Payload, unknown>) {
    super(nothing);
    this.#channel = channel;
  }

  protected start(): () => void {
    // Whatever was known is sent again, and what was removed meanwhile is not told: it begins empty.
    this.#change({ values: new Map() });
    const subscription = this.#channel.subscribe((message) => this.#put(message), {
      onRemoved: (key) => this.#remove(key),
      onGap: () => this.#change({ values: new Map(), isLive: false }),
      onLive: () => this.#change({ isLive: true, error: undefined }),
      onEnd: (error: RequestError) => this.#change({ error, isLive: false }),
    });
    return () => {
      subscription.close();
      this.#change({ isLive: false });
    };
  }

  #put(message: Message<Payload>): void {
    const { values } = this.getSnapshot();
    this.#change({ values: new Map(values).set(message.stateKey ?? '', message) });
  }

  #remove(key: string): void {
    const values = new Map(this.getSnapshot().values);
    values.delete(key);
    this.#change({ values });
  }

  #change(change: Partial<ChannelValues<Payload>>): void {
    this.set(Object.freeze({ ...this.getSnapshot(), ...change }));
  }
}
