import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { TimerWheel, type WheelEntry } from '../../../src/websocket/connection/timer-wheel.ts';

const TICK_MS = 50;
let now = 0;
let tick: (() => void) | undefined;
let timersStarted = 0;

beforeEach(() => {
  now = 1_000_000;
  tick = undefined;
  timersStarted = 0;
  mock.method(performance, 'now', () => now);
  mock.method(globalThis, 'setInterval', (callback: () => void) => {
    timersStarted += 1;
    tick = callback;
    return { unref: () => undefined };
  });
  mock.method(globalThis, 'clearInterval', () => {
    tick = undefined;
  });
});

afterEach(() => mock.restoreAll());

/** Time goes by in steps of the wheel's own timer, or in one leap, as when a process was stopped. */
function pass(milliseconds: number, step = TICK_MS): void {
  const end = now + milliseconds;
  while (now < end) {
    now = Math.min(now + step, end);
    tick?.();
  }
}

class Entry implements WheelEntry {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  readonly metAt: number[] = [];
  onDeadline: () => void = () => undefined;
  receiveDeadline(): void {
    this.metAt.push(now);
    this.onDeadline();
  }
}

describe('the timer wheel', () => {
  for (const delay of [1, 49, 50, 51, 100, 1000, 5000, 20_000, 51_199, 51_200, 51_201, 60_000, 200_000]) {
    it(`meets a deadline of ${delay} ms, never early and two ticks late at most`, () => {
      const wheel = new TimerWheel();
      const entry = new Entry();
      wheel.schedule(entry, delay);
      const start = now;
      pass(delay - 1);
      assert.equal(entry.metAt.length, 0);
      pass(3 * TICK_MS);
      assert.equal(entry.metAt.length, 1);
      const waited = (entry.metAt.at(0) ?? 0) - start;
      assert.ok(waited >= delay && waited <= delay + 2 * TICK_MS, `it was met after ${waited} ms`);
    });
  }

  it('meets all deadlines of one tick, in whatever order they were set', () => {
    const wheel = new TimerWheel();
    const entries = Array.from({ length: 100 }, () => new Entry());
    for (const entry of entries) wheel.schedule(entry, 1000);
    pass(1200);
    for (const entry of entries) assert.equal(entry.metAt.length, 1);
  });

  it('forgets a deadline that is cancelled, wherever it stands in its slot', () => {
    for (const cancelled of [0, 1, 2]) {
      const wheel = new TimerWheel();
      const entries = [new Entry(), new Entry(), new Entry()];
      for (const entry of entries) wheel.schedule(entry, 500);
      wheel.cancel(entries[cancelled] as Entry);
      wheel.cancel(entries[cancelled] as Entry);
      pass(1000);
      for (const [index, entry] of entries.entries()) {
        assert.equal(entry.metAt.length, index === cancelled ? 0 : 1);
      }
    }
  });

  it('keeps one deadline for an entry: the last', () => {
    const wheel = new TimerWheel();
    const entry = new Entry();
    wheel.schedule(entry, 100);
    wheel.schedule(entry, 5000);
    pass(4000);
    assert.equal(entry.metAt.length, 0);
    pass(2000);
    assert.equal(entry.metAt.length, 1);
  });

  it('lets a deadline cancel or move another one of the same tick', () => {
    const wheel = new TimerWheel();
    const [first, second, third] = [new Entry(), new Entry(), new Entry()];
    for (const entry of [first, second, third]) {
      wheel.schedule(entry, 100);
      entry.onDeadline = () => {
        for (const other of [first, second, third]) {
          if (other !== entry && other.metAt.length === 0) wheel.schedule(other, 1000);
        }
      };
    }
    pass(300);
    assert.equal([first, second, third].filter((entry) => entry.metAt.length > 0).length, 1);
  });

  it('lets an entry set itself again, for ever', () => {
    const wheel = new TimerWheel();
    const entry = new Entry();
    entry.onDeadline = () => wheel.schedule(entry, 1000);
    wheel.schedule(entry, 1000);
    pass(60_000);
    assert.ok(entry.metAt.length >= 50 && entry.metAt.length <= 60, `it came ${entry.metAt.length} times`);
  });

  it('meets every deadline once after the process has slept', () => {
    const wheel = new TimerWheel();
    const entries = [10, 1000, 40_000, 60_000, 3_000_000].map((delay) => {
      const entry = new Entry();
      wheel.schedule(entry, delay);
      return entry;
    });
    pass(1_000_000, 1_000_000);
    assert.deepEqual(
      entries.map((entry) => entry.metAt.length),
      [1, 1, 1, 1, 0],
    );
    pass(2_100_000, 1_000);
    assert.equal(entries[4]?.metAt.length, 1);
  });

  it('runs one timer while there is a deadline, and none when there is not', () => {
    const wheel = new TimerWheel();
    assert.equal(timersStarted, 0);
    const entries = Array.from({ length: 10 }, () => new Entry());
    for (const entry of entries) wheel.schedule(entry, 1000);
    assert.equal(timersStarted, 1);
    for (const entry of entries) wheel.cancel(entry);
    assert.equal(tick, undefined);
    now += 500_000;
    wheel.schedule(entries[0] as Entry, 1000);
    pass(900);
    assert.equal(entries[0]?.metAt.length, 0);
    pass(300);
    assert.equal(entries[0]?.metAt.length, 1);
    assert.equal(tick, undefined);
  });
});
