// Decides how the replies on each connection of a load are verified, and sums up what came in.
import { type MessageShape, messagesOf } from '../workload.ts';
import { buildFrames } from './frames.ts';
import { InflateCheck } from './inflate-check.ts';
import type { RawConnection } from './raw-connection.ts';
import { CompressedReplies, ExactReplies, RepeatedReply, type Replies } from './replies.ts';

/** Inflating everything would cost the load more than the server: every 50th connection is verified by content. */
const connectionsPerCheck = 50;

export class Verification {
  readonly #message: MessageShape;
  /** What every reply must be; undefined where it is compressed, and cannot be foretold. */
  readonly #expected: RepeatedReply | undefined;
  readonly #connections: RawConnection[] = [];
  readonly #checks: InflateCheck[] = [];

  /** `mirrored`: replies are what was sent, masked, from a server that does not look at it. */
  constructor(
    message: MessageShape,
    { deflate, mirrored = false }: { deflate: boolean; mirrored?: boolean },
  ) {
    this.#message = message;
    this.#expected = deflate ? undefined : new RepeatedReply(buildFrames(message, { masked: mirrored })[0]!);
  }

  /** What takes the replies on one more connection, from its first message on. */
  repliesOn(connection: RawConnection): Replies {
    const write = (bytes: Buffer) => void connection.socket.write(bytes);
    const index = this.#connections.push(connection) - 1;
    if (this.#expected !== undefined) return new ExactReplies(this.#expected, write);
    if (index % connectionsPerCheck !== 0) return new CompressedReplies(write);
    const check = new InflateCheck(messagesOf(this.#message));
    this.#checks.push(check);
    return new CompressedReplies(write, (payload) => check.receive(payload));
  }

  /** Resolves when all that came in is verified; rejects when some of it was not what it should be. */
  async settled(): Promise<void> {
    for (const check of this.#checks) await check.settled();
  }

  /** Bytes received on all connections, handshakes included. */
  get bytesReceived(): number {
    let bytes = 0;
    for (const { socket } of this.#connections) bytes += socket.bytesRead;
    return bytes;
  }
}
