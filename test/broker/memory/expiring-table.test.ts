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

  it('is full at its bound, and for each scope at its share, until something expires', () => {
    const table = new ExpiringTable<number>(20);
    const isFull = (...scopes: string[]): boolean[] => scopes.map((scope) => table.isFullFor(scope));
    const add = (scope: string, keys: number, now: number): void => {
      for (let key = 0; key < keys; key++) table.add(scope, `${key}`, { value: 1, now });
    };
    add('__proto__', 1, 0);
    assert.deepEqual(isFull('__proto__', 'a', ''), [false, false, false]);
    table.add('__proto__', 'last', { value: 1, now: 1 });
    assert.deepEqual(isFull('__proto__', 'a', ''), [true, false, false]);
    add('', 10, 2);
    assert.deepEqual(isFull('__proto__', 'a', ''), [true, false, true]);
    for (const scope of 'abcd') add(scope, 2, 3);
    assert.deepEqual(isFull('new'), [true]);
    table.expire(0);
    assert.deepEqual(isFull('new', '__proto__', ''), [false, false, true]);
  });

  it('a touch of what is not there does nothing', () => {
    const table = new ExpiringTable<number>(2);
    table.touch('s', 'k', 1);
    assert.equal(table.size, 0);
  });
});
