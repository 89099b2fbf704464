// Sends messages to an echo server: so many in flight on each connection, or so many a second.
import { createHistogram, performance } from 'node:perf_hooks';
import { type EchoWorkload, messagesOf } from '../workload.ts';
import { buildFrames } from './frames.ts';
import { InflateCheck } from './inflate-check.ts';
import { type Latency, type Load, type LoadCount, Outcome } from './load.ts';
import { openConnections, type RawConnection } from './raw-connection.ts';
import { CompressedReplies, ExactReplies, RepeatedReply, type Replies } from './replies.ts';

/** Inflating everything would make the load slower than what it measures: every 50th connection is verified. */
const connectionsPerCheck = 50;

export class EchoLoad implements Load {
  readonly #port: number;
  readonly #workload: EchoWorkload;
  /** What a connection sends in one write, and after the last of these the first again. */
  readonly #batches: readonly Buffer[];
  readonly #expected: RepeatedReply;
  /** True when an echo comes back as it was sent, masked: from a bare socket. */
  readonly #echoers: Echoer[] = [];
  readonly #checks: InflateCheck[] = [];
  #failure: Error | undefined;

  constructor(port: number, workload: EchoWorkload, options: { mirrored: boolean }) {
    this.#port = port;
    this.#workload = workload;
    const deflate = workload.deflate ?? false;
    this.#batches = batchesOf(buildFrames(workload.message, { masked: true, deflate }), workload.depth);
    this.#expected = new RepeatedReply(buildFrames(workload.message, { masked: options.mirrored })[0]!);
  }

  async open(count: number): Promise<void> {
    const deflate = this.#workload.deflate ?? false;
    const options = { port: this.#port, deflate, firstIndex: this.#echoers.length };
    for (const connection of await openConnections(count, options)) {
      this.#echoers.push(new Echoer(connection, this.#batches, this.#repliesOn(connection)));
    }
  }

  async run(durationMs: number): Promise<LoadCount> {
    const { depth } = this.#workload;
    const outcome = this.#begin();
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
        else if (--unfinished === 0) outcome.succeed();
      };
    }
    const bytesBefore = this.#bytesReceived();
    const start = performance.now();
    for (const echoer of this.#echoers) echoer.send();
    setTimeout(() => {
      open = false;
    }, durationMs);
    await outcome.promise;
    const elapsedMs = performance.now() - start;
    for (const check of this.#checks) await check.settled();
    const messages = batches * depth;
    return { messages, elapsedMs, wireBytes: (this.#bytesReceived() - bytesBefore) / messages };
  }

  async latency(durationMs: number, perSecond: number): Promise<Latency> {
    const histogram = createHistogram();
    const outcome = this.#begin();
    const total = Math.round((durationMs * perSecond) / 1000);
    let answered = 0;
    for (const echoer of this.#echoers) {
      echoer.onReplies = (replies) => {
        const now = performance.now();
        for (; replies > 0; replies--)
          histogram.record(Math.max(1, Math.round((now - echoer.due.shift()!) * 1e6)));
        answered = histogram.count;
        if (answered === total) outcome.succeed();
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
    await outcome.promise;
    const percentile = (percent: number) => histogram.percentile(percent) / 1000;
    return { perSecond, p50Us: percentile(50), p99Us: percentile(99), p999Us: percentile(99.9) };
  }

  #begin(): Outcome {
    const outcome = new Outcome();
    if (this.#failure !== undefined) outcome.fail(this.#failure);
    for (const echoer of this.#echoers) {
      echoer.onFailure = (error) => {
        this.#failure = error;
        outcome.fail(error);
      };
    }
    return outcome;
  }

  #repliesOn(connection: RawConnection): Replies {
    const write = (bytes: Buffer) => void connection.socket.write(bytes);
    if (!this.#workload.deflate) return new ExactReplies(this.#expected, write);
    if (this.#echoers.length % connectionsPerCheck !== 0) return new CompressedReplies(write);
    const check = new InflateCheck(messagesOf(this.#workload.message));
    this.#checks.push(check);
    return new CompressedReplies(write, (payload) => check.receive(payload));
  }

  #bytesReceived(): number {
    let bytes = 0;
    for (const echoer of this.#echoers) bytes += echoer.connection.socket.bytesRead;
    return bytes;
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
