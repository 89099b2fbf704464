// Asks a server for ticks of broadcasts, one after the other, and counts what reaches every connection.
import { performance } from 'node:perf_hooks';
import type { FanoutWorkload } from '../workload.ts';
import { buildFrame } from './frames.ts';
import { type Load, type LoadCount, Outcome } from './load.ts';
import { openConnections, type RawConnection } from './raw-connection.ts';
import { Verification } from './verification.ts';

const tickRequest = buildFrame(0x1, Buffer.from('tick'), true);

export class FanoutLoad implements Load {
  readonly #port: number;
  readonly #workload: FanoutWorkload;
  readonly #verification: Verification;
  readonly #connections: RawConnection[] = [];
  readonly #outcome = new Outcome();
  #onDeliveries: (count: number) => void = () => {};

  constructor(port: number, workload: FanoutWorkload) {
    this.#port = port;
    this.#workload = workload;
    this.#verification = new Verification(workload.message, { deflate: workload.deflate ?? false });
  }

  async open(count: number): Promise<void> {
    const deflate = this.#workload.deflate ?? false;
    const options = { port: this.#port, deflate, firstIndex: this.#connections.length };
    // At once, because from now on each must answer Pings.
    await openConnections(count, options, async (connection) => {
      const replies = this.#verification.repliesOn(connection);
      this.#connections.push(connection);
      connection.onEnd = (reason) => this.#outcome.fail(new Error(reason));
      connection.onData = (chunk) => {
        try {
          this.#onDeliveries(replies.receive(chunk));
        } catch (error) {
          this.#outcome.fail(error as Error);
        }
      };
    });
  }

  async run(durationMs: number): Promise<LoadCount> {
    const ended = this.#outcome.next();
    const perTick = this.#workload.perTick * this.#connections.length;
    let deliveries = 0;
    let missing = perTick;
    this.#onDeliveries = (count) => {
      missing -= count;
      if (missing > 0) return;
      if (missing < 0) this.#outcome.fail(new Error('the server delivered a message more than once'));
      deliveries += perTick;
      missing = perTick;
      if (performance.now() - start < durationMs) this.#connections[0]!.socket.write(tickRequest);
      else this.#outcome.succeed();
    };
    const bytesBefore = this.#verification.bytesReceived;
    const start = performance.now();
    this.#connections[0]!.socket.write(tickRequest);
    await ended;
    const elapsedMs = performance.now() - start;
    await this.#verification.settled();
    return {
      messages: deliveries,
      elapsedMs,
      wireBytes: (this.#verification.bytesReceived - bytesBefore) / deliveries,
    };
  }
}
