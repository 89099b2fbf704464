// Plain data of every kind for property tests, and its likeness without prototypes.

import type { PlainData } from '../../../src/channel/index.ts';
import { fc } from '../../fast-check.ts';

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('__proto__', 'constructor', 't', ''),
);
const bytes = fc.uint8Array({ maxLength: 300 });

function value(leaf: fc.Arbitrary<PlainData>): fc.Arbitrary<PlainData> {
  return fc.letrec<{ value: PlainData }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 20 }),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 20 }).map((entries) => {
        const fields: Record<string, PlainData> = Object.create(null);
        for (const [key, each] of entries) fields[key] = each;
        return fields;
      }),
    ),
  })).value;
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary-ascii', maxLength: 70 }),
);

export const jsonValue: fc.Arbitrary<PlainData> = value(
  fc.oneof(fc.constant(null), fc.boolean(), number, text),
);
export const plainValue: fc.Arbitrary<PlainData> = value(
  fc.oneof(fc.constant(null), fc.boolean(), number, text, bytes),
);

/** For comparison: bytes as such, maps as lists of their entries, and −0 as 0, which JSON does not tell apart. */
export function likeness(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(likeness);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return { entries: Object.entries(value).map(([key, each]) => [key, likeness(each)]) };
}

/** Nothing in it has a prototype that a stranger's names could reach. */
export function hasPrototype(value: unknown): boolean {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== null) return true;
  return Object.values(value).some(hasPrototype);
}
