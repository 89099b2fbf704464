import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RestartPolicy } from '../../../src/cli/workers/restart-policy.ts';

describe('RestartPolicy', () => {
  it('waits twice as long after each end, and gives up after the last restart it may make', () => {
    const policy = new RestartPolicy({ maxRestarts: 3, windowMs: 1_000, firstDelayMs: 100 });
    const delays = [0, 10, 20, 30].map((now) => policy.delayAfterEnd(now));
    assert.deepEqual(delays, [100, 200, 400, undefined]);
  });

  it('forgets an end when the window is over', () => {
    const policy = new RestartPolicy({ maxRestarts: 1, windowMs: 1_000, firstDelayMs: 100 });
    assert.equal(policy.delayAfterEnd(0), 100);
    assert.equal(policy.delayAfterEnd(1_000), 100);
    assert.equal(policy.delayAfterEnd(1_999), undefined);
  });

  it('by default restarts five times in a minute', () => {
    const policy = new RestartPolicy();
    const delays = [1, 2, 3, 4, 5, 6].map((second) => policy.delayAfterEnd(second * 1_000));
    assert.deepEqual(delays, [100, 200, 400, 800, 1_600, undefined]);
  });
});
