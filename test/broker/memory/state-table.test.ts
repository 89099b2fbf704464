import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChannelLog, type HistoryCursor, memoryParts } from '../../../src/broker/index.ts';
import { type PlainData, type Publication, resolveChannelPolicy } from '../../../src/channel/index.ts';
import { fc } from '../../fast-check.ts';

const policy = resolveChannelPolicy({ class: 'state', history: { maxCount: 4, maxAgeMs: 30 } });

/** Someone who keeps a map of the channel by reading pages now and then: replaced at a gap, and then read from the start. */
class Reader {
  values = new Map<string, PlainData>();
  #cursor: HistoryCursor | undefined;
  isWhole = false;

  read(log: ChannelLog, now: number, limit: number): void {
    const after = this.#cursor === undefined ? {} : { after: this.#cursor };
    const answer = log.read({ type: 'forward', ...after, limit }, now);
    if (answer.type === 'gap') {
      this.values = new Map();
      this.#cursor = undefined;
      this.isWhole = false;
      return;
    }
    for (const publication of answer.publications) this.#apply(publication);
    this.#cursor = answer.next;
    this.isWhole = !answer.more;
  }

  #apply({ stateKey, data, removed }: Publication): void {
    if (removed === true) this.values.delete(stateKey!);
    else this.values.set(stateKey!, data);
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('set' as const), key, passed: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('remove' as const), key, passed: fc.nat(8) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('read' as const),
      reader: fc.nat(2),
      limit: fc.integer({ min: 1, max: 3 }),
      passed: fc.nat(20),
    }),
  },
);

describe('state table', () => {
  it('who reads to the end has exactly the present values, however it was interrupted, changed and trimmed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const log = new ChannelLog({ epoch: 'e1', policy, parts: memoryParts(policy, 10) });
        const values = new Map<string, PlainData>();
        const readers = [new Reader(), new Reader(), new Reader()];
        let now = 0;
        for (const [data, each] of steps.entries()) {
          now += each.passed;
          if (each.type === 'read') {
            const reader = readers[each.reader]!;
            reader.read(log, now, each.limit);
            if (reader.isWhole) assert.deepEqual(reader.values, values);
            continue;
          }
          const draft =
            each.type === 'set'
              ? { data, stateKey: each.key }
              : { data: null, stateKey: each.key, removed: true as const };
          const { answer } = log.publish(draft, { now, wallTime: 0 });
          const isFull =
            each.type === 'set' && !values.has(each.key) && values.size >= policy.history.maxCount;
          assert.equal(answer.type, isFull ? 'refused' : 'accepted');
          if (isFull) continue;
          if (each.type === 'set') values.set(each.key, data);
          else values.delete(each.key);
        }
        for (const reader of readers) {
          for (let page = 0; page < 40 && (page === 0 || !reader.isWhole); page++) reader.read(log, now, 1);
          assert.ok(reader.isWhole, 'every reader comes to the end');
          assert.deepEqual(reader.values, values);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
