import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  comparePositions,
  equalPositions,
  isEpoch,
  isOffset,
  type Position,
  parsePosition,
  serializePosition,
  unstoredPosition,
} from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';

const position: fc.Arbitrary<Position> = fc.record(
  {
    epoch: fc.string({ unit: fc.constantFrom(...'azAZ09-_'), minLength: 1, maxLength: 32 }),
    offset: fc.maxSafeNat(),
  },
  { noNullPrototype: true },
);

describe('position', () => {
  it('comes back from its text', () => {
    fc.assert(
      fc.property(position, (each) => assert.deepEqual(parsePosition(serializePosition(each)), each)),
    );
  });

  it('has one text: whatever parses is what it would be written as', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'e9-/0123456789.+ x') }),
      position
        .map(serializePosition)
        .chain((each) => fc.constantFrom(each, ` ${each}`, `${each}0`, each.replace('/', '/0'))),
    );
    fc.assert(
      fc.property(text, (each) => {
        const parsed = parsePosition(each);
        if (parsed !== undefined) assert.equal(serializePosition(parsed), each);
      }),
    );
  });

  const refused = [
    '',
    '/',
    'e',
    'e/',
    '/1',
    'e/-1',
    'e/-0',
    'e/1.0',
    'e/1e3',
    'e/0x1',
    'e/01',
    'e/ 1',
    'e/1/2',
    'e:1',
  ];
  for (const text of [
    ...refused,
    'e/9007199254740992',
    'é/1',
    `${'e'.repeat(33)}/1`,
    `e/${'1'.repeat(1000)}`,
  ]) {
    it(`is not ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(parsePosition(text), undefined));
  }

  it('orders positions of one epoch, and none of two', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const sameEpoch = { ...b, epoch: a.epoch };
        assert.equal(Math.sign(comparePositions(a, sameEpoch)!), Math.sign(a.offset - b.offset));
        assert.equal(equalPositions(a, sameEpoch), a.offset === b.offset);
        assert.equal(comparePositions(a, { ...b, epoch: `${a.epoch}x` }), undefined);
        assert.equal(equalPositions(a, { ...a, epoch: `${a.epoch}x` }), false);
      }),
    );
  });

  it('takes as offset only whole numbers that are exact', () => {
    for (const value of [0, 1, 2 ** 53 - 1]) assert.equal(isOffset(value), true);
    for (const value of [-1, -0, 0.5, 2 ** 53, Number.NaN, Infinity, '1', null, undefined, 1n, [1]]) {
      assert.equal(isOffset(value), false);
    }
  });

  it('of a channel that stores nothing is a position like any other', () => {
    assert.ok(isEpoch(unstoredPosition.epoch) && isOffset(unstoredPosition.offset));
  });
});
