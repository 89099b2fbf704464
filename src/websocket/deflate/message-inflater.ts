// Inflates the messages of one connection, long ones in turns with everything else (RFC 7692, section 7.2.2).

import { ProtocolError } from '../../protocol/index.ts';
import type { DeflatePool } from './deflate-pool.ts';
import type { InflateContext } from './zlib-context.ts';

export interface MessageInflaterOptions {
  readonly pool: DeflatePool;
  /** Of the peer's compressor. */
  readonly windowBits: number;
  /** Whether a message may refer to those before it. */
  readonly keepsWindow: boolean;
  /** Enforced while inflating: nothing beyond it is ever held. */
  readonly maxMessageBytes: number;
}

/** How many steps are made before other work has its turn: 1 MiB of output. */
const STEPS_AT_ONCE = 16;

/** What a turn came to: the whole message, the reason to fail the connection, or undefined when there is more to do. */
export type Inflated = Buffer | ProtocolError | undefined;

export class MessageInflater {
  private readonly options: MessageInflaterOptions;
  private context: InflateContext | undefined = undefined;
  private pieces: Buffer[] = [];
  private byteLength = 0;

  constructor(options: MessageInflaterOptions) {
    this.options = options;
  }

  /**
   * Begins a message, whose bytes must stay as they are until it is done, and makes the first turn. What is done at once
   * may lie in memory that the next message uses again.
   */
  begin(compressed: Uint8Array): Inflated {
    const { pool, windowBits, maxMessageBytes } = this.options;
    this.context ??= pool.borrowInflate(windowBits, maxMessageBytes);
    this.context.begin(compressed);
    this.pieces = [];
    this.byteLength = 0;
    return this.turn();
  }

  /** Makes one more turn. */
  turn(): Inflated {
    const { context, pieces } = this;
    const { maxMessageBytes, keepsWindow } = this.options;
    if (context === undefined) return undefined;
    for (let steps = 0; steps < STEPS_AT_ONCE; steps += 1) {
      const progress = context.step();
      const { output } = context;
      this.byteLength += output.length;
      if (progress === 'too-big' || this.byteLength > maxMessageBytes) {
        return new ProtocolError(
          'MESSAGE_TOO_BIG',
          `the message inflates to more than maxMessageBytes (${maxMessageBytes})`,
        );
      }
      if (progress === 'invalid') {
        return new ProtocolError(
          'INVALID_DEFLATE',
          'a compressed message is damaged (RFC 7692, section 7.2.2)',
        );
      }
      if (progress === 'done') {
        const view = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
        const message = pieces.length === 0 ? view : Buffer.concat([...pieces, view]);
        this.pieces = [];
        if (!keepsWindow) this.release();
        return message;
      }
      pieces.push(Buffer.from(output));
    }
    return undefined;
  }

  /** Gives the decompressor back; a message that was begun is forgotten. */
  release(): void {
    const { context } = this;
    const { pool, windowBits, maxMessageBytes } = this.options;
    this.context = undefined;
    this.pieces = [];
    if (context !== undefined) pool.returnInflate(context, windowBits, maxMessageBytes);
  }
}
