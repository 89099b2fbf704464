import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChannelPolicyOptions,
  channelPolicyDefaults,
  deliveryTraits,
  isAtLeastAsDurable,
  isDeliveryClass,
  resolveChannelPolicy,
  UsageError,
} from '../../src/channel/index.ts';

describe('channel policy', () => {
  it('fills in what was not said, also inside history', () => {
    const policy = resolveChannelPolicy({ class: 'log', history: { maxCount: 5 } });
    assert.deepEqual(policy, {
      class: 'log',
      ...channelPolicyDefaults,
      history: { maxCount: 5, maxAgeMs: channelPolicyDefaults.history.maxAgeMs },
    });
    assert.ok(Object.isFrozen(policy));
  });

  const refused: [string, object][] = [
    ['class', { class: 'queue' }],
    ['class', { class: 'constructor' }],
    ['durability', { class: 'log', durability: 'forever' }],
    ['durability', { class: 'log', durability: 'toString' }],
    ...[0, -1, 1.5, Number.NaN, Infinity, '5'].flatMap((value): [string, object][] => [
      ['history.maxCount', { class: 'log', history: { maxCount: value } }],
      ['history.maxAgeMs', { class: 'log', history: { maxAgeMs: value } }],
      ['producerWindowMs', { class: 'log', producerWindowMs: value }],
      ['producerResults', { class: 'log', producerResults: value }],
      ['dedupeWindowMs', { class: 'log', dedupeWindowMs: value }],
    ]),
  ];
  for (const [field, options] of refused) {
    it(`refuses ${field} of ${JSON.stringify(options)}`, () => {
      assert.throws(() => resolveChannelPolicy(options as ChannelPolicyOptions), UsageError);
    });
  }

  it('a more lasting broker keeps a lesser promise, not the other way round', () => {
    const ladder = ['memory', 'disk', 'replicated'] as const;
    for (const [offered, one] of ladder.entries()) {
      for (const [promised, two] of ladder.entries()) {
        assert.equal(isAtLeastAsDurable(one, two), offered >= promised);
      }
    }
  });
});

describe('delivery class', () => {
  it('is one of four words, and each has its traits', () => {
    for (const name of Object.keys(deliveryTraits)) assert.ok(isDeliveryClass(name));
    for (const name of ['', 'Log', 'toString', undefined, 4]) assert.equal(isDeliveryClass(name), false);
    assert.equal(Object.keys(deliveryTraits).length, 4);
  });
});
