// Contexts on the public interface of zlib: a new stream for each message, with the window handed on.

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { SlidingWindow, STORED_HEADER_BYTES } from './sliding-window.ts';
import {
  type DeflateContext,
  type DeflateParameters,
  deflateWindowBits,
  EMPTY_MESSAGE,
  FLUSH_TAIL,
  type InflateContext,
  type InflateProgress,
  mostEnds,
  type ZlibContexts,
} from './zlib-context.ts';

const { Z_SYNC_FLUSH } = constants;
const NOTHING = new Uint8Array(0);

class PublicDeflate implements DeflateContext {
  readonly #parameters: DeflateParameters;
  readonly #window: SlidingWindow;

  constructor(parameters: DeflateParameters) {
    this.#parameters = { ...parameters, windowBits: deflateWindowBits(parameters.windowBits) };
    this.#window = new SlidingWindow(this.#parameters.windowBits);
  }

  deflate(payload: Uint8Array): Uint8Array {
    if (payload.length === 0) return EMPTY_MESSAGE;
    const compressed = deflateRawSync(payload, {
      ...this.#parameters,
      ...dictionaryOf(this.#window),
      finishFlush: Z_SYNC_FLUSH,
    });
    this.#window.push(payload, 0, payload.length);
    return compressed.subarray(0, compressed.length - FLUSH_TAIL.length);
  }

  reset(): void {
    this.#window.clear();
  }

  close(): void {
    this.#window.clear();
  }
}

class PublicInflate implements InflateContext {
  output: Uint8Array = NOTHING;
  readonly #windowBits: number;
  readonly #maxBytes: number;
  readonly #window: SlidingWindow;
  #compressed: Uint8Array = NOTHING;

  constructor(windowBits: number, maxBytes: number) {
    this.#windowBits = windowBits;
    this.#maxBytes = maxBytes;
    this.#window = new SlidingWindow(windowBits);
  }

  begin(compressed: Uint8Array): void {
    this.#compressed = compressed;
  }

  /** Everything in one step: the public interface has no smaller one. */
  step(): InflateProgress {
    let rest: Uint8Array = Buffer.concat([this.#compressed, FLUSH_TAIL]);
    const pieces: Uint8Array[] = [];
    let roomLeft = this.#maxBytes;
    let endsLeft = mostEnds(this.#compressed.length);
    try {
      // 7.2.3.4: a block with BFINAL set ends zlib's stream, but not the message: go on with the same window.
      while (rest.length > 0) {
        const { inflated, consumed } = this.#inflate(rest, roomLeft);
        pieces.push(inflated);
        roomLeft -= inflated.length;
        this.#window.push(inflated, 0, inflated.length);
        rest = rest.subarray(consumed);
        if (rest.length > 0 && endsLeft === 0) return 'too-costly';
        endsLeft -= 1;
      }
    } catch (error) {
      return isTooLarge(error) ? 'too-big' : 'invalid';
    }
    this.output = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    return 'done';
  }

  reset(): void {
    this.#window.clear();
    this.#compressed = NOTHING;
    this.output = NOTHING;
  }

  close(): void {
    this.reset();
  }

  #inflate(compressed: Uint8Array, maxBytes: number): { inflated: Buffer; consumed: number } {
    const before = this.#window.storedBlock();
    const windowBytes = Math.max(0, before.length - STORED_HEADER_BYTES);
    // With `info`, Node answers with the stream beside the bytes; its types do not say so.
    const { buffer, engine } = inflateRawSync(Buffer.concat([before, compressed]), {
      windowBits: this.#windowBits,
      finishFlush: Z_SYNC_FLUSH,
      maxOutputLength: windowBytes + Math.max(maxBytes, 1),
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return { inflated: buffer.subarray(windowBytes), consumed: engine.bytesWritten - before.length };
  }
}

function dictionaryOf(window: SlidingWindow): { dictionary?: Buffer } {
  const bytes = window.bytes();
  return bytes.length === 0 ? {} : { dictionary: bytes };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

export const publicZlib: ZlibContexts = {
  createDeflate: (parameters) => new PublicDeflate(parameters),
  createInflate: (windowBits, maxBytes) => new PublicInflate(windowBits, maxBytes),
};
