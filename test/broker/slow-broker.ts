// A broker as it looks over a bad network: calls take long, answers overtake deliveries, and calls fail on demand.

import {
  type Broker,
  BrokerError,
  type BrokerSubscription,
  type LostReason,
  type MailboxBroker,
  type PresenceBroker,
  type PresenceHandler,
  type PresenceWatch,
  type SubscriptionHandler,
} from '../../src/broker/index.ts';

export interface SlowBrokerOptions {
  /** The store, as it is now: it may be replaced by another, when its content was lost. */
  readonly store: () => Broker;
  /** How long everything takes that goes one way: each request, answer and delivery asks for itself. */
  readonly delay: () => Promise<void>;
}

/** Delays of 0 to 3 turns of the event loop, by numbers from 0 up to 1. */
export function someTurns(random: () => number): () => Promise<void> {
  return async () => {
    const turns = Math.floor(random() * 4);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
}

/** One node's way to a store. Requests of a node stay in order; answers and deliveries come when they come. */
export class SlowBroker implements Broker {
  readonly durability = 'memory';
  readonly presence: PresenceBroker;
  readonly mailbox: MailboxBroker;
  readonly #options: SlowBrokerOptions;
  readonly #deliveries = new Set<SlowDelivery<unknown>>();
  #requests: Promise<void> = Promise.resolve();
  #failure: 'before' | 'after' | undefined;
  #isClosed = false;

  constructor(options: SlowBrokerOptions) {
    this.#options = options;
    this.presence = {
      put: (...call) => this.#call((store) => store.presence!.put(...call)),
      leave: (...call) => this.#call((store) => store.presence!.leave(...call)),
      renewLease: (...call) => this.#call((store) => store.presence!.renewLease(...call)),
      endLease: (...call) => this.#call((store) => store.presence!.endLease(...call)),
      read: (...call) => this.#call((store) => store.presence!.read(...call)),
      watch: (...call) => this.#listen<PresenceWatch>((store) => store.presence!.watch(...call), watchSlowly),
    };
    this.mailbox = {
      lease: (...call) => this.#call((store) => store.mailbox!.lease(...call)),
      acknowledge: (...call) => this.#call((store) => store.mailbox!.acknowledge(...call)),
      release: (...call) => this.#call((store) => store.mailbox!.release(...call)),
    };
  }

  publish(...call: Parameters<Broker['publish']>): ReturnType<Broker['publish']> {
    return this.#call((store) => store.publish(...call));
  }

  history(...call: Parameters<Broker['history']>): ReturnType<Broker['history']> {
    return this.#call((store) => store.history(...call));
  }

  subscribe(...call: Parameters<Broker['subscribe']>): Promise<BrokerSubscription> {
    return this.#listen<BrokerSubscription>((store) => store.subscribe(...call), subscribeSlowly);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const delivery of [...this.#deliveries]) delivery.lose('closed');
  }

  /** Subscriptions and watches that nobody has closed and that were not lost. */
  get openDeliveries(): number {
    return this.#deliveries.size;
  }

  failNext(when: 'before' | 'after'): void {
    this.#failure = when;
  }

  /** The connection breaks: what is on its way to this node is lost. */
  cut(): void {
    for (const delivery of [...this.#deliveries]) delivery.lose('unavailable');
  }

  async #call<Answer>(
    call: (store: Broker) => Promise<Answer>,
    undo?: (answer: Answer) => void,
  ): Promise<Answer> {
    const failure = this.#failure;
    this.#failure = undefined;
    // Requests leave one after the other; each is with the store before the next one leaves.
    const sent = this.#requests.then(() => this.#delay());
    const answered = sent.then(() => {
      if (this.#isClosed) throw new BrokerError('BROKER_CLOSED', 'closed', { effect: 'none' });
      if (failure === 'before') throw new BrokerError('BROKER_UNAVAILABLE', 'cut before', { effect: 'none' });
      return call(this.#options.store());
    });
    this.#requests = sent;
    const answer = await answered;
    await this.#delay();
    if (failure === 'after') {
      undo?.(answer);
      throw new BrokerError('BROKER_TIMEOUT', 'cut after', { effect: 'unknown' });
    }
    return answer;
  }

  #listen<Listening extends BrokerSubscription | PresenceWatch>(
    call: (store: Broker) => Promise<Listening>,
    wrap: (inner: Listening, delivery: SlowDelivery<unknown>) => Listening,
  ): Promise<Listening> {
    const listening = this.#call(call, (inner) => inner.close());
    return listening.then((inner) => {
      const delivery = new SlowDelivery<unknown>(() => this.#delay());
      this.#deliveries.add(delivery);
      delivery.onEnd = () => {
        this.#deliveries.delete(delivery);
        inner.close();
      };
      return wrap(inner, delivery);
    });
  }

  #delay(): Promise<void> {
    return this.#options.delay();
  }
}

/** Passes items on in their order, each after a delay of its own, until it ends. */
class SlowDelivery<Item> {
  onEnd: () => void = () => {};
  #tell: ((item: Item) => void) | undefined;
  #tellLost: ((reason: LostReason) => void) | undefined;
  #queue: Promise<void> = Promise.resolve();
  #lost: LostReason | undefined;
  #hasEnded = false;
  readonly #delay: () => Promise<void>;

  constructor(delay: () => Promise<void>) {
    this.#delay = delay;
  }

  start(tell: (item: Item) => void, tellLost: (reason: LostReason) => void): void {
    this.#tell = tell;
    this.#tellLost = tellLost;
    if (this.#lost !== undefined) this.#end(this.#lost);
  }

  push(item: Item): void {
    this.#queue = this.#queue.then(this.#delay).then(() => {
      if (!this.#hasEnded && this.#lost === undefined) this.#tell!(item);
    });
  }

  lose(reason: LostReason): void {
    if (this.#hasEnded || this.#lost !== undefined) return;
    this.#lost = reason;
    if (this.#tell !== undefined) this.#end(reason);
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.onEnd();
  }

  #end(reason: LostReason): void {
    if (this.#hasEnded) return;
    this.close();
    this.#tellLost!(reason);
  }
}

function subscribeSlowly(inner: BrokerSubscription, delivery: SlowDelivery<unknown>): BrokerSubscription {
  return {
    position: inner.position,
    start(handler: SubscriptionHandler) {
      (delivery as SlowDelivery<Parameters<SubscriptionHandler['onPublication']>[0]>).start(
        (publication) => handler.onPublication(publication),
        (reason) => handler.onLost(reason),
      );
      inner.start({
        onPublication: (publication) => delivery.push(publication),
        onLost: (reason) => delivery.lose(reason === 'closed' ? 'epoch' : reason),
      });
    },
    close: () => delivery.close(),
  };
}

function watchSlowly(inner: PresenceWatch, delivery: SlowDelivery<unknown>): PresenceWatch {
  return {
    position: inner.position,
    start(handler: PresenceHandler) {
      (delivery as SlowDelivery<Parameters<PresenceHandler['onChange']>[0]>).start(
        (change) => handler.onChange(change),
        (reason) => handler.onLost(reason),
      );
      inner.start({
        onChange: (change) => delivery.push(change),
        onLost: (reason) => delivery.lose(reason === 'closed' ? 'epoch' : reason),
      });
    },
    close: () => delivery.close(),
  };
}
