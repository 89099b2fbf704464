// The contract of order and atomicity: one sequence for all, and nothing is acknowledged before it is there.

import assert from 'node:assert/strict';
import { isEpoch, type PlainData, resolveChannelPolicy, UsageError } from '../../channel/index.ts';
import { type Collector, collect } from './collector.ts';
import type { BrokerCase } from './harness.ts';
import {
  accepted,
  dataOf,
  kept,
  logPolicy,
  offsetsOf,
  page,
  publishNumbers,
  range,
  readAll,
} from './steps.ts';

export const orderingCases: readonly BrokerCase[] = [
  {
    name: 'an empty channel has an epoch and stands at 0, for subscribers and readers alike',
    async run(world) {
      const broker = await world.connect();
      const { position } = await collect(broker, 'chat:1', logPolicy);
      assert.ok(isEpoch(position.epoch));
      assert.equal(position.offset, 0);
      assert.deepEqual(await kept(broker, ['chat:1', logPolicy]), {
        epoch: position.epoch,
        horizon: 0,
        head: 0,
      });
    },
  },
  {
    name: 'offsets grow by exactly 1 from 1, and a subscriber hears them in order',
    async run(world) {
      const broker = await world.connect();
      const reader = (await collect(broker, 'chat:1', logPolicy)).start();
      for (const data of range(1, 20)) {
        const { position, duplicate } = await accepted(broker, { data }, ['chat:1', logPolicy]);
        assert.deepEqual(position, { epoch: reader.position.epoch, offset: data });
        assert.equal(duplicate, false);
      }
      await reader.received(20);
      assert.deepEqual(reader.offsets, range(1, 20));
      assert.deepEqual(reader.data, range(1, 20));
    },
  },
  {
    name: 'publishes that did not wait for each other are sequenced in the order of the calls',
    async run(world) {
      const broker = await world.connect();
      const answers = await Promise.all(
        range(1, 50).map((data) => accepted(broker, { data }, ['chat:1', logPolicy])),
      );
      assert.deepEqual(
        answers.map(({ position }) => position.offset),
        range(1, 50),
      );
      assert.deepEqual(dataOf(await readAll(broker, ['chat:1', logPolicy])), range(1, 50));
    },
  },
  {
    name: 'two nodes publish at once: every subscriber on every node hears the same order',
    async run(world) {
      const nodes = [await world.connect(), await world.connect()];
      const readers = await Promise.all(nodes.map((node) => collect(node, 'chat:1', logPolicy)));
      for (const reader of readers) reader.start();
      await Promise.all(
        range(1, 30).flatMap((count) =>
          nodes.map((node, index) => accepted(node, { data: `${index}:${count}` }, ['chat:1', logPolicy])),
        ),
      );
      for (const reader of readers) await reader.received(60);
      assert.deepEqual(readers[0]!.publications, readers[1]!.publications);
      assert.deepEqual(readers[0]!.offsets, range(1, 60));
      for (const index of [0, 1]) {
        const mine = readers[0]!.data.filter((data) => String(data).startsWith(`${index}:`));
        assert.deepEqual(
          mine,
          range(1, 30).map((count) => `${index}:${count}`),
          'first in, first out for each node',
        );
      }
    },
  },
  {
    name: 'what was acknowledged can be read at once, from any node',
    async run(world) {
      const [writer, reader] = [await world.connect(), await world.connect()];
      for (const data of range(1, 10)) {
        const { position } = await accepted(writer, { data }, ['chat:1', logPolicy]);
        const { publications } = await page(reader, { type: 'backward', limit: 1 }, ['chat:1', logPolicy]);
        assert.equal(publications[0]?.offset, position.offset);
        assert.equal(publications[0]?.data, data);
      }
    },
  },
  {
    name: 'what a subscriber hears is already in the history',
    async run(world) {
      const [writer, reader] = [await world.connect(), await world.connect()];
      const reads: Promise<void>[] = [];
      const collector = (await collect(reader, 'chat:1', logPolicy)).start(({ offset }) => {
        reads.push(
          kept(reader, ['chat:1', logPolicy]).then(({ head }) =>
            assert.ok(head >= offset, `${head} < ${offset}`),
          ),
        );
      });
      await publishNumbers(writer, ['chat:1', logPolicy], { from: 1, to: 10 });
      await collector.received(10);
      await Promise.all(reads);
    },
  },
  {
    name: 'history up to the position of a subscription and what it delivers join without hole or repetition',
    async run(world) {
      const [writer, reader] = [await world.connect(), await world.connect()];
      const publishing = Promise.all(
        range(1, 40).map((data) => accepted(writer, { data }, ['chat:1', logPolicy])),
      );
      const collector = await collect(reader, 'chat:1', logPolicy);
      const before = await readAll(reader, ['chat:1', logPolicy]);
      collector.start();
      await publishing;
      await collector.settled(40);
      const { offset } = collector.position;
      const joined = [...offsetsOf(before).filter((each) => each <= offset), ...collector.offsets];
      assert.deepEqual(joined, range(1, 40));
    },
  },
  {
    name: 'what is published between subscribe and start is held, and delivered first',
    async run(world) {
      const broker = await world.connect();
      const collector = await collect(broker, 'chat:1', logPolicy);
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 3 });
      assert.deepEqual(collector.data, [], 'nothing before start');
      collector.start();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 4, to: 5 });
      await collector.received(5);
      assert.deepEqual(collector.data, [1, 2, 3, 4, 5]);
    },
  },
  {
    name: 'a subscription begins at its position: older publications are not delivered',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 3 });
      const collector = (await collect(broker, 'chat:1', logPolicy)).start();
      assert.equal(collector.position.offset, 3);
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 4, to: 4 });
      await collector.received(1);
      assert.deepEqual(collector.offsets, [4]);
    },
  },
  {
    name: 'a handler that publishes disorders nobody',
    async run(world) {
      const broker = await world.connect();
      const answers: Promise<unknown>[] = [];
      const first = (await collect(broker, 'chat:1', logPolicy)).start(({ data }) => {
        if (data === 'ping') answers.push(accepted(broker, { data: 'pong' }, ['chat:1', logPolicy]));
      });
      const second = (await collect(broker, 'chat:1', logPolicy)).start();
      for (let count = 0; count < 5; count++) await accepted(broker, { data: 'ping' }, ['chat:1', logPolicy]);
      for (const reader of [first, second]) await reader.received(10);
      await Promise.all(answers);
      assert.deepEqual(first.offsets, range(1, 10));
      assert.deepEqual(second.publications, first.publications);
    },
  },
  {
    name: 'a subscription begun within a handler hears only what is above its position',
    async run(world) {
      const broker = await world.connect();
      const begun: Promise<Collector>[] = [];
      const first = (await collect(broker, 'chat:1', logPolicy)).start(({ data }) => {
        if (data !== 'ping') return;
        broker.publish('chat:1', { data: 'pong' }, logPolicy).catch(assert.fail);
        begun.push(collect(broker, 'chat:1', logPolicy).then((collector) => collector.start()));
      });
      await accepted(broker, { data: 'ping' }, ['chat:1', logPolicy]);
      await first.receivedData('pong');
      await accepted(broker, { data: 'end' }, ['chat:1', logPolicy]);
      const second = await begun[0]!;
      await second.receivedData('end');
      assert.deepEqual(second.offsets, range(second.position.offset + 1, 3));
    },
  },
  {
    name: 'a closed subscription hears nothing more, and closing twice does nothing',
    async run(world) {
      const broker = await world.connect();
      const closed = (await collect(broker, 'chat:1', logPolicy)).start(() => closed.close());
      const open = (await collect(broker, 'chat:1', logPolicy)).start();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 3 });
      await open.received(3);
      await closed.received(1);
      closed.close();
      assert.deepEqual(closed.data, [1]);
      assert.deepEqual(closed.losses, []);
    },
  },
  {
    name: 'channels know nothing of each other, whatever their names',
    async run(world) {
      const broker = await world.connect();
      const names = [
        'a',
        'a:b',
        'A',
        'constructor',
        '__proto__',
        'toString',
        'a.b',
        'a%20b',
        `x${'y'.repeat(127)}`,
      ];
      for (const [index, name] of names.entries()) {
        for (let count = 0; count <= index; count++)
          await accepted(broker, { data: name }, [name, logPolicy]);
      }
      for (const [index, name] of names.entries()) {
        const all = await readAll(broker, [name, logPolicy]);
        assert.deepEqual(dataOf(all), new Array(index + 1).fill(name));
        assert.deepEqual(offsetsOf(all), range(1, index + 1));
      }
    },
  },
  {
    name: 'data arrives as it was: text of any script, numbers, bytes, nesting, odd names',
    async run(world) {
      const broker = await world.connect();
      const data: PlainData = {
        text: 'zażółć 🌊 \u0000 \u2028 "\\',
        numbers: [0, -1, 1.5, 2 ** 53 - 1, -(2 ** 31), 1e300, 5e-324],
        nothing: null,
        no: false,
        bytes: new Uint8Array([0, 255, 10, 13, 0]),
        empty: [[], {}, '', new Uint8Array(0)],
        ['__proto__']: 'an ordinary name',
        constructor: 'another',
      };
      const draft = { data, publisher: 'user:ä' };
      const collector = (await collect(broker, 'chat:1', logPolicy)).start();
      await accepted(broker, draft, ['chat:1', logPolicy]);
      await collector.received(1);
      const [read] = await readAll(broker, ['chat:1', logPolicy]);
      for (const publication of [collector.publications[0]!, read!]) {
        assert.equal(publication.publisher, 'user:ä');
        assertSameData(publication.data, data);
      }
    },
  },
  {
    name: 'a contract that promises more durability than the broker has is refused by every call',
    async run(world) {
      const broker = await world.connect();
      if (broker.durability === 'replicated') return;
      const policy = resolveChannelPolicy({ class: 'log', durability: 'replicated' });
      await assert.rejects(broker.publish('chat:1', { data: 1 }, policy), UsageError);
      await assert.rejects(broker.subscribe('chat:1', policy), UsageError);
      await assert.rejects(broker.history('chat:1', { type: 'forward', limit: 1 }, policy), UsageError);
    },
  },
  {
    name: 'a draft or query that can never work is refused, and changes nothing',
    async run(world) {
      const broker = await world.connect();
      const drafts = [
        { data: 1, stateKey: 'k' },
        { data: 1, dedupeKey: '' },
        { data: 1, dedupeKey: 'x'.repeat(129) },
        { data: 1, producer: { id: '', sequence: 1 } },
        { data: 1, producer: { id: 'p', sequence: 0 } },
        { data: 1, producer: { id: 'p', sequence: 1.5 } },
        { data: 1, producer: { id: 'p'.repeat(65), sequence: 1 } },
      ];
      for (const draft of drafts)
        await assert.rejects(broker.publish('chat:1', draft, logPolicy), UsageError);
      for (const limit of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(broker.history('chat:1', { type: 'forward', limit }, logPolicy), UsageError);
      }
      assert.equal((await kept(broker, ['chat:1', logPolicy])).head, 0);
    },
  },
];

/** Deep equality that is blind to prototypes of records, which a store need not keep, but not to kinds of bytes. */
function assertSameData(actual: PlainData, expected: PlainData): void {
  const plain = (data: PlainData): unknown => {
    if (data instanceof Uint8Array) return { bytes: [...data] };
    if (Array.isArray(data)) return data.map(plain);
    if (typeof data === 'object' && data !== null)
      return { entries: Object.entries(data).map(([k, v]) => [k, plain(v)]) };
    return data;
  };
  assert.deepEqual(plain(actual), plain(expected));
}
