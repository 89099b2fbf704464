import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fullJitterMs } from '../../../../examples/chat/page/backoff.ts';

const options = { firstMs: 1_000, maxMs: 30_000 };

describe('full jitter', () => {
  it('doubles its bound with each attempt, up to the longest wait', () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 5_000].map((attempt) => fullJitterMs(attempt, options, 1));
    assert.deepEqual(bounds, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('spreads the wait over the whole range from nothing', () => {
    assert.deepEqual(
      [0, 0.25, 0.5].map((random) => fullJitterMs(2, options, random)),
      [0, 1_000, 2_000],
    );
  });
});
