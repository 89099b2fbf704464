// The contract of repetition: a retry gets the first answer again, and appends nothing.

import assert from 'node:assert/strict';
import { type ProducerStamp, resolveChannelPolicy } from '../../channel/index.ts';
import { collect } from './collector.ts';
import type { BrokerCase } from './harness.ts';
import { accepted, dataOf, logPolicy, offsetsOf, range, readAll } from './steps.ts';

function stamp(sequence: number, id = 'p-1'): ProducerStamp {
  return { id, sequence };
}

export const dedupeCases: readonly BrokerCase[] = [
  {
    name: 'the same producer sequence again: the first offset, told as a duplicate, and delivered once',
    async run(world) {
      const [first, second] = [await world.connect(), await world.connect()];
      const reader = (await collect(first, 'chat:1', logPolicy)).start();
      const original = await accepted(first, { data: 'a', producer: stamp(1) }, ['chat:1', logPolicy]);
      for (const node of [first, second]) {
        const again = await accepted(node, { data: 'a', producer: stamp(1) }, ['chat:1', logPolicy]);
        assert.deepEqual(again, { ...original, duplicate: true });
      }
      await accepted(second, { data: 'end' }, ['chat:1', logPolicy]);
      await reader.receivedData('end');
      assert.deepEqual(reader.data, ['a', 'end']);
    },
  },
  {
    name: 'an outbox that is sent again in order gets each its own first offset, and goes on',
    async run(world) {
      const broker = await world.connect();
      const send = (sequence: number) =>
        accepted(broker, { data: sequence, producer: stamp(sequence) }, ['chat:1', logPolicy]);
      await Promise.all(range(1, 5).map(send));
      const answers = await Promise.all(range(1, 8).map(send));
      assert.deepEqual(
        answers.map(({ position, duplicate }) => [position.offset, duplicate]),
        range(1, 8).map((offset) => [offset, offset <= 5]),
      );
      assert.deepEqual(dataOf(await readAll(broker, ['chat:1', logPolicy])), range(1, 8));
    },
  },
  {
    name: 'the same sequence over two nodes at once is appended once',
    async run(world) {
      const nodes = [await world.connect(), await world.connect()];
      for (const sequence of range(1, 10)) {
        const draft = { data: sequence, producer: stamp(sequence) };
        const answers = await Promise.all(nodes.map((node) => accepted(node, draft, ['chat:1', logPolicy])));
        assert.deepEqual(answers[0]!.position, answers[1]!.position);
        assert.equal(answers.filter(({ duplicate }) => !duplicate).length, 1);
      }
      assert.deepEqual(dataOf(await readAll(nodes[0]!, ['chat:1', logPolicy])), range(1, 10));
    },
  },
  {
    name: 'a sequence was left out: refused, with the one that is expected, and nothing is appended',
    async run(world) {
      const broker = await world.connect();
      await accepted(broker, { data: 1, producer: stamp(1) }, ['chat:1', logPolicy]);
      const refused = await broker.publish('chat:1', { data: 3, producer: stamp(3) }, logPolicy);
      assert.deepEqual(refused, { type: 'refused', reason: 'seq_gap', expected: 2 });
      await accepted(broker, { data: 2, producer: stamp(2) }, ['chat:1', logPolicy]);
      await accepted(broker, { data: 3, producer: stamp(3) }, ['chat:1', logPolicy]);
      assert.deepEqual(dataOf(await readAll(broker, ['chat:1', logPolicy])), [1, 2, 3]);
    },
  },
  {
    name: 'a producer that nobody knows and that is past its first sequence is expired, not guessed at',
    async run(world) {
      const broker = await world.connect();
      const refused = await broker.publish('chat:1', { data: 7, producer: stamp(7) }, logPolicy);
      assert.deepEqual(refused, { type: 'refused', reason: 'producer_expired' });
      assert.deepEqual(await readAll(broker, ['chat:1', logPolicy]), []);
    },
  },
  {
    name: 'past its window a producer is expired; while it publishes, the window moves with it',
    async run(world, unitMs) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'log', producerWindowMs: unitMs });
      for (const sequence of range(1, 4)) {
        await accepted(broker, { data: sequence, producer: stamp(sequence) }, ['chat:1', policy]);
        await world.advance(unitMs / 2);
      }
      await world.advance(unitMs);
      const refused = await broker.publish('chat:1', { data: 5, producer: stamp(5) }, policy);
      assert.deepEqual(refused, { type: 'refused', reason: 'producer_expired' });
      assert.equal((await readAll(broker, ['chat:1', policy])).length, 4);
    },
  },
  {
    name: 'a result that is older than the remembered ones is expired',
    async run(world) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'log', producerResults: 4 });
      for (const sequence of range(1, 6)) {
        await accepted(broker, { data: sequence, producer: stamp(sequence) }, ['chat:1', policy]);
      }
      const refused = await broker.publish('chat:1', { data: 2, producer: stamp(2) }, policy);
      assert.deepEqual(refused, { type: 'refused', reason: 'producer_expired' });
      const oldest = await accepted(broker, { data: 3, producer: stamp(3) }, ['chat:1', policy]);
      assert.deepEqual([oldest.position.offset, oldest.duplicate], [3, true]);
    },
  },
  {
    name: 'producers are told apart by channel and by publisher, also where the texts run together',
    async run(world) {
      const broker = await world.connect();
      const drafts = [
        { data: 1, publisher: 'a', producer: stamp(1, 'bc') },
        { data: 2, publisher: 'ab', producer: stamp(1, 'c') },
        { data: 3, producer: stamp(1, 'abc') },
        { data: 4, publisher: 'a:b', producer: stamp(1, 'c') },
        { data: 5, publisher: 'a', producer: stamp(1, 'b:c') },
      ];
      for (const channel of ['chat:1', 'chat:2']) {
        for (const draft of drafts) {
          assert.equal((await accepted(broker, draft, [channel, logPolicy])).duplicate, false);
        }
      }
    },
  },
  {
    name: 'a dedupe key is taken once in its window, from any node, and again after it',
    async run(world, unitMs) {
      const [first, second] = [await world.connect(), await world.connect()];
      const policy = resolveChannelPolicy({ class: 'log', dedupeWindowMs: 4 * unitMs });
      const original = await accepted(first, { data: 1, dedupeKey: 'order-1' }, ['chat:1', policy]);
      await world.advance(unitMs);
      const again = await accepted(second, { data: 2, dedupeKey: 'order-1' }, ['chat:1', policy]);
      assert.deepEqual(again, { ...original, duplicate: true });
      await world.advance(4 * unitMs);
      const later = await accepted(second, { data: 3, dedupeKey: 'order-1' }, ['chat:1', policy]);
      assert.equal(later.duplicate, false);
      assert.deepEqual(dataOf(await readAll(first, ['chat:1', policy])), [1, 3]);
    },
  },
  {
    name: 'the same dedupe key over two nodes at once is appended once',
    async run(world) {
      const nodes = [await world.connect(), await world.connect()];
      const answers = await Promise.all(
        range(1, 10).map((data) =>
          accepted(nodes[data % 2]!, { data, dedupeKey: 'once' }, ['chat:1', logPolicy]),
        ),
      );
      assert.equal(answers.filter(({ duplicate }) => !duplicate).length, 1);
      assert.deepEqual(new Set(answers.map(({ position }) => position.offset)), new Set([1]));
      assert.deepEqual(offsetsOf(await readAll(nodes[0]!, ['chat:1', logPolicy])), [1]);
    },
  },
  {
    name: 'dedupe keys are told apart by channel and by publisher: nobody takes the key of another',
    async run(world) {
      const broker = await world.connect();
      for (const channel of ['chat:1', 'chat:2']) {
        for (const publisher of ['alice', 'bob']) {
          const draft = { data: publisher, publisher, dedupeKey: 'k' };
          assert.equal((await accepted(broker, draft, [channel, logPolicy])).duplicate, false);
        }
      }
    },
  },
  {
    name: 'a publish that its dedupe key repeats still counts as its producer’s sequence',
    async run(world) {
      const broker = await world.connect();
      await accepted(broker, { data: 1, dedupeKey: 'k' }, ['chat:1', logPolicy]);
      const repeated = { data: 1, dedupeKey: 'k', producer: stamp(1) };
      const answer = await accepted(broker, repeated, ['chat:1', logPolicy]);
      assert.deepEqual([answer.position.offset, answer.duplicate], [1, true]);
      const next = await accepted(broker, { data: 2, producer: stamp(2) }, ['chat:1', logPolicy]);
      assert.deepEqual([next.position.offset, next.duplicate], [2, false]);
    },
  },
];
