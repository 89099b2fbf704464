// The contract of failure: an error says what may have happened, and disturbs nothing else.

import assert from 'node:assert/strict';
import { BrokerError } from '../../broker/index.ts';
import { collect } from './collector.ts';
import type { BrokerCase } from './harness.ts';
import { accepted, dataOf, kept, logPolicy, publishNumbers, range, readAll } from './steps.ts';

export const failureCases: readonly BrokerCase[] = [
  {
    name: 'a publish that failed without effect left nothing behind',
    needs: 'failNext',
    async run(world) {
      const broker = await world.connect();
      world.failNext!(broker, 'before');
      const failed = await broker
        .publish('chat:1', { data: 'x' }, logPolicy)
        .catch((error: unknown) => error);
      assert.ok(failed instanceof BrokerError);
      if (failed.effect === 'none') assert.deepEqual(await readAll(broker, ['chat:1', logPolicy]), []);
      await accepted(broker, { data: 'y' }, ['chat:1', logPolicy]);
      assert.deepEqual(dataOf(await readAll(broker, ['chat:1', logPolicy])).at(-1), 'y');
    },
  },
  {
    name: 'a publish of unknown effect, sent again with its stamp or its key, is appended exactly once',
    needs: 'failNext',
    async run(world) {
      const broker = await world.connect();
      const reader = (await collect(broker, 'chat:1', logPolicy)).start();
      const drafts = [
        { data: 'stamp', producer: { id: 'p', sequence: 1 } },
        { data: 'key', dedupeKey: 'k' },
      ];
      for (const when of ['before', 'after'] as const) {
        for (const draft of drafts) {
          world.failNext!(broker, when);
          const failed = await broker
            .publish(`chat:${when}`, draft, logPolicy)
            .catch((error: unknown) => error);
          assert.ok(failed instanceof BrokerError);
          if (when === 'after') assert.equal(failed.effect, 'unknown', 'what took place must not be denied');
          await accepted(broker, draft, [`chat:${when}`, logPolicy]);
        }
        assert.deepEqual(dataOf(await readAll(broker, [`chat:${when}`, logPolicy])), ['stamp', 'key']);
      }
      await accepted(broker, { data: 'end' }, ['chat:1', logPolicy]);
      await reader.receivedData('end');
      assert.deepEqual(reader.data, ['end'], 'other channels were not disturbed');
    },
  },
  {
    name: 'a reading that failed works the next time, and a subscription that failed was none',
    needs: 'failNext',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 3 });
      world.failNext!(broker, 'after');
      await assert.rejects(broker.history('chat:1', { type: 'forward', limit: 9 }, logPolicy), BrokerError);
      assert.deepEqual(dataOf(await readAll(broker, ['chat:1', logPolicy])), [1, 2, 3]);
      world.failNext!(broker, 'after');
      await assert.rejects(broker.subscribe('chat:1', logPolicy), BrokerError);
      const collector = (await collect(broker, 'chat:1', logPolicy)).start();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 4, to: 4 });
      await collector.received(1);
      assert.deepEqual(collector.data, [4]);
    },
  },
  {
    name: 'a node that was cut off goes on without a hole, or its subscription says that it was lost',
    needs: 'disturb',
    async run(world) {
      const [cut, other] = [await world.connect(), await world.connect()];
      const collector = (await collect(cut, 'chat:1', logPolicy)).start();
      await publishNumbers(other, ['chat:1', logPolicy], { from: 1, to: 5 });
      const disturbed = world.disturb!(cut);
      await publishNumbers(other, ['chat:1', logPolicy], { from: 6, to: 10 });
      await disturbed;
      await publishNumbers(other, ['chat:1', logPolicy], { from: 11, to: 15 });
      await collector.settled(15);
      assert.deepEqual(collector.offsets, range(1, collector.offsets.length), 'no hole before the end');
      if (collector.losses.length === 0) assert.equal(collector.offsets.length, 15);
      const again = (await collect(cut, 'chat:1', logPolicy)).start();
      await publishNumbers(other, ['chat:1', logPolicy], { from: 16, to: 16 });
      await again.settled(16);
      assert.deepEqual(again.offsets, [16]);
    },
  },
  {
    name: 'close ends subscriptions and calls, says so once, and may be called twice',
    async run(world) {
      const broker = await world.connect();
      const [started, waiting, closed] = [
        (await collect(broker, 'chat:1', logPolicy)).start(),
        await collect(broker, 'chat:1', logPolicy),
        (await collect(broker, 'chat:1', logPolicy)).start(),
      ];
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 1 });
      await started.received(1);
      closed.close();
      await broker.close();
      await broker.close();
      waiting.start();
      await started.lost();
      await waiting.lost();
      assert.deepEqual(started.losses, ['closed']);
      assert.deepEqual(waiting.losses, ['closed']);
      assert.deepEqual(closed.losses, []);
      const isClosed = { code: 'BROKER_CLOSED' };
      await assert.rejects(broker.publish('chat:1', { data: 1 }, logPolicy), isClosed);
      await assert.rejects(broker.subscribe('chat:1', logPolicy), isClosed);
      await assert.rejects(kept(broker, ['chat:1', logPolicy]), isClosed);
      if (broker.presence) await assert.rejects(broker.presence.watch('chat:1'), isClosed);
    },
  },
];
