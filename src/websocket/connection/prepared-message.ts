// A message that is serialised once and sent to many connections.

import { FIN, Opcode, serializeFrame } from '../../protocol/index.ts';
import { type BinaryData, bytesOf } from './message-data.ts';
import type { OutputBlock } from './output-block.ts';

/** Made by `prepare`; send it with `connection.send`. It can be sent any number of times. */
export class PreparedMessage {
  /** The message as one unmasked frame. */
  readonly frame: Uint8Array;
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Where the frame was last copied to: connections that are sent it in one tick share these bytes. */
  #block: OutputBlock | undefined;
  #round = 0;
  #start = 0;

  constructor(data: string | BinaryData) {
    const isText = typeof data === 'string';
    this.opcode = isText ? Opcode.Text : Opcode.Binary;
    const payload = isText ? Buffer.from(data) : bytesOf(data);
    this.frame = serializeFrame(FIN | this.opcode, payload);
    this.payload = this.frame.subarray(this.frame.length - payload.length);
  }

  /** The offset of the frame in `block`, copying it there if it is not. The block must have room for it. */
  placeIn(block: OutputBlock): number {
    if (this.#block !== block || this.#round !== block.round) {
      this.#block = block;
      this.#round = block.round;
      this.#start = block.end;
      block.bytes.set(this.frame, block.end);
      block.end += this.frame.length;
    }
    return this.#start;
  }
}

/** Serialises a message once, to be sent to many: its bytes are copied, so that the caller may change them afterwards. */
export function prepare(data: string | BinaryData): PreparedMessage {
  return new PreparedMessage(data);
}
