// Holds the pieces of an unfinished message, at the cost of little more than their bytes.

/** The smallest block that small pieces are copied into. */
const SMALLEST_BLOCK_BYTES = 4 * 1024;
const LARGEST_BLOCK_BYTES = 64 * 1024;

/** Whether `used` bytes are worth keeping all of the `total` bytes of memory that they lie in. */
function fillsMemory(used: number, total: number): boolean {
  return used * 4 >= total * 3;
}

/**
 * Collects pieces and joins them once. A piece that makes up most of the memory it lies in is kept as it is; smaller
 * ones are copied into blocks that grow with the message, so that a message of tiny pieces never pins the chunks they
 * came in, and the memory held stays below 1.5 times the bytes received plus 4 KiB.
 */
export class FragmentBuffer {
  /** Bytes collected. */
  byteLength = 0;
  /** Memory held for them. */
  heldBytes = 0;
  readonly #parts: Uint8Array[] = [];
  #block: Uint8Array | undefined;
  #used = 0;

  append(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const length = end - start;
    if (length >= SMALLEST_BLOCK_BYTES && fillsMemory(length, bytes.buffer.byteLength)) {
      this.#closeBlock();
      this.#parts.push(bytes.subarray(start, end));
      this.heldBytes += bytes.buffer.byteLength;
    } else {
      this.#copy(bytes, start, end);
    }
    this.byteLength += length;
  }

  /** All bytes in one piece; the buffer is spent. */
  join(): Uint8Array {
    const [only] = this.#parts;
    if (only !== undefined && this.#parts.length === 1 && this.#used === 0) return only;
    const joined = new Uint8Array(this.byteLength);
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    if (this.#block !== undefined) joined.set(this.#block.subarray(0, this.#used), at);
    return joined;
  }

  #copy(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#block === undefined || this.#used === this.#block.length) this.#openBlock();
      const block = this.#block as Uint8Array;
      const length = Math.min(end - at, block.length - this.#used);
      block.set(bytes.subarray(at, at + length), this.#used);
      this.#used += length;
      at += length;
    }
  }

  #openBlock(): void {
    this.#closeBlock();
    const share = this.byteLength >> 3;
    this.#block = new Uint8Array(Math.min(Math.max(share, SMALLEST_BLOCK_BYTES), LARGEST_BLOCK_BYTES));
    this.heldBytes += this.#block.length;
    this.#used = 0;
  }

  /** Adds what the block holds to the parts. A block with little in it is copied from, and filled again. */
  #closeBlock(): void {
    const block = this.#block;
    if (block === undefined || this.#used === 0) return;
    const filled = block.subarray(0, this.#used);
    if (fillsMemory(this.#used, block.length)) {
      this.#parts.push(filled);
      this.#block = undefined;
    } else {
      this.#parts.push(new Uint8Array(filled));
      this.heldBytes += this.#used;
    }
    this.#used = 0;
  }
}
