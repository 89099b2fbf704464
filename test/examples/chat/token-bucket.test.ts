import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TokenBucket } from '../../../examples/chat/token-bucket.ts';

describe('TokenBucket', () => {
  it('lets the burst through and nothing more', () => {
    const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 0);
    assert.deepEqual([bucket.take(0), bucket.take(0), bucket.take(0)], [true, true, false]);
  });

  it('gives tokens back at the steady rate', () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 2 }, 0);
    assert.deepEqual([bucket.take(0), bucket.take(499), bucket.take(500)], [true, false, true]);
  });

  it('never holds more than the burst', () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, 0);
    assert.deepEqual([bucket.take(60_000), bucket.take(60_000)], [true, false]);
  });
});
