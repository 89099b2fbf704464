import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedHandshakes } from '../../../src/websocket/server/failed-handshakes.ts';

const open = (maxFailedHandshakesPerMinute: number, maxHandshakes = 1000) =>
  new FailedHandshakes({ maxFailedHandshakesPerMinute, maxHandshakes, maxHandshakesPerAddress: 16 });

/** The answers of so many failures at once. */
const fail = (failures: FailedHandshakes, address: string, times: number, now = 0): boolean[] =>
  Array.from({ length: times }, () => failures.fail(address, now));

describe('an address whose handshakes fail', () => {
  it('waits for its answers when it failed too often', () => {
    assert.deepEqual(fail(open(2), 'a', 4), [false, false, true, true]);
  });

  it('is forgiven with time', () => {
    const failures = open(60);
    fail(failures, 'a', 60);
    assert.equal(failures.fail('a', 999), true);
    assert.equal(failures.fail('a', 1000), false);
  });

  it('is no other address', () => {
    const failures = open(1);
    assert.deepEqual(fail(failures, 'a', 2), [false, true]);
    assert.deepEqual(fail(failures, 'b', 2), [false, true]);
    assert.deepEqual(fail(failures, '2001:db8::1', 2), [false, true]);
    assert.deepEqual(fail(failures, '2001:db8::2', 1), [true]);
  });

  it('is not asked any more when its answers held back take half of its places', () => {
    const failures = open(1);
    fail(failures, 'a', 8);
    assert.equal(failures.isBlocked('a'), false);
    fail(failures, 'a', 1);
    assert.equal(failures.isBlocked('a'), true);
    assert.equal(failures.isBlocked('b'), false);
    assert.equal(failures.fail('a', 0), false, 'what is over is answered at once');
    failures.release('a');
    assert.equal(failures.isBlocked('a'), false);
  });

  it('does not fill all the places for handshakes, with however many others', () => {
    const failures = open(1, 20);
    const held = Array.from({ length: 20 }, (_, index) => fail(failures, `10.0.0.${index}`, 2)[1]);
    assert.equal(held.filter((isHeld) => isHeld).length, 10);
    failures.release('10.0.0.0');
    assert.equal(failures.fail('10.0.0.19', 0), true, 'a place that was left is free');
  });

  it('is remembered with 10 000 others: the one that failed longest ago is forgotten', () => {
    const failures = open(1);
    for (const address of ['first', 'second', 'first']) failures.fail(address, 0);
    for (let index = 0; index < 9_999; index += 1) failures.fail(`10.0.${index >> 8}.${index & 255}`, 0);
    assert.equal(failures.fail('first', 0), true);
    assert.equal(failures.fail('second', 0), false, 'as an address that has not failed before');
  });
});
