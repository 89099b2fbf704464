// Lends zlib contexts to connections while they are busy: a compressor takes 256 KiB, and an idle connection none.

import { timerWheel, type WheelEntry } from '../connection/timer-wheel.ts';
import { directZlib, isDirectZlibAvailable } from './direct-zlib.ts';
import { publicZlib } from './public-zlib.ts';
import { SpareInflates } from './spare-inflates.ts';
import type { DeflateContext, DeflateParameters, ZlibContexts } from './zlib-context.ts';

/** Compressors that keep a window for a connection, in the whole process; beyond, messages are compressed alone. */
const MAX_LENT_COMPRESSORS = 128;
/** A compressor that was not used for this long is taken back; a connection that sends so seldom gets none. */
const IDLE_MS = 2_000;

/** A connection that sends with context takeover. To be without a compressor costs it compression, and nothing else. */
export interface Borrower {
  compressor: DeflateContext | undefined;
  readonly parameters: DeflateParameters;
  /** When its last message was compressed alone, in milliseconds; `-Infinity` before the first. */
  aloneAt: number;
}

export class DeflatePool implements WheelEntry {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  readonly #zlib: ZlibContexts;
  readonly #now: () => number;
  /** Compressors for messages that stand alone: synchronous, so one of a kind is enough. */
  readonly #shared = new Map<DeflateParameters, DeflateContext>();
  readonly #parameters = new Map<number, DeflateParameters>();
  /** Who has borrowed, longest unused first, and when it was used last. */
  readonly #borrowers = new Map<Borrower, number>();
  readonly #inflates = new Map<string, SpareInflates>();

  constructor(
    zlib: ZlibContexts = isDirectZlibAvailable() ? directZlib : publicZlib,
    now: () => number = () => performance.now(),
  ) {
    this.#zlib = zlib;
    this.#now = now;
  }

  /** The one object for these parameters: what is the same for many connections is known by it. */
  parameters(parameters: DeflateParameters): DeflateParameters {
    const key = (parameters.windowBits << 8) | (parameters.level << 4) | parameters.memLevel;
    let known = this.#parameters.get(key);
    if (known === undefined) {
      known = Object.freeze({ ...parameters });
      this.#parameters.set(key, known);
    }
    return known;
  }

  /** Compresses a message that can be read without any other. */
  deflateAlone(payload: Uint8Array, parameters: DeflateParameters): Uint8Array {
    let context = this.#shared.get(parameters);
    if (context === undefined) {
      context = this.#zlib.createDeflate(parameters);
      this.#shared.set(parameters, context);
    }
    context.reset();
    return context.deflate(payload);
  }

  /** Compresses a message with the window of those that the borrower compressed before, if a compressor can be had. */
  deflateFor(borrower: Borrower, payload: Uint8Array): Uint8Array {
    const now = this.#now();
    borrower.compressor ??= this.#lend(borrower, now);
    if (borrower.compressor === undefined) {
      borrower.aloneAt = now;
      return this.deflateAlone(payload, borrower.parameters);
    }
    this.#borrowers.delete(borrower);
    this.#borrowers.set(borrower, now);
    return borrower.compressor.deflate(payload);
  }

  /** A compressor for a second message soon after the first, which has no window to refer to anyway. */
  #lend(borrower: Borrower, now: number): DeflateContext | undefined {
    if (now - borrower.aloneAt >= IDLE_MS || this.#borrowers.size >= MAX_LENT_COMPRESSORS) return undefined;
    if (this.#borrowers.size === 0) timerWheel.schedule(this, IDLE_MS);
    return this.#zlib.createDeflate(borrower.parameters);
  }

  /** Takes a compressor back, so that the borrower's next message begins with an empty window. */
  takeBack(borrower: Borrower): void {
    this.#borrowers.delete(borrower);
    borrower.compressor?.close();
    borrower.compressor = undefined;
  }

  /** The decompressors for these windows and messages. */
  inflates(windowBits: number, maxMessageBytes: number): SpareInflates {
    const key = `${windowBits}/${maxMessageBytes}`;
    let inflates = this.#inflates.get(key);
    if (inflates === undefined) {
      inflates = new SpareInflates(() => this.#zlib.createInflate(windowBits, maxMessageBytes));
      this.#inflates.set(key, inflates);
    }
    return inflates;
  }

  /** Takes back what was not used for a while. */
  receiveDeadline(): void {
    const now = this.#now();
    for (const [borrower, usedAt] of this.#borrowers) {
      if (now - usedAt < IDLE_MS) break;
      this.takeBack(borrower);
    }
    if (this.#borrowers.size > 0) timerWheel.schedule(this, IDLE_MS);
  }
}

let pool: DeflatePool | undefined;

/** The pool of this process, made when the first connection agrees to compression. */
export function deflatePool(): DeflatePool {
  pool ??= new DeflatePool();
  return pool;
}
