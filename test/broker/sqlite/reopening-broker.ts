// A broker that is closed and opened again between calls, as often as nobody listens.

import type { Broker, BrokerSubscription, MailboxBroker, PresenceBroker } from '../../../src/broker/index.ts';
import type { ChannelPolicy } from '../../../src/channel/index.ts';

/** Calls between two openings: opening takes a while, and some cases make hundreds of calls. */
const callsBetween = 13;

export class ReopeningBroker implements Broker {
  readonly durability = 'disk';
  readonly presence: PresenceBroker;
  readonly mailbox: MailboxBroker;
  #inner: Broker;
  readonly #reopen: () => Promise<Broker>;
  #openCalls = 0;
  #calls = 0;
  #subscriptions = 0;
  #reopening: Promise<void> | undefined;

  constructor(inner: Broker, reopen: () => Promise<Broker>) {
    this.#inner = inner;
    this.#reopen = reopen;
    // Presence belongs to the process: who watches it, or is in it, goes with the first opening.
    this.presence = inner.presence!;
    this.mailbox = {
      lease: (...call) => this.#call((broker) => broker.mailbox!.lease(...call)),
      acknowledge: (...call) => this.#call((broker) => broker.mailbox!.acknowledge(...call)),
      release: (...call) => this.#call((broker) => broker.mailbox!.release(...call)),
    };
  }

  publish(...call: Parameters<Broker['publish']>): ReturnType<Broker['publish']> {
    return this.#call((broker) => broker.publish(...call));
  }

  history(...call: Parameters<Broker['history']>): ReturnType<Broker['history']> {
    return this.#call((broker) => broker.history(...call));
  }

  async subscribe(channel: string, policy: ChannelPolicy): Promise<BrokerSubscription> {
    const inner = await this.#call((broker) => broker.subscribe(channel, policy));
    this.#subscriptions++;
    return inner;
  }

  async close(): Promise<void> {
    await this.#reopening;
    await this.#inner.close();
    this.#calls = Number.NEGATIVE_INFINITY;
  }

  async #call<Answer>(call: (broker: Broker) => Promise<Answer>): Promise<Answer> {
    const mayReopen = this.#openCalls === 0 && this.#subscriptions === 0;
    if (this.#reopening === undefined && mayReopen && ++this.#calls >= callsBetween) {
      this.#calls = 0;
      this.#reopening = this.#again();
    }
    this.#openCalls++;
    try {
      await this.#reopening;
      return await call(this.#inner);
    } finally {
      this.#openCalls--;
    }
  }

  async #again(): Promise<void> {
    await this.#inner.close();
    this.#inner = await this.#reopen();
    this.#reopening = undefined;
  }
}
