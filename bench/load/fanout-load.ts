// Asks a server for ticks of broadcasts, one after the other, and counts what reaches every connection.
import { performance } from 'node:perf_hooks';
import { type FanoutWorkload, messagesOf } from '../workload.ts';
import { buildFrame, buildFrames } from './frames.ts';
import { InflateCheck } from './inflate-check.ts';
import { type Load, type LoadCount, Outcome } from './load.ts';
import { openConnections, type RawConnection } from './raw-connection.ts';
import { CompressedReplies, ExactReplies, RepeatedReply, type Replies } from './replies.ts';

const connectionsPerCheck = 50;
const tickRequest = buildFrame(0x1, Buffer.from('tick'), true);

export class FanoutLoad implements Load {
  readonly #port: number;
  readonly #workload: FanoutWorkload;
  readonly #expected: RepeatedReply;
  readonly #connections: RawConnection[] = [];
  readonly #checks: InflateCheck[] = [];
  #onDeliveries: (count: number) => void = () => {};
  #onFailure: (error: Error) => void = () => {};

  constructor(port: number, workload: FanoutWorkload) {
    this.#port = port;
    this.#workload = workload;
    this.#expected = new RepeatedReply(buildFrames(workload.message, { masked: false })[0]!);
  }

  async open(count: number): Promise<void> {
    const deflate = this.#workload.deflate ?? false;
    const options = { port: this.#port, deflate, firstIndex: this.#connections.length };
    for (const connection of await openConnections(count, options)) {
      const replies = this.#repliesOn(connection);
      this.#connections.push(connection);
      connection.onEnd = (reason) => this.#onFailure(new Error(reason));
      connection.onData = (chunk) => {
        try {
          this.#onDeliveries(replies.receive(chunk));
        } catch (error) {
          this.#onFailure(error as Error);
        }
      };
    }
  }

  async run(durationMs: number): Promise<LoadCount> {
    const outcome = new Outcome();
    const perTick = this.#workload.perTick * this.#connections.length;
    let deliveries = 0;
    let missing = perTick;
    this.#onFailure = outcome.fail;
    this.#onDeliveries = (count) => {
      missing -= count;
      if (missing > 0) return;
      if (missing < 0) outcome.fail(new Error('the server delivered a message more than once'));
      deliveries += perTick;
      missing = perTick;
      if (performance.now() - start < durationMs) this.#connections[0]!.socket.write(tickRequest);
      else outcome.succeed();
    };
    const bytesBefore = this.#bytesReceived();
    const start = performance.now();
    this.#connections[0]!.socket.write(tickRequest);
    await outcome.promise;
    const elapsedMs = performance.now() - start;
    for (const check of this.#checks) await check.settled();
    return { messages: deliveries, elapsedMs, wireBytes: (this.#bytesReceived() - bytesBefore) / deliveries };
  }

  #repliesOn(connection: RawConnection): Replies {
    const write = (bytes: Buffer) => void connection.socket.write(bytes);
    if (!this.#workload.deflate) return new ExactReplies(this.#expected, write);
    if (this.#connections.length % connectionsPerCheck !== 0) return new CompressedReplies(write);
    const check = new InflateCheck(messagesOf(this.#workload.message));
    this.#checks.push(check);
    return new CompressedReplies(write, (payload) => check.receive(payload));
  }

  #bytesReceived(): number {
    let bytes = 0;
    for (const connection of this.#connections) bytes += connection.socket.bytesRead;
    return bytes;
  }
}
