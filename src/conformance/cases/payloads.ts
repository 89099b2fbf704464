// Payloads the cases share: patterns that show a lost, doubled or swapped byte. Nobody may write to them.

import { expect, type Step } from '../script/steps.ts';

const alphabet = 'The quick brown fox jumps over the lazy dog; 0123456789. ';

/** ASCII text of this length whose period, 57, meets no power of two. */
export const patternOf = prefixesOf((length) => Buffer.alloc(length, alphabet));

/** Bytes that do not compress: a linear congruential sequence, the same in every run. */
export const noiseOf = prefixesOf((length) => {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
});

/** JSON like that of a ticker: what people really compress. */
export const jsonOf = prefixesOf((length) => {
  const rows: string[] = [];
  for (let index = 0, bytes = 0; bytes < length; index++) {
    const row = `{"id":${index},"symbol":"TIDE","price":${100 + ((index * 7919) % 997) / 10},"open":true},`;
    rows.push(row);
    bytes += row.length;
  }
  return Buffer.from(rows.join(''));
});

export const zerosOf = prefixesOf((length) => Buffer.alloc(length));

export const echoOf = (kind: 'text' | 'binary', data: Buffer): Step => expect[kind](data);

/** All lengths share one buffer, so that a thousand cases do not hold a thousand copies. */
function prefixesOf(make: (length: number) => Buffer): (length: number) => Buffer {
  let longest: Buffer = Buffer.alloc(0);
  return (length) => {
    if (length > longest.length) longest = make(length);
    return longest.subarray(0, length);
  };
}
