import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { steadyClock } from '../../src/client/steady-clock.ts';

/** A clock on two others that the test moves. */
function clock() {
  const time = { monotonic: 1_000, wall: 500_000 };
  return {
    time,
    now: steadyClock(
      () => time.monotonic,
      () => time.wall,
    ),
    pass(ms: number): void {
      time.monotonic += ms;
      time.wall += ms;
    },
  };
}

describe('steadyClock', () => {
  it('goes on as the monotonic clock does', () => {
    const { now, pass } = clock();
    const before = now();
    pass(750);
    assert.equal(now() - before, 750);
  });

  it('counts the time in which only the wall clock went on: the device was asleep', () => {
    const { now, time } = clock();
    const before = now();
    time.wall += 60_000;
    assert.equal(now() - before, 60_000);
    assert.equal(now() - before, 60_000, 'once');
  });

  it('never goes back when the wall clock is set back, and goes on from there', () => {
    const { now, pass, time } = clock();
    const before = now();
    time.wall -= 3_600_000;
    assert.equal(now() - before, 0);
    pass(500);
    assert.equal(now() - before, 500);
  });

  it('takes small corrections of the wall clock for what they are', () => {
    const { now, time } = clock();
    const before = now();
    time.wall += 900;
    assert.equal(now() - before, 0);
  });
});
