// Payloads the cases share: patterns that show a lost, doubled or swapped byte.

import { expect, type Step } from '../script/steps.ts';

const alphabet = 'The quick brown fox jumps over the lazy dog; 0123456789. ';

/** ASCII text of this length whose period, 57, meets no power of two. */
export function patternOf(length: number): Buffer {
  return Buffer.alloc(length, alphabet);
}

/** Bytes that do not compress: a linear congruential sequence from a seed, the same in every run. */
export function noiseOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

/** JSON like that of a ticker: what people really compress. */
export function jsonOf(length: number): Buffer {
  const rows: string[] = [];
  for (let index = 0, bytes = 0; bytes < length; index++) {
    const row = `{"id":${index},"symbol":"TIDE","price":${100 + ((index * 7919) % 997) / 10},"open":true},`;
    rows.push(row);
    bytes += row.length;
  }
  return Buffer.from(rows.join('')).subarray(0, length);
}

export const echoOf = (kind: 'text' | 'binary', data: Buffer): Step => expect[kind](data);
