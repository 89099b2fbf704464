// Cuts an input into chunks. The cuts follow from the bytes, so that a file alone repeats a run.

import { SeededRandom } from '../../src/testkit/simulator/seeded-random.ts';

/** FNV-1a, 32 bits. */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Randomness that belongs to an input. */
export function randomOf(input: Uint8Array): SeededRandom {
  return new SeededRandom(hashOf(input));
}

/** Longer inputs are not cut byte by byte. */
const bytewiseBelow = 400;

/**
 * Chunks in memory of their own, at offsets that are no multiples of four now and then: byte by byte, in small pieces, or
 * in a few large ones.
 */
export function cutAtRandom(bytes: Uint8Array, random: SeededRandom): Uint8Array[] {
  const way = random.float();
  const isBytewise = way < 0.2 && bytes.length < bytewiseBelow;
  const longest = isBytewise ? 1 : way < 0.6 ? 20 : Math.max(1, bytes.length);
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = Math.min(random.integer(1, longest), bytes.length - at);
    chunks.push(copyOf(bytes.subarray(at, at + length), random.integer(0, 3)));
    at += length;
  }
  return chunks;
}

/** A copy that begins `offset` bytes into its memory. */
export function copyOf(bytes: Uint8Array, offset = 0): Uint8Array {
  const memory = new Uint8Array(offset + bytes.length);
  memory.set(bytes, offset);
  return memory.subarray(offset);
}
