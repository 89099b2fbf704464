// The simulator repeats itself event for event, and does what its options say.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulate } from '../../src/testkit/index.ts';

describe('simulator', () => {
  it('the same seed gives the same trace', () => {
    for (const seed of [7, 4_407, 123_456_789_012]) {
      const [first, second] = [simulate({ seed, trace: true }), simulate({ seed, trace: true })];
      assert.deepEqual(first.trace, second.trace);
      assert.equal(first.traceHash, second.traceHash);
      assert.equal(simulate({ seed }).traceHash, first.traceHash, 'keeping lines changes nothing');
    }
    assert.notEqual(simulate({ seed: 7 }).traceHash, simulate({ seed: 8 }).traceHash);
  });

  it('without faults nobody misses anything', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { violations, gaps, deliveries } = simulate({ seed, faults: [] });
      assert.deepEqual(violations, []);
      assert.ok(deliveries > 0);
      assert.ok(gaps >= 0);
    }
  });

  it('a handler of one’s own sees every delivery, and fails the run by throwing', () => {
    let seen = 0;
    const { deliveries } = simulate({ seed: 3, onDelivery: () => seen++ });
    assert.equal(seen, deliveries);
    const { violations } = simulate({
      seed: 3,
      onDelivery: () => {
        throw new Error('not what I expected');
      },
    });
    assert.equal(violations[0]?.rule, 'crash');
    assert.match(violations[0]?.message ?? '', /not what I expected/);
  });
});
