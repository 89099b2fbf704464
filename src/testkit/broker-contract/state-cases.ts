// The contract of the classes that keep no log: `state` keeps the latest of each key, `signal` keeps nothing.

import assert from 'node:assert/strict';
import {
  type ChannelPolicy,
  resolveChannelPolicy,
  UsageError,
  unstoredPosition,
} from '../../channel/index.ts';
import { collect } from './collector.ts';
import type { BrokerCase } from './harness.ts';
import { accepted, at, dataOf, gap, kept, offsetsOf, page, range, readAll } from './steps.ts';

const state: ChannelPolicy = resolveChannelPolicy({ class: 'state' });
const signal: ChannelPolicy = resolveChannelPolicy({ class: 'signal' });

export const stateCases: readonly BrokerCase[] = [
  {
    name: 'state: a new reader finds the latest of each key, by offset; a subscriber hears every change',
    async run(world) {
      const broker = await world.connect();
      const collector = (await collect(broker, 'prices', state)).start();
      const keys = ['a', 'b', 'a', 'c', 'b', 'a'];
      for (const [index, stateKey] of keys.entries()) {
        await accepted(broker, { data: index, stateKey }, ['prices', state]);
      }
      await collector.received(6);
      assert.deepEqual(collector.offsets, range(1, 6));
      for (const limit of [1, 2, 3, 10]) {
        const all = await readAll(broker, ['prices', state], limit);
        assert.deepEqual(
          all.map(({ offset, stateKey, data }) => [offset, stateKey, data]),
          [
            [4, 'c', 3],
            [5, 'b', 4],
            [6, 'a', 5],
          ],
        );
      }
    },
  },
  {
    name: 'state: who comes back gets what changed since, and its position moves to the head',
    async run(world) {
      const broker = await world.connect();
      for (const stateKey of ['a', 'b', 'c', 'a'])
        await accepted(broker, { data: 0, stateKey }, ['prices', state]);
      const { epoch } = await kept(broker, ['prices', state]);
      const since = await page(broker, { type: 'forward', after: at(epoch, 2), limit: 9 }, ['prices', state]);
      assert.deepEqual(offsetsOf(since.publications), [3, 4]);
      assert.deepEqual([since.next.offset, since.more], [4, false]);
    },
  },
  {
    name: 'state: a removed key is told to who may still believe in it, and not to a new reader',
    async run(world) {
      const broker = await world.connect();
      await accepted(broker, { data: 1, stateKey: 'a' }, ['prices', state]);
      await accepted(broker, { data: 2, stateKey: 'b' }, ['prices', state]);
      await accepted(broker, { data: null, stateKey: 'a', removed: true }, ['prices', state]);
      const { epoch } = await kept(broker, ['prices', state]);
      const since = await page(broker, { type: 'forward', after: at(epoch, 1), limit: 9 }, ['prices', state]);
      assert.deepEqual(
        since.publications.map(({ offset, stateKey, removed }) => [offset, stateKey, removed]),
        [
          [2, 'b', undefined],
          [3, 'a', true],
        ],
      );
      const fresh = (await readAll(broker, ['prices', state])).filter(({ removed }) => removed !== true);
      assert.deepEqual(dataOf(fresh), [2]);
    },
  },
  {
    name: 'state: a removal that was forgotten is a gap for who stood before it; a reading from the start is whole',
    async run(world, unitMs) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'state', history: { maxAgeMs: unitMs } });
      for (const stateKey of ['a', 'b', 'c', 'd'])
        await accepted(broker, { data: stateKey, stateKey }, ['p', policy]);
      await accepted(broker, { data: null, stateKey: 'b', removed: true }, ['p', policy]);
      const { epoch } = await kept(broker, ['p', policy]);
      await world.advance(2 * unitMs);
      const before = await gap(broker, { type: 'forward', after: at(epoch, 4), limit: 9 }, ['p', policy]);
      assert.deepEqual([before.reason, before.kept.horizon], ['trimmed', 5]);
      await page(broker, { type: 'forward', after: at(epoch, 5), limit: 9 }, ['p', policy]);
      assert.deepEqual(dataOf(await readAll(broker, ['p', policy], 1)), ['a', 'c', 'd']);
    },
  },
  {
    name: 'state: the end of a whole reading still tells where it began, for a reader that stopped on the way',
    async run(world, unitMs) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'state', history: { maxAgeMs: unitMs } });
      for (const stateKey of ['a', 'b', 'c'])
        await accepted(broker, { data: stateKey, stateKey }, ['p', policy]);
      await accepted(broker, { data: null, stateKey: 'b', removed: true }, ['p', policy]);
      await world.advance(2 * unitMs);
      const whole = await page(broker, { type: 'forward', limit: 9 }, ['p', policy]);
      const { epoch, base } = whole.next;
      assert.deepEqual([dataOf(whole.publications), base], [['a', 'c'], 4]);
      const after = { epoch, offset: 1, base: base! };
      const rest = await page(broker, { type: 'forward', after, limit: 9 }, ['p', policy]);
      assert.deepEqual([dataOf(rest.publications), rest.next.base], [['c'], 4]);
    },
  },
  {
    name: 'state: a key removed and forgotten while a reader pages through is not silently kept',
    async run(world, unitMs) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'state', history: { maxAgeMs: unitMs } });
      for (const stateKey of ['a', 'b', 'c'])
        await accepted(broker, { data: stateKey, stateKey }, ['p', policy]);
      const first = await page(broker, { type: 'forward', limit: 1 }, ['p', policy]);
      assert.deepEqual(dataOf(first.publications), ['a']);
      await accepted(broker, { data: null, stateKey: 'a', removed: true }, ['p', policy]);
      await world.advance(2 * unitMs);
      assert.equal(
        (await gap(broker, { type: 'forward', after: first.next, limit: 9 }, ['p', policy])).reason,
        'trimmed',
      );
    },
  },
  {
    name: 'state: values have no age',
    async run(world, unitMs) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'state', history: { maxAgeMs: unitMs } });
      await accepted(broker, { data: 1, stateKey: 'a' }, ['p', policy]);
      await world.advance(5 * unitMs);
      assert.deepEqual(dataOf(await readAll(broker, ['p', policy])), [1]);
    },
  },
  {
    name: 'state: one key too many is refused; known keys go on, and a removed one makes room',
    async run(world) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'state', history: { maxCount: 2 } });
      for (const stateKey of ['a', 'b']) await accepted(broker, { data: 1, stateKey }, ['p', policy]);
      const draft = { data: 1, stateKey: 'c', producer: { id: 'p', sequence: 1 } };
      assert.deepEqual(await broker.publish('p', draft, policy), { type: 'refused', reason: 'full' });
      await accepted(broker, { data: 2, stateKey: 'a' }, ['p', policy]);
      await accepted(broker, { data: null, stateKey: 'b', removed: true }, ['p', policy]);
      const { duplicate, position } = await accepted(broker, draft, ['p', policy]);
      assert.deepEqual(
        [duplicate, position.offset],
        [false, 5],
        'the refusal took no offset and no sequence',
      );
    },
  },
  {
    name: 'state: a draft without a key is refused',
    async run(world) {
      const broker = await world.connect();
      await assert.rejects(broker.publish('prices', { data: 1 }, state), UsageError);
      await assert.rejects(
        broker.publish('prices', { data: 1, stateKey: 'k'.repeat(129) }, state),
        UsageError,
      );
    },
  },
  {
    name: 'signal: delivered in order, at no position, and not kept',
    async run(world) {
      const [writer, reader] = [await world.connect(), await world.connect()];
      const collector = (await collect(reader, 'typing:1', signal)).start();
      assert.deepEqual(collector.position, unstoredPosition);
      for (const data of range(1, 5)) {
        const { position } = await accepted(writer, { data }, ['typing:1', signal]);
        assert.deepEqual(position, unstoredPosition);
      }
      await collector.received(5);
      assert.deepEqual(collector.data, range(1, 5));
      assert.deepEqual(collector.offsets, [0, 0, 0, 0, 0]);
      const read = await page(reader, { type: 'forward', after: unstoredPosition, limit: 9 }, [
        'typing:1',
        signal,
      ]);
      assert.deepEqual([read.publications, read.next, read.more], [[], unstoredPosition, false]);
    },
  },
];
