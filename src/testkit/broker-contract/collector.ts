// Gathers what a subscription delivers, and waits for it by events.

import type { Broker, BrokerSubscription, LostReason } from '../../broker/index.ts';
import type { ChannelPolicy, Position, Publication } from '../../channel/index.ts';

export class Collector {
  readonly publications: Publication[] = [];
  readonly losses: LostReason[] = [];
  readonly #subscription: BrokerSubscription;
  readonly #signal = new Signal();

  constructor(subscription: BrokerSubscription) {
    this.#subscription = subscription;
  }

  get position(): Position {
    return this.#subscription.position;
  }

  get offsets(): number[] {
    return this.publications.map(({ offset }) => offset);
  }

  get #reached(): number {
    return this.publications.at(-1)?.offset ?? this.position.offset;
  }

  get data(): unknown[] {
    return this.publications.map(({ data }) => data);
  }

  start(onPublication?: (publication: Publication) => void): this {
    this.#subscription.start({
      onPublication: (publication) => {
        this.publications.push(publication);
        onPublication?.(publication);
        this.#signal.changed();
      },
      onLost: (reason) => {
        this.losses.push(reason);
        this.#signal.changed();
      },
    });
    return this;
  }

  close(): void {
    this.#subscription.close();
  }

  /** Resolves once there are so many publications. */
  async received(count: number): Promise<void> {
    await this.#until(() => this.publications.length >= count);
  }

  /** Resolves once a publication with this data came. Order makes it the proof that nothing else came before it. */
  async receivedData(data: unknown): Promise<void> {
    await this.#until(() => this.publications.some((publication) => publication.data === data));
  }

  async lost(): Promise<void> {
    await this.#until(() => this.losses.length > 0);
  }

  /** Resolves once it has been told everything up to `offset`, or that it was lost. */
  async settled(offset: number): Promise<void> {
    await this.#until(() => this.losses.length > 0 || this.#reached >= offset);
  }

  async #until(condition: () => boolean): Promise<void> {
    await this.#signal.until(condition, () => `heard ${JSON.stringify(this.data)}, lost ${this.losses}`);
  }
}

/** Waits until a condition holds, looking whenever something has changed. */
export class Signal {
  #wake: (() => void)[] = [];

  changed(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }

  /** Rejects after 10 s of real time, only so that a broker that never tells is reported, and not waited for. */
  async until(condition: () => boolean, describe: () => string): Promise<void> {
    const deadline = AbortSignal.timeout(10_000);
    const keepAlive = setInterval(() => this.changed(), 1_000);
    try {
      while (!condition()) {
        if (deadline.aborted) throw new Error(`waited in vain: ${describe()}`);
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    } finally {
      clearInterval(keepAlive);
    }
  }
}

export async function collect(broker: Broker, channel: string, policy: ChannelPolicy): Promise<Collector> {
  return new Collector(await broker.subscribe(channel, policy));
}
