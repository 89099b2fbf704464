// Declares tests over a range of seeds. Ranges have files of their own, so that they can run side by side.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulate } from '../../src/testkit/index.ts';

const seedsInTest = 250;

export function describeSeeds(first: number, last: number): void {
  describe('simulator', () => {
    for (let from = first; from <= last; from += seedsInTest) {
      const to = Math.min(from + seedsInTest - 1, last);
      it(`seeds ${from} to ${to} keep every promise`, () => {
        for (let seed = from; seed <= to; seed++) {
          const { violations } = simulate({ seed });
          const told = violations.map(({ rule, message }) => `${rule}: ${message}`).join('\n');
          assert.equal(told, '', `npm run simulate -- --seed ${seed} --trace`);
        }
      });
    }
  });
}
