import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../src/protocol/errors.ts';
import { TokenBucket } from '../../src/protocol/token-bucket.ts';

describe('a token bucket', () => {
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

  it('takes nothing when there is too little', () => {
    const bucket = new TokenBucket({ burst: 10, perSecond: 1 }, 0);
    assert.equal(bucket.take(0, 11), false);
    assert.equal(bucket.take(0, 10), true);
  });

  it('says how long to wait', () => {
    const bucket = new TokenBucket({ burst: 10, perSecond: 100 }, 0);
    assert.equal(bucket.waitMs(0, 10), 0);
    bucket.take(0, 10);
    assert.equal(bucket.waitMs(0), 10);
    assert.equal(bucket.waitMs(4), 6);
    assert.equal(bucket.take(9), false);
    assert.equal(bucket.take(10), true);
    assert.equal(bucket.waitMs(0, 11), Number.POSITIVE_INFINITY);
  });

  it('spends what was used already, and wants it back first', () => {
    const bucket = new TokenBucket({ burst: 10, perSecond: 1000 }, 0);
    assert.equal(bucket.spend(0, 10), 0);
    assert.equal(bucket.spend(0, 25), 25);
    assert.equal(bucket.take(24), false);
    assert.equal(bucket.take(26), true);
  });

  it('is full at first, and again when all came back', () => {
    const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 5);
    assert.equal(bucket.isFull(5), true);
    bucket.take(5, 2);
    assert.equal(bucket.isFull(2004), false);
    assert.equal(bucket.isFull(2005), true);
  });

  it('gains nothing from a clock that goes back', () => {
    const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, 1000);
    bucket.take(1000);
    assert.deepEqual([bucket.take(0), bucket.take(1999), bucket.take(2000)], [false, false, true]);
  });

  it('refuses what is no burst and no rate', () => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
      assert.throws(() => new TokenBucket({ burst: value, perSecond: 1 }, 0), UsageError);
      assert.throws(() => new TokenBucket({ burst: 1, perSecond: value }, 0), UsageError);
    }
  });
});
