// Alters inputs: bytes, stretches and known words, without knowing what they mean.

import type { SeededRandom } from '../../src/testkit/simulator/seeded-random.ts';

export const maxInputBytes = 16 * 1024;

/** Values at which lengths and bits turn over. */
const edges = [0x00, 0x01, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x89, 0xc0, 0xed, 0xf4, 0xfe, 0xff];

export interface MutationSources {
  /** Words of the target. */
  readonly words: readonly Uint8Array[];
  /** Another input, to take a stretch from. */
  readonly other: Uint8Array;
}

/** One to five changes. */
export function mutate(input: Uint8Array, random: SeededRandom, sources: MutationSources): Uint8Array {
  let bytes = input;
  for (let changes = random.integer(1, 5); changes > 0; changes -= 1)
    bytes = changeOnce(bytes, random, sources);
  return bytes.length > maxInputBytes ? bytes.slice(0, maxInputBytes) : bytes;
}

function changeOnce(bytes: Uint8Array, random: SeededRandom, { words, other }: MutationSources): Uint8Array {
  const at = random.integer(0, bytes.length);
  const end = Math.min(bytes.length, at + random.integer(1, random.chance(0.8) ? 8 : 200));
  switch (random.integer(0, 9)) {
    case 0:
      return alter(bytes, at, (byte) => byte ^ (1 << random.integer(0, 7)));
    case 1:
      return alter(bytes, at, () => random.integer(0, 255));
    case 2:
      return alter(bytes, at, () => random.pick(edges));
    case 3:
      return alter(bytes, at, (byte) => byte + random.pick([-1, 1]));
    case 4:
      return splice(bytes, at, end, new Uint8Array(0));
    case 5:
      return splice(bytes, at, at, bytes.subarray(at, end));
    case 6:
      return splice(
        bytes,
        at,
        at,
        Uint8Array.from({ length: random.integer(1, 8) }, () => random.pick(edges)),
      );
    case 7: {
      const from = random.integer(0, other.length);
      return splice(bytes, at, end, other.subarray(from, from + random.integer(1, 60)));
    }
    case 8:
      return words.length === 0 ? bytes : splice(bytes, at, at, random.pick(words));
    default:
      return words.length === 0 ? bytes : splice(bytes, at, end, random.pick(words));
  }
}

function alter(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  if (at >= bytes.length) return bytes;
  const altered = bytes.slice();
  altered[at] = change(bytes[at] as number);
  return altered;
}

function splice(bytes: Uint8Array, start: number, end: number, middle: Uint8Array): Uint8Array {
  const altered = new Uint8Array(start + middle.length + bytes.length - end);
  altered.set(bytes.subarray(0, start));
  altered.set(middle, start);
  altered.set(bytes.subarray(end), start + middle.length);
  return altered;
}
