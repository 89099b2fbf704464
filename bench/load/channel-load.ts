// Clients of a channel server, all subscribed to one channel: one of them publishes, and all deliveries are counted.
import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelFanoutWorkload, ChannelIdleWorkload } from '../workload.ts';
import { ChannelClient } from './channel-client.ts';
import { type ChannelDialect, type ChannelDialectName, channelDialects } from './channel-dialect.ts';
import { type Latency, type Load, type LoadCount, Outcome } from './load.ts';
import { openConnections } from './raw-connection.ts';

/** Decoding every delivery would cost the load more than the server: every 50th client does. */
const clientsPerThorough = 50;
/** Less than the silence after which any server closes a connection. */
const pingEveryMs = 15_000;

export class ChannelLoad implements Load {
  readonly #port: number;
  readonly #dialect: ChannelDialect;
  readonly #perTick: number;
  readonly #body: string;
  readonly #clients: ChannelClient[] = [];
  readonly #outcome = new Outcome();
  #published = 0;
  #onDelivery: () => void = () => {};

  constructor(
    port: number,
    workload: ChannelFanoutWorkload | ChannelIdleWorkload,
    dialect: ChannelDialectName,
  ) {
    this.#port = port;
    this.#dialect = channelDialects[dialect];
    const { perTick, bytes } = workload.type === 'channel-fanout' ? workload : { perTick: 1, bytes: 100 };
    this.#perTick = perTick;
    this.#body = 'the tide comes in and goes out again '.repeat(bytes / 37 + 1).slice(0, bytes - 20);
    const { ping } = this.#dialect;
    if (ping !== undefined) setInterval(() => this.#ping(ping), pingEveryMs).unref();
  }

  async open(count: number): Promise<void> {
    const { path, subprotocol } = this.#dialect;
    const options = {
      port: this.#port,
      deflate: false,
      path,
      ...(subprotocol !== undefined && { subprotocol }),
      firstIndex: this.#clients.length,
    };
    await openConnections(count, options, async (connection, index) => {
      const client = await ChannelClient.open(connection, {
        dialect: this.#dialect,
        body: Buffer.from(this.#body),
        isThorough: index % clientsPerThorough === 0,
      });
      client.onFailure = (error) => this.#outcome.fail(error);
      client.onDelivery = () => this.#onDelivery();
      this.#clients.push(client);
    });
  }

  async run(durationMs: number): Promise<LoadCount> {
    const ended = this.#outcome.next();
    const perRound = this.#perTick * this.#clients.length;
    let deliveries = 0;
    let missing = perRound;
    this.#onDelivery = () => {
      if (--missing > 0) return;
      deliveries += perRound;
      missing = perRound;
      if (performance.now() - start < durationMs) this.#publish(this.#perTick);
      else this.#outcome.succeed();
    };
    const bytesBefore = this.#bytesRead();
    const start = performance.now();
    this.#publish(this.#perTick);
    await ended;
    const elapsedMs = performance.now() - start;
    this.#checkCounts();
    return { messages: deliveries, elapsedMs, wireBytes: (this.#bytesRead() - bytesBefore) / deliveries };
  }

  /** `perSecond` publications, each delivered to every client: the time from when one was due to each delivery. */
  async latency(durationMs: number, perSecond: number): Promise<Latency> {
    const histogram = createHistogram();
    const ended = this.#outcome.next();
    const total = Math.max(1, Math.round((durationMs * perSecond) / 1000));
    const dueMs = (index: number) => start + (index * 1000) / perSecond;
    let missing = total * this.#clients.length;
    for (const client of this.#clients) {
      let index = 0;
      client.onDelivery = () => {
        histogram.record(Math.max(1, Math.round((performance.now() - dueMs(index++)) * 1e6)));
        if (--missing === 0) this.#outcome.succeed();
      };
    }
    const start = performance.now();
    for (let index = 0; index < total; index++) {
      const waitMs = dueMs(index) - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      this.#publish(1);
    }
    await ended;
    for (const client of this.#clients) client.onDelivery = () => this.#onDelivery();
    const percentile = (percent: number) => histogram.percentile(percent) / 1000;
    return { perSecond, p50Us: percentile(50), p99Us: percentile(99), p999Us: percentile(99.9) };
  }

  #publish(count: number): void {
    const texts = Array.from({ length: count }, () => {
      const n = ++this.#published;
      return this.#dialect.publish(`{"n":${n},"text":"${this.#body}"}`, n + 10);
    });
    this.#clients[0]!.send(...texts);
  }

  /** Every client must have received as much as any other. */
  #checkCounts(): void {
    const counts = new Set(this.#clients.map(({ received }) => received));
    if (counts.size > 1)
      throw new Error(`clients received ${[...counts].join(' and ')} of the same deliveries`);
  }

  #bytesRead(): number {
    return this.#clients.reduce((sum, { connection }) => sum + connection.socket.bytesRead, 0);
  }

  #ping(ping: string): void {
    for (const client of this.#clients) client.send(ping);
  }
}
