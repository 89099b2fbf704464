// What the deflate pipeline needs of zlib: compress and inflate short messages at once, keeping a window between them.

/** A raw DEFLATE compressor. */
export interface DeflateContext {
  /**
   * Compresses a message up to a flush, and leaves out the `00 00 ff ff` that ends it (RFC 7692, section 7.2.1). The bytes
   * lie in memory that the next call uses again.
   */
  deflate(payload: Uint8Array): Uint8Array;
  /** Forgets the window: the next message can be read without the ones before. */
  reset(): void;
  /** Frees the memory. */
  close(): void;
}

/**
 * How a step went. `'more'`: take `output`, which may be empty, and step again. `'too-big'`: the message exceeds the limit.
 * `'too-costly'`: it ends zlib's stream more often than `mostEnds` allows.
 */
export type InflateProgress = 'done' | 'more' | 'invalid' | 'too-big' | 'too-costly';

/** A raw DEFLATE decompressor. */
export interface InflateContext {
  /** What the last step brought out, in memory that the next step may use again. */
  readonly output: Uint8Array;
  /** Begins a message: all its bytes as they came, which must stay as they are until it is done. */
  begin(compressed: Uint8Array): void;
  step(): InflateProgress;
  /** Forgets the window, and a message that was begun. */
  reset(): void;
  close(): void;
}

/** What a step brings out at the most, where the interface of zlib allows to stop. */
export const STEP_BYTES = 64 * 1024;

/** What a step takes in at the most, there: blocks that say nothing can cost a microsecond for every 6 bytes. */
export const STEP_INPUT_BYTES = 4 * 1024;

/**
 * How many blocks of a message may have BFINAL set (RFC 7692, section 7.2.3.4): to begin a stream anew costs as much as to
 * inflate some KiB, and such a block has two bytes. A sender that cannot flush otherwise needs one, or one for each fragment.
 */
export function mostEnds(compressedBytes: number): number {
  return Math.min(8 + (compressedBytes >>> 10), 64);
}

export interface DeflateParameters {
  /** 8 to 15. */
  readonly windowBits: number;
  /** 1 (fastest) to 9. */
  readonly level: number;
  /** 1 to 9: memory for speed. */
  readonly memLevel: number;
}

/** Makes contexts; there is one for the direct interface of zlib and one for its public interface. */
export interface ZlibContexts {
  createDeflate(parameters: DeflateParameters): DeflateContext;
  /** `maxBytes`: no message can become longer. */
  createInflate(windowBits: number, maxBytes: number): InflateContext;
}

/** An empty message: a block with nothing in it, since zlib does not flush twice (RFC 7692, section 7.2.3.6). */
export const EMPTY_MESSAGE: Uint8Array = new Uint8Array([0x00]);

/** What section 7.2.2 has a receiver append: the end of the flush that the sender left out. */
export const FLUSH_TAIL: Uint8Array = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/**
 * zlib cannot compress with a raw window of 256 bytes and takes 512 instead; it never refers back further than
 * 512 − 262 = 250 bytes then, so that a receiver with 256 can read it.
 */
export function deflateWindowBits(agreed: number): number {
  return Math.max(agreed, 9);
}
