// Sends messages to an echo server: so many in flight on each connection, or so many a second.
import { createHistogram, performance } from 'node:perf_hooks';
import type { EchoWorkload } from '../workload.ts';
import { buildFrames } from './frames.ts';
import { type Latency, type Load, type LoadCount, Outcome } from './load.ts';
import { openConnections, type RawConnection } from './raw-connection.ts';
import type { Replies } from './replies.ts';
import { Verification } from './verification.ts';

export class EchoLoad implements Load {
  readonly #port: number;
  readonly #workload: EchoWorkload;
  /** What a connection sends in one write, and after the last of these the first again. */
  readonly #batches: readonly Buffer[];
  readonly #verification: Verification;
  readonly #echoers: Echoer[] = [];
  readonly #outcome = new Outcome();

  /** `mirrored`: see `Verification`. */
  constructor(port: number, workload: EchoWorkload, options: { mirrored: boolean }) {
    this.#port = port;
    this.#workload = workload;
    const deflate = workload.deflate ?? false;
    this.#batches = batchesOf(buildFrames(workload.message, { masked: true, deflate }), workload.depth);
    this.#verification = new Verification(workload.message, { deflate, ...options });
  }

  async open(count: number): Promise<void> {
    const deflate = this.#workload.deflate ?? false;
    const options = { port: this.#port, deflate, firstIndex: this.#echoers.length };
    // At once, because from now on each must answer Pings.
    await openConnections(count, options, async (connection) => {
      const echoer = new Echoer(connection, this.#batches, this.#verification.repliesOn(connection));
      echoer.onFailure = (error) => this.#outcome.fail(error);
      this.#echoers.push(echoer);
    });
  }

  async run(durationMs: number): Promise<LoadCount> {
    const { depth } = this.#workload;
    const ended = this.#outcome.next();
    let open = true;
    let batches = 0;
    let unfinished = this.#echoers.length;
    for (const echoer of this.#echoers) {
      let missing = depth;
      echoer.onReplies = (replies) => {
        missing -= replies;
        if (missing > 0) return;
        batches++;
        missing = depth;
        if (open) echoer.send();
        else if (--unfinished === 0) this.#outcome.succeed();
      };
    }
    const bytesBefore = this.#verification.bytesReceived;
    const start = performance.now();
    for (const echoer of this.#echoers) echoer.send();
    setTimeout(() => {
      open = false;
    }, durationMs);
    await ended;
    const elapsedMs = performance.now() - start;
    await this.#verification.settled();
    const messages = batches * depth;
    return { messages, elapsedMs, wireBytes: (this.#verification.bytesReceived - bytesBefore) / messages };
  }

  async latency(durationMs: number, perSecond: number): Promise<Latency> {
    const histogram = createHistogram();
    const ended = this.#outcome.next();
    const total = Math.round((durationMs * perSecond) / 1000);
    for (const echoer of this.#echoers) {
      echoer.onReplies = (replies) => {
        const now = performance.now();
        for (; replies > 0; replies--)
          histogram.record(Math.max(1, Math.round((now - echoer.due.shift()!) * 1e6)));
        if (histogram.count === total) this.#outcome.succeed();
      };
    }
    const start = performance.now();
    let sent = 0;
    const sendWhatIsDue = () => {
      const dueNow = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000));
      for (; sent < dueNow; sent++) {
        const echoer = this.#echoers[sent % this.#echoers.length]!;
        // Measured from when it should have left, so that a stall counts for every message it holds up.
        echoer.due.push(start + (sent * 1000) / perSecond);
        echoer.send();
      }
      if (sent < total) setImmediate(sendWhatIsDue);
    };
    sendWhatIsDue();
    await ended;
    const percentile = (percent: number) => histogram.percentile(percent) / 1000;
    return { perSecond, p50Us: percentile(50), p99Us: percentile(99), p999Us: percentile(99.9) };
  }
}

/** One connection that sends, and counts what comes back. */
class Echoer {
  readonly connection: RawConnection;
  /** When each unanswered message should have left, for latency. */
  readonly due: number[] = [];
  onReplies: (replies: number) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  readonly #batches: readonly Buffer[];
  #next = 0;

  constructor(connection: RawConnection, batches: readonly Buffer[], replies: Replies) {
    this.connection = connection;
    this.#batches = batches;
    connection.onEnd = (reason) => this.onFailure(new Error(reason));
    connection.onData = (chunk) => {
      try {
        const count = replies.receive(chunk);
        if (count > 0) this.onReplies(count);
      } catch (error) {
        this.onFailure(error as Error);
      }
    };
  }

  send(): void {
    this.connection.socket.write(this.#batches[this.#next]!);
    this.#next = (this.#next + 1) % this.#batches.length;
  }
}

/** Joins frames, in turn, into batches of `depth`. */
function batchesOf(frames: readonly Buffer[], depth: number): Buffer[] {
  return frames.map((_, batch) =>
    Buffer.concat(
      Array.from({ length: depth }, (_, index) => frames[(batch * depth + index) % frames.length]!),
    ),
  );
}
