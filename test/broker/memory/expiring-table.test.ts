import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExpiringTable } from '../../../src/broker/memory/expiring-table.ts';

describe('expiring table', () => {
  it('tells apart pairs whose texts run together', () => {
    const table = new ExpiringTable<number>(10);
    table.add('a', 'bc', { value: 1, now: 0 });
    table.add('ab', 'c', { value: 2, now: 0 });
    table.add('', 'abc', { value: 3, now: 0 });
    assert.deepEqual(
      [table.get('a', 'bc'), table.get('ab', 'c'), table.get('', 'abc'), table.get('abc', '')],
      [1, 2, 3, undefined],
    );
  });

  it('forgets the longest untouched, and all of a scope with its last row', () => {
    const table = new ExpiringTable<number>(10);
    for (const [now, key] of ['a', 'b', 'c'].entries()) table.add('s', key, { value: now, now });
    table.touch('s', 'a', 5);
    table.expire(1);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => table.get('s', key)),
      [0, undefined, 2],
    );
    table.expire(5);
    assert.equal(table.size, 0);
    table.add('s', 'b', { value: 7, now: 6 });
    assert.equal(table.get('s', 'b'), 7);
  });

  it('is full at its bound, until something expires', () => {
    const table = new ExpiringTable<number>(2);
    table.add('__proto__', 'x', { value: 1, now: 0 });
    assert.equal(table.isFull, false);
    table.add('__proto__', 'y', { value: 2, now: 1 });
    assert.equal(table.isFull, true);
    table.expire(0);
    assert.equal(table.isFull, false);
  });

  it('a touch of what is not there does nothing', () => {
    const table = new ExpiringTable<number>(2);
    table.touch('s', 'k', 1);
    assert.equal(table.size, 0);
  });
});
