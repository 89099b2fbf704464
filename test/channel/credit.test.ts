import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CreditMeter,
  grantCredit,
  isCreditGrant,
  maxCredit,
  spendCredit,
  unlimitedCredit,
} from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';

describe('credit', () => {
  it('of one who never spoke of it does not run out, and the first grant ends that', () => {
    assert.equal(spendCredit(unlimitedCredit), unlimitedCredit);
    assert.equal(grantCredit(unlimitedCredit, 8), 8);
  });

  it('adds up, to a bound', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: maxCredit }), { minLength: 1 }), (grants) => {
        const credit = grants.reduce(grantCredit, 0);
        assert.equal(
          credit,
          Math.min(
            grants.reduce((sum, grant) => sum + grant, 0),
            maxCredit,
          ),
        );
      }),
    );
  });

  it('is granted in whole numbers from 1 to the bound', () => {
    for (const value of [1, 32, maxCredit]) assert.equal(isCreditGrant(value), true);
    for (const value of [0, -1, 1.5, maxCredit + 1, Number.NaN, Infinity, '1', null]) {
      assert.equal(isCreditGrant(value), false);
    }
  });
});

describe('credit meter', () => {
  it('never has more than the window granted and unfinished, and never stalls', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.boolean()), (window, choices) => {
        const meter = new CreditMeter(window);
        let credit = meter.restart();
        let handling = 0;
        for (let step = 0; step < 200; step++) {
          const sends = choices.next().value === true;
          if (sends && credit > 0) {
            credit = spendCredit(credit);
            handling++;
          } else if (handling > 0) {
            handling--;
            credit = grantCredit(credit, 0) + meter.finish();
          }
          assert.ok(credit + handling <= window, `${credit} + ${handling} > ${window}`);
          assert.ok(credit + handling > 0, 'somebody can always go on');
        }
      }),
    );
  });

  it('gives back in grants of half a window', () => {
    const meter = new CreditMeter(8);
    assert.equal(meter.restart(), 8);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => meter.finish()),
      [0, 0, 0, 4, 0],
    );
    assert.equal(meter.restart(), 8);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => meter.finish()),
      [0, 0, 0, 4],
    );
  });
});
