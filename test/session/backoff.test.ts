import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff, backoffDefaults, closeVerdict } from '../../src/session/index.ts';
import { fc } from '../fast-check.ts';

describe('backoff', () => {
  it('waits any time up to a bound that doubles to the maximum, and never less than the minimum', () => {
    const random = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(random, (numbers) => {
        const { baseMs, maxMs, minMs } = backoffDefaults;
        let index = 0;
        const backoff = new Backoff(() => numbers[index]!);
        for (; index < numbers.length; index++) {
          const bound = Math.min(maxMs, baseMs * 2 ** index);
          const wait = backoff.next();
          assert.equal(wait, Math.max(minMs, Math.floor(numbers[index]! * bound)));
        }
        backoff.reset();
        index = 0;
        assert.ok(backoff.next() <= baseMs);
      }),
    );
  });
});

describe('close verdict', () => {
  const table: [string, number[]][] = [
    ['backoff', [1001, 1005, 1006, 1011, 1012, 1013, 4000, 4001, 4002, 4199, 3000, 0]],
    ['credentials', [4200, 4299]],
    ['elsewhere', [4300, 4399]],
    ['stop', [1000, 1002, 1003, 1007, 1008, 1009, 1010, 4400, 4401, 4403, 4408, 4409, 4429, 4499]],
  ];
  for (const [verdict, codes] of table) {
    it(`${verdict}: ${codes.join(', ')} (PROTOCOL.md, section 12)`, () => {
      for (const code of codes) assert.equal(closeVerdict(code), verdict, String(code));
    });
  }
});
