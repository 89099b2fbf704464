// Holds the pieces of an unfinished message, at the cost of little more than their bytes.

/** The smallest block that small pieces are copied into. */
const SMALLEST_BLOCK_BYTES = 4 * 1024;
const LARGEST_BLOCK_BYTES = 64 * 1024;

/** How pieces are kept. */
export interface Keeping {
  /** Whether a piece may be kept where it lies; otherwise its memory is used again, and it must be copied. */
  readonly ownsChunks: boolean;
  /** Gives memory. What it holds is overwritten before anyone reads it. */
  readonly allocate: (byteLength: number) => Uint8Array;
}

export const keepingDefaults: Keeping = Object.freeze({
  ownsChunks: true,
  allocate: (byteLength: number) => new Uint8Array(byteLength),
});

/** Whether `used` bytes are worth keeping all of the `total` bytes of memory that they lie in. */
function fillsMemory(used: number, total: number): boolean {
  return used * 4 >= total * 3;
}

/**
 * Collects pieces and joins them once. A piece that makes up most of the memory it lies in is kept as it is, if it may be;
 * others are copied into blocks that grow with the message, so that a message of tiny pieces never pins the chunks they
 * came in, and the memory held stays below 1.5 times the bytes received plus 4 KiB. Once half of what is known to come
 * has come, there is room for all of it: then up to twice the bytes received are held, and nothing is left to join.
 */
export class FragmentBuffer {
  /** Bytes collected. */
  byteLength = 0;
  /** Memory held for them. */
  heldBytes = 0;
  readonly #keeping: Keeping;
  #parts: Uint8Array[] = [];
  #block: Uint8Array | undefined;
  #used = 0;

  constructor(keeping: Keeping = keepingDefaults) {
    this.#keeping = keeping;
  }

  /** Adds `bytes[start, end)`; so many bytes are known to `follow` it. */
  append(bytes: Uint8Array, start: number, end: number, follow = 0): void {
    if (start === end) return;
    const length = end - start;
    if (
      this.#keeping.ownsChunks &&
      length >= SMALLEST_BLOCK_BYTES &&
      fillsMemory(length, bytes.buffer.byteLength) &&
      // Where there is room for it already, to keep its memory as well would be to hold it twice.
      this.room(length) === undefined
    ) {
      this.#closeBlock();
      this.#parts.push(bytes.subarray(start, end));
      this.byteLength += length;
      this.heldBytes += bytes.buffer.byteLength;
      return;
    }
    let at = start;
    while (at < end) {
      if (this.#block === undefined || this.#used === this.#block.length) this.#openBlock(end - at, follow);
      const block = this.#block as Uint8Array;
      const taken = Math.min(end - at, block.length - this.#used);
      const isInPlace =
        bytes.buffer === block.buffer && bytes.byteOffset + at === block.byteOffset + this.#used;
      if (!isInPlace) block.set(bytes.subarray(at, at + taken), this.#used);
      this.#used += taken;
      this.byteLength += taken;
      at += taken;
    }
  }

  /** Where the next `byteLength` bytes will be kept, if they fit behind what is there. */
  room(byteLength: number): Uint8Array | undefined {
    const block = this.#block;
    if (byteLength === 0 || block === undefined || block.length - this.#used < byteLength) return undefined;
    return block.subarray(this.#used, this.#used + byteLength);
  }

  /** All bytes in one piece; the buffer is spent. */
  join(): Uint8Array {
    this.#closeBlock();
    this.#block = undefined;
    const [first] = this.#parts;
    if (first !== undefined && this.#parts.length === 1) return first;
    return this.#joinInto(this.#keeping.allocate(this.byteLength));
  }

  /** Copies all closed parts to the front of the memory, and lets go of them. */
  #joinInto(memory: Uint8Array): Uint8Array {
    let at = 0;
    for (const part of this.#parts) {
      memory.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    return memory;
  }

  /** Makes room for at least a part of `left` bytes, behind which others `follow`. */
  #openBlock(left: number, follow: number): void {
    this.#closeBlock();
    const { allocate } = this.#keeping;
    const { byteLength } = this;
    const known = left + follow;
    // All that came before moves in as well, unless it is more than what comes: that would be done again and again.
    const isMoved = byteLength <= known;
    const held = (isMoved ? byteLength : this.heldBytes) + known;
    if (follow > 0 && held <= 2 * (byteLength + left)) {
      this.#block = allocate(isMoved ? byteLength + known : known);
      this.#used = isMoved ? byteLength : 0;
      if (isMoved) {
        this.#joinInto(this.#block);
        this.heldBytes = 0;
      }
      this.heldBytes += this.#block.length;
      return;
    }
    const share = Math.min(Math.max(byteLength >> 3, SMALLEST_BLOCK_BYTES), LARGEST_BLOCK_BYTES);
    this.#block = allocate(Math.max(share, left));
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
      const copy = this.#keeping.allocate(this.#used);
      copy.set(filled);
      this.#parts.push(copy);
      this.heldBytes += this.#used;
    }
    this.#used = 0;
  }
}
