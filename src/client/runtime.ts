// What the client needs of the world around it: time, randomness, and signs that a page has woken up.

import { steadyClock } from './steady-clock.ts';
import { onWakeSign } from './wake-signs.ts';

export interface Runtime {
  /** Milliseconds from any beginning. Never goes back, and counts the time a device was asleep. */
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Calls back once. Returns what cancels it. */
  setTimer(afterMs: number, callback: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
  /** 128 bits from a cryptographic source, in at most 43 characters. */
  randomId(): string;
  /** Calls back when the page became visible, or the network returned; and before the page may go. Returns what ends it. */
  onSign(handler: { onWake(): void; onHide(): void; onShow(): void }): () => void;
}

/** The longest time that a timer of JavaScript can wait. */
export const longestMs = 2 ** 31 - 1;

export const globalRuntime: Runtime = {
  now: steadyClock(() => performance.now(), Date.now),
  wallTime: Date.now,
  setTimer(afterMs, callback) {
    const timer = setTimeout(callback, Math.min(afterMs, longestMs));
    return () => clearTimeout(timer);
  },
  random: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
  randomId: () => crypto.getRandomValues(new Uint32Array(4)).join('-'),
  onSign: onWakeSign,
};
