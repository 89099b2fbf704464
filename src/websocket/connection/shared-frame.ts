// A frame whose bytes many connections send: copied into the output block once a tick, and shared from there.

import type { OutputBlock } from './output-block.ts';

export class SharedFrame {
  /** The whole frame, unmasked. */
  readonly bytes: Uint8Array;
  #block: OutputBlock | undefined;
  #round = 0;
  #start = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The offset of the frame in `block`, copying it there if it is not. The block must have room for it. */
  placeIn(block: OutputBlock): number {
    if (this.#block !== block || this.#round !== block.round) {
      this.#block = block;
      this.#round = block.round;
      this.#start = block.end;
      block.bytes.set(this.bytes, block.end);
      block.end += this.bytes.length;
    }
    return this.#start;
  }
}
