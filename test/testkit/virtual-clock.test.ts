import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../src/testkit/index.ts';
import { fc } from '../fast-check.ts';

describe('virtual clock', () => {
  it('fires what falls due in order of time, then of setting, and nothing that was cancelled', () => {
    const timers = fc.array(fc.record({ delayMs: fc.nat(50), isCancelled: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(timers, fc.nat(60), (all, until) => {
        const clock = new VirtualClock();
        const fired: number[] = [];
        const cancels = all.map(({ delayMs }, index) =>
          clock.setTimer(() => {
            assert.equal(clock.now(), delayMs);
            fired.push(index);
          }, delayMs),
        );
        all.forEach(({ isCancelled }, index) => {
          if (isCancelled) cancels[index]!();
        });
        clock.advance(until);
        const due = all
          .map((timer, index) => ({ ...timer, index }))
          .filter(({ delayMs, isCancelled }) => !isCancelled && delayMs <= until)
          .sort((a, b) => a.delayMs - b.delayMs || a.index - b.index);
        assert.deepEqual(
          fired,
          due.map(({ index }) => index),
        );
        assert.equal(clock.now(), until);
        assert.equal(clock.pendingTimers, all.filter(({ isCancelled }) => !isCancelled).length - due.length);
      }),
    );
  });

  it('fires what a timer sets, when it falls within the same advance', () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    const again = () => {
      at.push(clock.now());
      clock.setTimer(again, 10);
    };
    clock.setTimer(again, 10);
    clock.advance(35);
    assert.deepEqual(at, [10, 20, 30]);
  });

  it('lets promises settle between timers when asked to', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    clock.setTimer(() => void Promise.resolve().then(() => log.push('promise')), 1);
    clock.setTimer(() => log.push('second'), 2);
    await clock.advanceAsync(5);
    assert.deepEqual(log, ['promise', 'second']);
  });

  it('moves its wall time alone', () => {
    const clock = new VirtualClock({ now: 5, wallTime: 1_000 });
    clock.jumpWallTime(-400);
    clock.advance(10);
    assert.deepEqual([clock.now(), clock.wallTime()], [15, 610]);
  });

  it('cancelling twice, or after it fired, does nothing', () => {
    const clock = new VirtualClock();
    const cancel = clock.setTimer(() => {}, 1);
    clock.advance(1);
    cancel();
    cancel();
    assert.equal(clock.pendingTimers, 0);
  });
});
