// Contexts on the interface behind Node's zlib streams, which compresses a short message at once in a fifth of the time
// that a new stream takes. It is not public: this file alone uses it, and `isDirectZlibAvailable` tries it out first.

import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { SlidingWindow } from './sliding-window.ts';
import {
  type DeflateContext,
  type DeflateParameters,
  deflateWindowBits,
  EMPTY_MESSAGE,
  FLUSH_TAIL,
  type InflateContext,
  type InflateProgress,
  mostEnds,
  STEP_BYTES,
  STEP_INPUT_BYTES,
  type ZlibContexts,
} from './zlib-context.ts';

const { Z_SYNC_FLUSH } = constants;

/** The native object of a zlib stream. */
interface ZlibHandle {
  /** Arguments: flush, input, its offset and length, output, its offset and length. */
  writeSync(...args: [number, Uint8Array, number, number, Uint8Array, number, number]): void;
  reset(): void;
  onerror: (message: string, errno: number, code: string) => void;
}

/** A zlib stream, with what is behind it. */
interface DirectStream {
  readonly _handle: ZlibHandle;
  /** After a write: the room left in the output, and what is left of the input. */
  readonly _writeState: Uint32Array;
  close(): void;
}

/** Where compressed messages are put; grows to the longest. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

class DirectDeflate implements DeflateContext {
  readonly #stream: DirectStream;

  constructor({ windowBits, level, memLevel }: DeflateParameters) {
    const options = { windowBits: deflateWindowBits(windowBits), level, memLevel };
    this.#stream = createDeflateRaw(options) as unknown as DirectStream;
  }

  deflate(payload: Uint8Array): Uint8Array {
    if (payload.length === 0) return EMPTY_MESSAGE;
    const { _handle: handle, _writeState: state } = this.#stream;
    let consumed = 0;
    let produced = 0;
    for (;;) {
      const room = scratch.length - produced;
      const left = payload.length - consumed;
      handle.writeSync(Z_SYNC_FLUSH, payload, consumed, left, scratch, produced, room);
      const roomLeft = state[0] as number;
      produced += room - roomLeft;
      consumed += left - (state[1] as number);
      if (roomLeft > 0) return scratch.subarray(0, produced - FLUSH_TAIL.length);
      const larger = Buffer.allocUnsafeSlow(scratch.length * 2);
      larger.set(scratch);
      scratch = larger;
    }
  }

  reset(): void {
    this.#stream._handle.reset();
  }

  close(): void {
    this.#stream.close();
  }
}

/** Where inflated bytes are put. */
const inflated = Buffer.allocUnsafeSlow(STEP_BYTES);
/** Short messages are put here with the flush behind them, so that one call inflates both. */
const joined = Buffer.allocUnsafeSlow(STEP_INPUT_BYTES);
/** Where a window goes that is read again, and of no further use. */
const discarded = Buffer.allocUnsafeSlow(32 * 1024);
const NOTHING = new Uint8Array(0);

class DirectInflate implements InflateContext {
  output: Uint8Array = NOTHING;
  readonly #windowBits: number;
  readonly #window: SlidingWindow;
  #stream: DirectStream;
  #input: Uint8Array = NOTHING;
  #inputEnd = 0;
  #at = 0;
  #isTail = false;
  #isInvalid = false;
  /** A block with BFINAL set was seen in this message. */
  #hasEnded = false;
  /** How many more of them there may be. */
  #endsLeft = 0;

  constructor(windowBits: number) {
    this.#windowBits = windowBits;
    this.#window = new SlidingWindow(windowBits);
    this.#stream = this.#open();
  }

  begin(compressed: Uint8Array): void {
    const { length } = compressed;
    this.#at = 0;
    this.#endsLeft = mostEnds(length);
    this.#isTail = length + FLUSH_TAIL.length <= joined.length;
    if (this.#isTail) {
      joined.set(compressed);
      joined.set(FLUSH_TAIL, length);
      this.#input = joined;
      this.#inputEnd = length + FLUSH_TAIL.length;
    } else {
      this.#input = compressed;
      this.#inputEnd = length;
    }
  }

  step(): InflateProgress {
    let produced = 0;
    for (;;) {
      const { _handle: handle, _writeState: state } = this.#stream;
      const given = Math.min(this.#inputEnd - this.#at, STEP_INPUT_BYTES);
      handle.writeSync(Z_SYNC_FLUSH, this.#input, this.#at, given, inflated, produced, STEP_BYTES - produced);
      if (this.#isInvalid) return 'invalid';
      const roomLeft = state[0] as number;
      const inputLeft = state[1] as number;
      this.#at += given - inputLeft;
      this.#window.push(inflated, produced, STEP_BYTES - roomLeft);
      produced = STEP_BYTES - roomLeft;
      if (roomLeft === 0) {
        if (this.#input === joined) this.#keepInput();
        return this.#finish(produced, 'more');
      }
      if (inputLeft > 0) {
        // 7.2.3.4: a block with BFINAL set ends zlib's stream, but not the message: go on with the same window.
        if (this.#endsLeft === 0) return 'too-costly';
        this.#endsLeft -= 1;
        this.#hasEnded = true;
        this.#restart();
      } else if (this.#at < this.#inputEnd) {
        return this.#finish(produced, 'more');
      } else if (this.#isTail) {
        if (this.#hasEnded) this.#restart();
        this.#hasEnded = false;
        this.#input = NOTHING;
        return this.#finish(produced, 'done');
      } else {
        this.#isTail = true;
        this.#input = FLUSH_TAIL;
        this.#inputEnd = FLUSH_TAIL.length;
        this.#at = 0;
      }
    }
  }

  reset(): void {
    this.#window.clear();
    this.#hasEnded = false;
    this.#input = NOTHING;
    this.output = NOTHING;
    if (this.#isInvalid) {
      this.#stream.close();
      this.#stream = this.#open();
    } else {
      this.#stream._handle.reset();
    }
  }

  close(): void {
    this.#stream.close();
  }

  #finish(produced: number, progress: InflateProgress): InflateProgress {
    this.output = inflated.subarray(0, produced);
    return progress;
  }

  /** Other messages will be put where this one lies before its next step. */
  #keepInput(): void {
    this.#input = new Uint8Array(joined.subarray(this.#at, this.#inputEnd));
    this.#inputEnd -= this.#at;
    this.#at = 0;
  }

  /** Of a stream that was ended within a message, the window goes on. */
  #restart(): void {
    const { _handle: handle } = this.#stream;
    handle.reset();
    const block = this.#window.storedBlock();
    if (block.length === 0) return;
    handle.writeSync(Z_SYNC_FLUSH, block, 0, block.length, discarded, 0, discarded.length);
  }

  #open(): DirectStream {
    const stream = createInflateRaw({ windowBits: this.#windowBits }) as unknown as DirectStream;
    this.#isInvalid = false;
    stream._handle.onerror = () => {
      this.#isInvalid = true;
    };
    return stream;
  }
}

export const directZlib: ZlibContexts = {
  createDeflate: (parameters) => new DirectDeflate(parameters),
  createInflate: (windowBits) => new DirectInflate(windowBits),
};

/** Whether this runtime has the interface, and it does what is expected of it: tried once, when it is first needed. */
export function isDirectZlibAvailable(): boolean {
  try {
    const deflate = new DirectDeflate({ windowBits: 15, level: 1, memLevel: 8 });
    const inflate = new DirectInflate(15);
    const text = Buffer.from('tidewire tidewire tidewire');
    let works = true;
    for (let round = 0; round < 2; round += 1) {
      inflate.begin(Buffer.from(deflate.deflate(text)));
      works &&= inflate.step() === 'done' && Buffer.compare(inflate.output, text) === 0;
    }
    deflate.close();
    inflate.close();
    return works;
  } catch {
    // Whatever is missing or different: the public interface does the same, only slower.
    return false;
  }
}
