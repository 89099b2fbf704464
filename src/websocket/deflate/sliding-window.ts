// The last bytes of a text, as many as a DEFLATE window holds.

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
    const ring = this.#ring;
    if (ring === undefined) return Buffer.alloc(0);
    if (this.#length < this.#size) return Buffer.from(ring.subarray(0, this.#length));
    return Buffer.concat([ring.subarray(this.#at), ring.subarray(0, this.#at)]);
  }

  clear(): void {
    this.#at = 0;
    this.#length = 0;
  }
}
