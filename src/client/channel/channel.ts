// One channel of a client: publish and subscribe, typed by its contract.

import {
  type AnyChannelContract,
  type PlainData,
  type Position,
  UsageError,
  unstoredPosition,
} from '../../channel/index.ts';
import { type ErrorBody, isKey, jsonLength, type PublishFields, RequestError } from '../../session/index.ts';
import type { Publisher } from '../publisher.ts';
import type { ChannelFeed } from './channel-feed.ts';
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
  readonly publisher: Publisher;
  feed(): ChannelFeed;
  report(error: unknown): void;
}

export class Channel<Draft = PlainData, Payload = PlainData, Presence = PlainData> {
  /** For the compiler: what the channel carries. There is no such property. */
  declare readonly '~types'?: {
    readonly draft: (draft: Draft) => void;
    readonly payload: Payload;
    readonly presence: Presence;
  };
  readonly name: string;
  readonly #host: ChannelHost;
  readonly #contract: AnyChannelContract | undefined;

  /** Made by `client.channel`. */
  constructor(name: string, contract: AnyChannelContract | undefined, host: ChannelHost) {
    this.name = name;
    this.#contract = contract;
    this.#host = host;
  }

  /**
   * Publishes, and gives the position once it is appended. While there is no connection it waits, in order, and nothing
   * is appended twice, however often it was sent. In a `signal` channel it is sent now or never, and nobody answers.
   *
   * Rejects with a `RequestError`. `schema`: it does not fit the contract. `producer_expired`: it may have been
   * published, and nobody knows any more. `full`: too many wait already. Otherwise: refused, for the reason in `code`.
   */
  publish(data: Draft, options: PublishOptions = {}): Promise<Position> {
    const contract = this.#contract;
    let draft: PlainData = data as PlainData;
    let stateKey = options.stateKey;
    if (contract !== undefined) {
      const validation = contract.validatePayload(data);
      if (validation.type === 'invalid') {
        const [issue] = validation.issues;
        const { path = '$', message: msg = '' } = issue ?? {};
        return refuse({ code: 'schema', msg, path });
      }
      draft = validation.value;
      stateKey = contract.stateKeyOf(validation.value);
    }
    return this.#publish({ data: draft, key: options.key, stateKey });
  }

  /** `state`: takes a key away. @throws {UsageError} in a channel of another class. */
  remove(stateKey: string, options: Pick<PublishOptions, 'key'> = {}): Promise<Position> {
    const deliveryClass = this.#contract?.policy.class;
    if (deliveryClass !== undefined && deliveryClass !== 'state') {
      throw new UsageError(`${this.name} is no state channel`);
    }
    return this.#publish({ data: null, stateKey, removed: true, ...options });
  }

  /**
   * Listens. Each message is given once, in order, and the next one when the handler has finished. The subscription
   * survives reconnects: what was missed follows, or `onGap` is told. What the handler throws goes to `onError`.
   */
  subscribe(handler: MessageHandler<Payload>, options: SubscribeOptions = {}): Subscription<Payload> {
    const { name } = this;
    const feed = this.#host.feed();
    const report = (error: unknown): void => this.#host.report(error);
    const subscription = new Subscription<Payload>(feed, handler, { ...options, channel: name, report });
    feed.join(subscription, options.from);
    return subscription;
  }

  #publish(fields: PublishFields): Promise<Position> {
    const { data, key = '-', stateKey = '-' } = fields;
    if (![key, stateKey].every(isKey) || jsonLength(data) < 0) {
      return refuse({ code: 'bad_request', msg: 'no packet can carry this' });
    }
    const { publisher } = this.#host;
    if (this.#contract?.policy.class !== 'signal') return publisher.publish(this.name, fields);
    publisher.signal(this.name, data);
    return Promise.resolve(unstoredPosition);
  }
}

function refuse(error: Omit<ErrorBody, 'retry'>): Promise<never> {
  return Promise.reject(new RequestError({ ...error, retry: 'no' }));
}
