import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dataCost, type PlainData } from '../../src/channel/index.ts';

describe('what plain data costs', () => {
  const cases: [string, PlainData, number][] = [
    ['null', null, 16],
    ['a number', 1e300, 16],
    ['an empty text', '', 16],
    ['a text', 'four', 20],
    ['bytes', new Uint8Array(100), 116],
    ['an empty list, which is not free', [], 64],
    ['a list of lists', [[], [[]]], 256],
    ['fields, with their names', { text: 'hi', mood: null }, 106],
    ['a field that is left out on the way', { gone: undefined } as unknown as PlainData, 84],
  ];
  for (const [name, data, cost] of cases) {
    it(`counts ${name}`, () => assert.equal(dataCost(data), cost));
  }
});
