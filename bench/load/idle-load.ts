// Opens connections and leaves them alone, after one message each way if the workload wants that.
import type { IdleWorkload } from '../workload.ts';
import { buildFrames } from './frames.ts';
import type { Load } from './load.ts';
import { openConnections, type RawConnection } from './raw-connection.ts';
import { Verification } from './verification.ts';

/** Connections whose first message is under way at any time. */
const greetedAtOnce = 64;

export class IdleLoad implements Load {
  readonly #port: number;
  readonly #workload: IdleWorkload;
  readonly #greeting: Buffer;
  readonly #verification: Verification;
  #opened = 0;

  constructor(port: number, workload: IdleWorkload) {
    this.#port = port;
    this.#workload = workload;
    const { deflate = false, message = { bytes: 0, content: 'text' } } = workload;
    this.#greeting = buildFrames(message, { masked: true, deflate })[0]!;
    this.#verification = new Verification(message, { deflate });
  }

  async open(count: number): Promise<void> {
    const { deflate = false } = this.#workload;
    const options = { port: this.#port, deflate, firstIndex: this.#opened };
    this.#opened += count;
    if (this.#workload.message === undefined) {
      await openConnections(count, options, async (connection) => void this.#attend(connection));
      return;
    }
    const connections = await openConnections(count, options);
    for (let first = 0; first < connections.length; first += greetedAtOnce) {
      await Promise.all(
        connections.slice(first, first + greetedAtOnce).map((connection) => this.#greet(connection)),
      );
    }
  }

  /** Sends one message, and resolves when its echo has come. */
  #greet(connection: RawConnection): Promise<void> {
    connection.socket.write(this.#greeting);
    return this.#attend(connection);
  }

  /**
   * Answers Pings, so that keepalive finds the connection alive; ends this process if the server closes it. Resolves at
   * the first message.
   */
  #attend(connection: RawConnection): Promise<void> {
    const replies = this.#verification.repliesOn(connection);
    connection.onEnd = (reason) => {
      throw new Error(`an idle connection ended: ${reason}`);
    };
    return new Promise((resolve) => {
      connection.onData = (chunk) => {
        if (replies.receive(chunk) > 0) resolve();
      };
    });
  }
}
