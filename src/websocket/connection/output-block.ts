// The block of memory that small frames of all connections are written into, so that a frame costs no allocation.

const BLOCK_BYTES = 64 * 1024;

/**
 * A block is filled from the front. Connections hold ranges of it until they flush. When the last range is released and
 * no stream still needs the bytes, the block starts again from the front; otherwise it is left to the garbage collector
 * once it is full, and a new one takes its place.
 */
export class OutputBlock {
  static #current = new OutputBlock();

  readonly bytes: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  /** Where the next range begins. */
  end = 0;
  /** Counts the starts from the front: what was remembered of an earlier round is no longer there. */
  round = 0;
  #holders = 0;
  #isPinned = false;

  /** The block to write `size` bytes into, at its `end`. At most `BLOCK_BYTES` can be asked for. */
  static withRoom(size: number): OutputBlock {
    if (OutputBlock.#current.end + size > BLOCK_BYTES) OutputBlock.#current = new OutputBlock();
    return OutputBlock.#current;
  }

  hold(): void {
    this.#holders += 1;
  }

  /** Gives a range back; `isTaken` says that no stream needs its bytes any more. */
  release(isTaken: boolean): void {
    this.#holders -= 1;
    if (!isTaken) this.#isPinned = true;
    if (this.#holders === 0 && !this.#isPinned) {
      this.end = 0;
      this.round += 1;
    }
  }
}
