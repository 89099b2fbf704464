import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HubTimer } from '../../../src/server/hub/hub-timer.ts';
import { VirtualClock } from '../../../src/testkit/index.ts';

function setUp() {
  const clock = new VirtualClock();
  const delays: number[] = [];
  const setTimer = clock.setTimer.bind(clock);
  clock.setTimer = (callback, delayMs) => {
    delays.push(delayMs);
    return setTimer(callback, delayMs);
  };
  const passed: number[] = [];
  const hub = {
    due: undefined as number | undefined,
    nextTimeout: () => hub.due,
    handleTimeout: (now: number) => {
      passed.push(now);
      if (hub.due !== undefined && hub.due <= now) hub.due = undefined;
    },
  };
  return { clock, delays, hub, passed, timer: new HubTimer(hub, clock) };
}

describe('hub timer', () => {
  it('calls the hub when it asks to be called, and earlier when it changes its mind', () => {
    const { clock, delays, hub, passed, timer } = setUp();
    hub.due = 100;
    timer.arm();
    hub.due = 40;
    timer.arm();
    hub.due = 60;
    timer.arm();
    hub.due = 40;
    assert.deepEqual(delays, [100, 40], 'a timer that fires earlier looks again');
    clock.advance(39);
    assert.deepEqual(passed, []);
    clock.advance(1);
    assert.deepEqual(passed, [40]);
    clock.advance(1_000);
    assert.deepEqual(passed, [40], 'nothing is waited for');
  });

  it('waits longer than a timer can, without spinning', () => {
    const { clock, delays, hub, passed, timer } = setUp();
    hub.due = 2 ** 32;
    timer.arm();
    assert.deepEqual(delays, [2 ** 31 - 1]);
    clock.advance(2 ** 31 - 2);
    assert.deepEqual(passed, []);
    clock.advance(2 ** 32);
    assert.equal(passed.at(-1)! >= 2 ** 32, true);
    assert.ok(passed.length <= 3);
  });

  it('does nothing once it was stopped', () => {
    const { clock, hub, passed, timer } = setUp();
    hub.due = 10;
    timer.arm();
    timer.stop();
    timer.arm();
    clock.advance(100);
    assert.deepEqual(passed, []);
  });
});
