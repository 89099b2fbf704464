// One part of a head (a name, a value, a target) that may be spread over several chunks, as text.

/** The text of the bytes from `start` to `end`, each byte one character. */
export type DecodeLatin1 = (bytes: Uint8Array, start: number, end: number) => string;

/** Few enough arguments for every engine's stack. */
const charactersAtOnce = 4096;

/** Decodes without help of the runtime, which has faster ways: give those to the parser where there are any. */
export const decodeLatin1: DecodeLatin1 = (bytes, start, end) => {
  let text = '';
  for (let from = start; from < end; from += charactersAtOnce) {
    const until = Math.min(from + charactersAtOnce, end);
    text += String.fromCharCode.apply(null, bytes.subarray(from, until) as unknown as number[]);
  }
  return text;
};

/** Copies a part only when its chunk ends before it does, into a buffer that doubles, so the copying stays linear. */
export class HeadPart {
  readonly #decode: DecodeLatin1;
  #kept = new Uint8Array(0);
  #length = 0;

  constructor(decode: DecodeLatin1) {
    this.#decode = decode;
  }

  /** The bytes of the part that earlier chunks held. */
  get length(): number {
    return this.#length;
  }

  /** Keeps the end of a chunk; the chunk may be reused afterwards. */
  keep(chunk: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#kept.length) {
      const larger = new Uint8Array(Math.max(64, needed, 2 * this.#kept.length));
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(chunk.subarray(start, end), this.#length);
    this.#length = needed;
  }

  /** The whole part, whose last bytes are these, and an empty part for what comes next. */
  take(chunk: Uint8Array, start: number, end: number): string {
    if (this.#length === 0) return this.#decode(chunk, start, end);
    this.keep(chunk, start, end);
    const text = this.#decode(this.#kept, 0, this.#length);
    this.#length = 0;
    return text;
  }
}
