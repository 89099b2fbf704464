import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeResume } from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';

const kept = fc
  .tuple(fc.constantFrom('e1', 'e2'), fc.nat(50), fc.nat(50))
  .map(([epoch, horizon, more]) => ({ epoch, horizon, head: horizon + more }));

describe('resume verdict', () => {
  const asked = fc.record({ epoch: fc.constantFrom('e1', 'e2'), offset: fc.nat(120) });

  it('is ok exactly when everything after the position is kept and not too much', () => {
    fc.assert(
      fc.property(asked, kept, fc.integer({ min: 1, max: 60 }), (position, range, maxReplay) => {
        const verdict = judgeResume(position, range, maxReplay);
        const missing = range.head - position.offset;
        const isWhole = position.epoch === range.epoch && position.offset >= range.horizon && missing >= 0;
        assert.equal(verdict.type, isWhole && missing <= maxReplay ? 'ok' : 'gap');
        if (verdict.type === 'ok') {
          assert.equal(verdict.from, position.offset + 1);
          assert.equal(verdict.to, range.head);
        } else {
          assert.deepEqual(verdict.position, { epoch: range.epoch, offset: range.head });
        }
      }),
    );
  });

  const table = [
    ['nothing missing', { epoch: 'e', offset: 9 }, { type: 'ok', from: 10, to: 9 }],
    ['at the horizon', { epoch: 'e', offset: 4 }, { type: 'ok', from: 5, to: 9 }],
    ['just below the horizon', { epoch: 'e', offset: 3 }, 'trimmed'],
    ['another epoch', { epoch: 'f', offset: 9 }, 'epoch'],
    ['ahead of the log, which was rolled back', { epoch: 'e', offset: 10 }, 'epoch'],
  ] as const;
  for (const [name, position, expected] of table) {
    it(`${name}: ${typeof expected === 'string' ? `gap ${expected}` : 'ok'}`, () => {
      const verdict = judgeResume(position, { epoch: 'e', horizon: 4, head: 9 });
      if (typeof expected === 'string') assert.equal(verdict.type === 'gap' && verdict.reason, expected);
      else assert.deepEqual(verdict, expected);
    });
  }

  it('kept, but more than is replayed: gap too_far', () => {
    const range = { epoch: 'e', horizon: 0, head: 9 };
    assert.equal(judgeResume({ epoch: 'e', offset: 4 }, range, 5).type, 'ok');
    const verdict = judgeResume({ epoch: 'e', offset: 3 }, range, 5);
    assert.equal(verdict.type === 'gap' && verdict.reason, 'too_far');
  });
});
