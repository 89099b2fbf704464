// Every wrong variant is caught, and the right machines pass what catches them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCatch } from './drill.ts';
import { fence, grantOnlyWhenFinished, loseTheLast, replayWhilePublishing, variants } from './variants.ts';

describe('known-bad drill', () => {
  it('there are at least fifteen wrong variants', () => {
    assert.ok(variants.length >= 15);
  });

  for (const variant of variants) {
    it(`is caught: ${variant.name}`, () => {
      assert.notEqual(findCatch(variant, 1_000), undefined);
    });
  }

  it('the right machines pass the scenarios that catch the wrong ones', () => {
    replayWhilePublishing({});
    grantOnlyWhenFinished({});
    fence({});
    loseTheLast({});
  });
});
