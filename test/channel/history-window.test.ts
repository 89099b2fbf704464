import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HistoryWindow, type Numbered, UsageError } from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';

interface Kept extends Numbered {
  readonly appendedAt: number;
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('append' as const), passed: fc.nat(30) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('trim' as const), passed: fc.integer({ min: -50, max: 200 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('limits' as const),
      maxCount: fc.integer({ min: 1, max: 40 }),
      maxAgeMs: fc.integer({ min: 1, max: 300 }),
    }),
  },
);

describe('history window', () => {
  it('keeps what a plain list would keep, whatever is appended, trimmed and configured', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.nat(130), fc.nat(50), (steps, offset, limit) => {
        let limits = { maxCount: 5, maxAgeMs: 100 };
        const window = new HistoryWindow<Numbered>(limits);
        let list: Kept[] = [];
        let [now, latest, head] = [0, Number.NEGATIVE_INFINITY, 0];
        const trim = () => {
          latest = Math.max(latest, now);
          list = list.filter(({ appendedAt }) => appendedAt > latest - limits.maxAgeMs);
        };
        for (const each of steps) {
          if (each.type === 'limits') {
            limits = { maxCount: each.maxCount, maxAgeMs: each.maxAgeMs };
            window.limits = limits;
            continue;
          }
          now += each.passed;
          trim();
          if (each.type === 'append') {
            head++;
            window.append({ offset: head }, now);
            list.push({ offset: head, appendedAt: latest });
            list = list.slice(-limits.maxCount);
          } else window.trim(now);
          assert.deepEqual(
            [window.head, window.size, window.horizon],
            [head, list.length, head - list.length],
          );
        }
        const after = list.filter((entry) => entry.offset > offset).slice(0, limit);
        const before = list
          .filter((entry) => entry.offset < offset)
          .reverse()
          .slice(0, limit);
        const offsets = (entries: readonly Numbered[]) => entries.map((entry) => entry.offset);
        assert.deepEqual(offsets(window.readAfter(offset, limit)), offsets(after));
        assert.deepEqual(offsets(window.readBefore(offset, limit)), offsets(before));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses an offset that does not follow', () => {
    const window = new HistoryWindow({ maxCount: 2, maxAgeMs: 10 });
    assert.throws(() => window.append({ offset: 2 }, 0), UsageError);
    window.append({ offset: 1 }, 0);
    for (const offset of [0, 1, 3]) assert.throws(() => window.append({ offset }, 0), UsageError);
  });
});
