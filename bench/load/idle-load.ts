// Opens connections and leaves them alone, after one message each way if the workload wants that.
import type { IdleWorkload } from '../workload.ts';
import { buildFrames } from './frames.ts';
import type { Load } from './load.ts';
import { openConnections, type RawConnection } from './raw-connection.ts';
import { CompressedReplies, ExactReplies, RepeatedReply, type Replies } from './replies.ts';

/** Connections whose first message is under way at any time. */
const greetedAtOnce = 64;

export class IdleLoad implements Load {
  readonly #port: number;
  readonly #workload: IdleWorkload;
  readonly #greeting: Buffer;
  readonly #expected: RepeatedReply;
  #opened = 0;

  constructor(port: number, workload: IdleWorkload) {
    this.#port = port;
    this.#workload = workload;
    const { deflate = false, message = { bytes: 0, content: 'text' } } = workload;
    this.#greeting = buildFrames(message, { masked: true, deflate })[0]!;
    this.#expected = new RepeatedReply(buildFrames(message, { masked: false })[0]!);
  }

  async open(count: number): Promise<void> {
    const { deflate = false } = this.#workload;
    const connections = await openConnections(count, { port: this.#port, deflate, firstIndex: this.#opened });
    this.#opened += count;
    for (const connection of connections) this.#attend(connection);
    if (this.#workload.message === undefined) return;
    for (let first = 0; first < connections.length; first += greetedAtOnce) {
      await Promise.all(
        connections.slice(first, first + greetedAtOnce).map((connection) => this.#greet(connection)),
      );
    }
  }

  /** Sends one message, and resolves when its echo has come. */
  #greet(connection: RawConnection): Promise<void> {
    connection.socket.write(this.#greeting);
    return new Promise((resolve) => this.#attend(connection, resolve));
  }

  /** Answers Pings, so that keepalive finds the connection alive; ends this process if the server closes it. */
  #attend(connection: RawConnection, onMessage: () => void = () => {}): void {
    const replies = this.#repliesOn(connection);
    connection.onEnd = (reason) => {
      throw new Error(`an idle connection ended: ${reason}`);
    };
    connection.onData = (chunk) => {
      if (replies.receive(chunk) > 0) onMessage();
    };
  }

  #repliesOn(connection: RawConnection): Replies {
    const write = (bytes: Buffer) => void connection.socket.write(bytes);
    return this.#workload.deflate ? new CompressedReplies(write) : new ExactReplies(this.#expected, write);
  }
}
