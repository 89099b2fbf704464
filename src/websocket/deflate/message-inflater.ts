// Inflates the messages of one connection, long ones in turns with everything else (RFC 7692, section 7.2.2).

import { ProtocolError } from '../../protocol/index.ts';
import type { DeflatePool } from './deflate-pool.ts';
import type { SpareInflates } from './spare-inflates.ts';
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

/** How many steps are made before other work has its turn: 1 MiB of output, or 64 KiB of input. */
const STEPS_AT_ONCE = 16;

/** What a turn came to: the whole message, the reason to fail the connection, or undefined when there is more to do. */
export type Inflated = Buffer | ProtocolError | undefined;

export class MessageInflater {
  private readonly inflates: SpareInflates;
  private readonly keepsWindow: boolean;
  private readonly maxMessageBytes: number;
  private context: InflateContext | undefined = undefined;
  /** What came out so far of a message that takes several steps. */
  private pieces: Buffer[] | undefined = undefined;
  private byteLength = 0;

  constructor({ pool, windowBits, keepsWindow, maxMessageBytes }: MessageInflaterOptions) {
    this.inflates = pool.inflates(windowBits, maxMessageBytes);
    this.keepsWindow = keepsWindow;
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * Begins a message, whose bytes must stay as they are until it is done, and makes the first turn. What is done at once
   * may lie in memory that the next message uses again.
   */
  begin(compressed: Uint8Array): Inflated {
    this.context ??= this.inflates.borrow();
    this.context.begin(compressed);
    this.pieces = undefined;
    this.byteLength = 0;
    return this.turn();
  }

  /** Makes one more turn. */
  turn(): Inflated {
    const { context, maxMessageBytes } = this;
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
      if (progress === 'too-costly') {
        return new ProtocolError(
          'MESSAGE_TOO_COSTLY',
          'a compressed message has more blocks with BFINAL set than are worth their cost (RFC 7692, section 7.2.3.4)',
        );
      }
      if (progress === 'done') {
        const view = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
        const message = this.pieces === undefined ? view : Buffer.concat([...this.pieces, view]);
        this.pieces = undefined;
        if (!this.keepsWindow) this.release();
        return message;
      }
      this.pieces ??= [];
      if (output.length > 0) this.pieces.push(Buffer.from(output));
    }
    return undefined;
  }

  /** Gives the decompressor back; a message that was begun is forgotten. */
  release(): void {
    const { context } = this;
    this.context = undefined;
    this.pieces = undefined;
    if (context !== undefined) this.inflates.giveBack(context);
  }
}
