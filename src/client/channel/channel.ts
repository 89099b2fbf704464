// One channel of a client: publish, subscribe, history and presence, typed by its contract.

import {
  type AnyChannelContract,
  type PlainData,
  type Position,
  UsageError,
  unstoredPosition,
} from '../../channel/index.ts';
import { errorBody, type PublishFields, RequestError } from '../../session/index.ts';
import type { Message, MessageReader } from '../message.ts';
import type { Requests } from '../requests.ts';
import type { ChannelFeed } from './channel-feed.ts';
import type { ChannelPresence } from './channel-presence.ts';
import { type HistoryPage, type HistoryQuery, historyPacket, readHistory } from './history.ts';
import { MessageStream } from './message-stream.ts';
import { type MessageHandler, type SubscribeOptions, Subscription } from './subscription.ts';

export interface PublishOptions {
  /** A name for this publication, 1–128 characters: within the channel's window a second one with the same name is not
   * appended, and gets the position of the first. For what a person may do twice. Retries need none. */
  readonly key?: string;
  /** `state` channels without a contract: the key whose value this is. With a contract it says so. */
  readonly stateKey?: string;
}

/** What a channel needs of the client. */
export interface ChannelHost {
  readonly requests: Requests;
  feed(channel: string): ChannelFeed;
  report(error: unknown): void;
}

export interface ChannelParts {
  readonly name: string;
  readonly contract: AnyChannelContract | undefined;
  readonly reader: MessageReader;
  readonly presence: ChannelPresence<never, never>;
}

export class Channel<Draft = PlainData, Payload = PlainData, Presence = PlainData> {
  readonly name: string;
  /** Who is there. */
  readonly presence: ChannelPresence<Presence, Presence>;
  readonly #host: ChannelHost;
  readonly #parts: ChannelParts;

  /** Made by `client.channel`. */
  constructor(host: ChannelHost, parts: ChannelParts) {
    this.name = parts.name;
    this.presence = parts.presence as unknown as ChannelPresence<Presence, Presence>;
    this.#host = host;
    this.#parts = parts;
  }

  /**
   * Publishes, and gives the position once it is appended. While there is no connection it waits, in order, and nothing
   * is appended twice, however often it was sent. In a `signal` channel it is sent now or never, and nobody answers.
   *
   * Rejects with a `RequestError`. `schema`: it does not fit the contract. `producer_expired`: it may have been
   * published, and nobody knows any more. `full`: too many wait already. Otherwise: refused, for the reason in `code`.
   */
  publish(data: Draft, options: PublishOptions = {}): Promise<Position> {
    const { contract } = this.#parts;
    let draft: PlainData = data as PlainData;
    let stateKey = options.stateKey;
    if (contract !== undefined) {
      const validation = contract.validatePayload(data);
      if (validation.type === 'invalid') {
        const [issue] = validation.issues;
        const body = errorBody('schema', issue?.message ?? 'not what the contract says', {
          path: issue?.path ?? '$',
        });
        return Promise.reject(new RequestError(body));
      }
      draft = validation.value;
      stateKey = contract.stateKeyOf(validation.value);
    }
    return this.#publish({
      data: draft,
      ...(options.key !== undefined && { key: options.key }),
      ...(stateKey !== undefined && { stateKey }),
    });
  }

  /** `state`: takes a key away. @throws {UsageError} in a channel of another class. */
  remove(stateKey: string, options: Pick<PublishOptions, 'key'> = {}): Promise<Position> {
    const deliveryClass = this.#parts.contract?.policy.class;
    if (deliveryClass !== undefined && deliveryClass !== 'state') {
      throw new UsageError(
        `only state channels have keys to remove: ${this.name} is of class ${deliveryClass}`,
      );
    }
    return this.#publish({ data: null, stateKey, removed: true, ...options });
  }

  /**
   * Listens. Each message is given once, in order, and the next one when the handler has finished. The subscription
   * survives reconnects: what was missed follows, or `onGap` is told. What the handler throws goes to `onError`.
   */
  subscribe(handler: MessageHandler<Payload>, options: SubscribeOptions = {}): Subscription<Payload> {
    const { name } = this;
    const feed = this.#host.feed(name);
    const report = (error: unknown): void => this.#host.report(error);
    const subscription = new Subscription<Payload>(feed, handler, { ...options, channel: name, report });
    feed.join(subscription, options.from);
    return subscription;
  }

  /** Listens with a loop: `for await (const message of channel.messages())`. */
  messages(options: SubscribeOptions = {}): MessageStream<Payload> {
    return new MessageStream<Payload>((handler, more) => this.subscribe(handler, more), options);
  }

  /** One page of what the channel keeps. Rejects with a `RequestError`. */
  async history(query: HistoryQuery = {}): Promise<HistoryPage<Payload>> {
    const packet = historyPacket(this.name, query);
    const data = await this.#host.requests.ask(
      (machine, { now, done }) => machine.history(packet, { now, done }),
      { signal: query.signal, isRepeatable: true },
    );
    return readHistory(this.name, data, this.#parts.reader) as unknown as HistoryPage<Payload>;
  }

  #publish(fields: PublishFields): Promise<Position> {
    const { requests } = this.#host;
    if (this.#parts.contract?.policy.class !== 'signal') return requests.publish(this.name, fields);
    requests.signal(this.name, fields.data);
    return Promise.resolve(unstoredPosition);
  }
}

export type { Message };
