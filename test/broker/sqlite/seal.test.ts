import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cell } from '../../../src/broker/sqlite/driver.ts';
import { checkSeal, DamageError, sealOf } from '../../../src/broker/sqlite/seal.ts';

const row: readonly Cell[] = [1, 'text', null, 1.5, new Uint8Array([1, 2, 3]), 'more'];

describe('seal of a row', () => {
  it('fits the row that it was made of', () => checkSeal('a row', sealOf(...row), ...row));

  const alterations: [string, readonly Cell[]][] = [
    ['a number', [2, ...row.slice(1)]],
    ['a letter', [1, 'texT', ...row.slice(2)]],
    ['a bit of the bytes', [...row.slice(0, 4), new Uint8Array([1, 2, 2]), 'more']],
    ['what stands behind the bytes', [...row.slice(0, 5), 'less']],
    ['where one cell ends and the next begins', ['1t', 'ext', ...row.slice(2)]],
    ['an empty text for nothing', [1, 'text', '', ...row.slice(3)]],
    ['a cell too few', row.slice(0, 5)],
  ];
  for (const [what, altered] of alterations) {
    it(`does not fit after ${what} was altered`, () =>
      assert.throws(() => checkSeal('a row', sealOf(...row), ...altered), DamageError));
  }
});
