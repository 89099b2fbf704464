// The last bytes of a text, as many as a DEFLATE window holds.

/** A byte with BFINAL = 0 and BTYPE = 00, the length, and its complement. */
export const STORED_HEADER_BYTES = 5;

export class SlidingWindow {
  readonly #size: number;
  #ring: Buffer | undefined;
  /** Where the next byte goes, and how many there have been, up to the size. */
  #at = 0;
  #length = 0;

  constructor(windowBits: number) {
    this.#size = 2 ** windowBits;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.#ring ??= Buffer.allocUnsafeSlow(this.#size);
    let from = Math.max(start, end - this.#size);
    while (from < end) {
      const length = Math.min(end - from, this.#size - this.#at);
      this.#ring.set(bytes.subarray(from, from + length), this.#at);
      this.#at = (this.#at + length) % this.#size;
      this.#length = Math.min(this.#length + length, this.#size);
      from += length;
    }
  }

  /** The bytes in order, in memory of their own. */
  bytes(): Buffer {
    return Buffer.concat(this.#parts());
  }

  /**
   * The bytes as a DEFLATE block without compression (RFC 1951, section 3.2.4): a new decompressor that reads it first has
   * this window. (zlib's own means for that is a dictionary, which Node keeps for after a reset, and Deno overlooks.)
   */
  storedBlock(): Buffer {
    const length = this.#length;
    if (length === 0) return Buffer.alloc(0);
    const header = Buffer.alloc(STORED_HEADER_BYTES);
    header.writeUInt16LE(length, 1);
    header.writeUInt16LE(~length & 0xffff, 3);
    return Buffer.concat([header, ...this.#parts()]);
  }

  #parts(): Buffer[] {
    const ring = this.#ring;
    if (ring === undefined) return [];
    if (this.#length < this.#size) return [ring.subarray(0, this.#length)];
    return [ring.subarray(this.#at), ring.subarray(0, this.#at)];
  }

  clear(): void {
    this.#at = 0;
    this.#length = 0;
  }
}
