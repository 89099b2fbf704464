// Plain data at random, and whether something is plain data.

import { maxPacketDepth } from '../../../src/session/fixed-limits.ts';
import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';
import { promise } from '../fuzz-target.ts';

const oddNames = ['__proto__', 'constructor', 'toString', 't', 'id', '', '\ud83d\ude00', 'x'.repeat(40)];
const oddTexts = ['', 'a', 'é', '𝄞', '\ufeff', '\0', 'x'.repeat(31), 'x'.repeat(32), 'ж'.repeat(130)];
const oddNumbers = [
  0,
  1,
  -1,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  -32,
  -33,
  -128,
  -129,
  -32_768,
  -32_769,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2 ** 53,
  0.5,
  1e300,
  5e-324,
  -0,
];

export interface PlainDataOptions {
  readonly depth: number;
  /** Byte strings, which JSON has not. */
  readonly withBytes?: boolean;
}

export function anyPlainData(random: SeededRandom, { depth, withBytes = false }: PlainDataOptions): unknown {
  const kind = random.integer(0, depth <= 0 ? 5 : 8);
  const inner = { depth: depth - 1, withBytes };
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(oddNumbers);
    case 3:
      return random.integer(-1_000, 1_000_000);
    case 4:
      return random.pick(oddTexts);
    case 5:
      return withBytes
        ? Uint8Array.from({ length: random.integer(0, 40) }, () => random.integer(0, 255))
        : 'text';
    case 6:
    case 7:
      return Array.from({ length: random.integer(0, random.chance(0.1) ? 20 : 4) }, () =>
        anyPlainData(random, inner),
      );
    default: {
      const fields: Record<string, unknown> = Object.create(null);
      for (let count = random.integer(0, random.chance(0.1) ? 20 : 4); count > 0; count -= 1) {
        const name = random.chance(0.5) ? random.pick(oddNames) : `f${count}`;
        fields[name] = anyPlainData(random, inner);
      }
      return fields;
    }
  }
}

/** No prototypes, finite numbers, no deeper than a packet may be. */
export function promisePlainData(value: unknown, depth = 1): void {
  if (typeof value === 'number') promise(Number.isFinite(value), `the number ${value}`);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  promise(depth <= maxPacketDepth, `data nested ${depth} deep`);
  if (Array.isArray(value)) {
    for (const item of value) promisePlainData(item, depth + 1);
    return;
  }
  promise(Object.getPrototypeOf(value) === null, 'a map with a prototype');
  for (const [name, field] of Object.entries(value)) {
    promise(typeof name === 'string', 'a name that is no text');
    promisePlainData(field, depth + 1);
  }
}
