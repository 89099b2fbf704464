import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChannelLog, memoryParts, type PublishAnswer } from '../../../src/broker/index.ts';
import { type Draft, resolveChannelPolicy } from '../../../src/channel/index.ts';
import { fc } from '../../fast-check.ts';

const policy = resolveChannelPolicy({
  class: 'log',
  history: { maxCount: 6, maxAgeMs: 100 },
  producerWindowMs: 60,
  producerResults: 3,
  dedupeWindowMs: 40,
});

/** The promises of a channel's sequencer, written as slow and plain as possible: everything is kept, and looked up. */
class Model {
  readonly appended: { readonly data: unknown; readonly at: number }[] = [];
  readonly #producers = new Map<string, { last: number; at: number; offsets: Map<number, number> }>();
  readonly #keys = new Map<string, { offset: number; at: number }>();

  publish({ data, publisher, producer, dedupeKey }: Draft, now: number): PublishAnswer {
    const name = JSON.stringify([publisher, producer?.id]);
    let known = this.#producers.get(name);
    if (known !== undefined && known.at <= now - policy.producerWindowMs) known = undefined;
    if (producer !== undefined) {
      const last = known?.last ?? 0;
      if (known === undefined && producer.sequence > 1)
        return { type: 'refused', reason: 'producer_expired' };
      if (producer.sequence > last + 1) return { type: 'refused', reason: 'seq_gap', expected: last + 1 };
      if (producer.sequence <= last - policy.producerResults)
        return { type: 'refused', reason: 'producer_expired' };
      if (producer.sequence <= last) return this.#accepted(known!.offsets.get(producer.sequence)!, true);
    }
    const key = JSON.stringify([publisher, dedupeKey]);
    const taken = dedupeKey === undefined ? undefined : this.#keys.get(key);
    const isDuplicate = taken !== undefined && taken.at > now - policy.dedupeWindowMs;
    if (!isDuplicate) this.appended.push({ data, at: now });
    const offset = isDuplicate ? taken.offset : this.appended.length;
    if (dedupeKey !== undefined && !isDuplicate) this.#keys.set(key, { offset, at: now });
    if (producer !== undefined) {
      const offsets = known?.offsets ?? new Map<number, number>();
      this.#producers.set(name, {
        last: producer.sequence,
        at: now,
        offsets: offsets.set(producer.sequence, offset),
      });
    }
    return this.#accepted(offset, isDuplicate);
  }

  kept(now: number): { horizon: number; head: number } {
    const head = this.appended.length;
    const fresh = this.appended.filter(({ at }) => at > now - policy.history.maxAgeMs).length;
    return { head, horizon: head - Math.min(fresh, policy.history.maxCount) };
  }

  #accepted(offset: number, duplicate: boolean): PublishAnswer {
    return { type: 'accepted', position: { epoch: 'e1', offset }, duplicate };
  }
}

const text = fc.constantFrom('a', 'b', '__proto__');
const step = fc.record(
  {
    publisher: text,
    producer: fc.record({ id: text, sequence: fc.integer({ min: 1, max: 7 }) }),
    dedupeKey: text,
    passed: fc.nat(25),
  },
  { requiredKeys: ['passed'] },
);

describe('channel log', () => {
  it('answers, numbers, keeps and forgets as the plainest model does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const log = new ChannelLog({ epoch: 'e1', policy, parts: memoryParts(policy, 100) });
        const model = new Model();
        let now = 0;
        for (const [data, { passed, ...stamps }] of steps.entries()) {
          now += passed;
          const draft = { ...stamps, data };
          const expected = model.publish(draft, now);
          const { answer, publication } = log.publish(draft, { now, wallTime: 1_000 + now });
          assert.deepEqual(answer, expected);
          const isNew = expected.type === 'accepted' && !expected.duplicate;
          assert.equal(
            publication !== undefined,
            isNew,
            'subscribers are due what was appended, and nothing else',
          );
          if (publication !== undefined) {
            assert.deepEqual([publication.offset, publication.data], [model.appended.length, data]);
            assert.equal(publication.publishedAt, 1_000 + now);
          }
          assert.deepEqual(log.kept(now), { epoch: 'e1', ...model.kept(now) });
        }
        const { horizon, head } = model.kept(now);
        const page = log.read({ type: 'forward', limit: 100 }, now);
        assert.ok(page.type === 'page');
        const kept = model.appended
          .slice(horizon, head)
          .map(({ data }, index) => [horizon + index + 1, data]);
        assert.deepEqual(
          page.publications.map(({ offset, data }) => [offset, data]),
          kept,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('a publication shows its publisher, and neither producer nor dedupe key', () => {
    const log = new ChannelLog({ epoch: 'e1', policy, parts: memoryParts(policy, 100) });
    const draft = { data: 1, publisher: 'u', dedupeKey: 'k', producer: { id: 'p', sequence: 1 } };
    const { publication } = log.publish(draft, { now: 0, wallTime: 7 });
    assert.deepEqual(publication, { offset: 1, data: 1, publishedAt: 7, publisher: 'u' });
  });
});
