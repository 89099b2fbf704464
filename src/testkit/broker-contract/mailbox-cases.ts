// The contract of mailboxes: at least once until acknowledged, one consumer at a time, every attempt counted.

import assert from 'node:assert/strict';
import type { Broker, MailboxLease } from '../../broker/index.ts';
import { type ChannelPolicy, resolveChannelPolicy, UsageError } from '../../channel/index.ts';
import { collect } from './collector.ts';
import type { BrokerCase } from './harness.ts';
import { accepted, kept, publishNumbers, range } from './steps.ts';

const policy: ChannelPolicy = resolveChannelPolicy({ class: 'mailbox' });

interface Ask {
  readonly consumer?: string;
  readonly limit?: number;
  readonly leaseMs: number;
}

function lease(broker: Broker, { consumer = 'c1', limit = 10, leaseMs }: Ask): Promise<MailboxLease> {
  return broker.mailbox!.lease('jobs', { consumer, limit, leaseMs }, policy);
}

function attempts({ entries }: MailboxLease): [number, number][] {
  return entries.map(({ publication, attempt }) => [publication.offset, attempt]);
}

export const mailboxCases: readonly BrokerCase[] = [
  {
    name: 'mailbox: a subscription tells of an entry, the oldest are leased first, to one consumer at a time',
    power: 'mailbox',
    async run(world, leaseMs) {
      const [one, two] = [await world.connect(), await world.connect()];
      const collector = (await collect(two, 'jobs', policy)).start();
      await publishNumbers(one, ['jobs', policy], { from: 1, to: 5 });
      await collector.received(5);
      const leased = await Promise.all([
        lease(one, { consumer: 'c1', limit: 2, leaseMs }),
        lease(two, { consumer: 'c2', limit: 2, leaseMs }),
      ]);
      assert.deepEqual(
        leased.flatMap(attempts).sort(([a], [b]) => a - b),
        range(1, 4).map((offset) => [offset, 1]),
      );
      assert.deepEqual(attempts(await lease(one, { leaseMs })), [[5, 1]]);
      assert.deepEqual(leased[0]!.entries[0]!.publication.data, leased[0]!.entries[0]!.publication.offset);
    },
  },
  {
    name: 'mailbox: an acknowledged entry is gone, and a second acknowledgement takes nothing',
    power: 'mailbox',
    async run(world, leaseMs) {
      const broker = await world.connect();
      await publishNumbers(broker, ['jobs', policy], { from: 1, to: 3 });
      const { epoch } = await lease(broker, { leaseMs });
      const acknowledge = (offsets: number[]) =>
        broker.mailbox!.acknowledge('jobs', { consumer: 'c1', epoch, offsets });
      assert.deepEqual(await acknowledge([1, 3, 99]), [1, 3]);
      assert.deepEqual(await acknowledge([1, 3]), []);
      await world.advance(2 * leaseMs);
      assert.deepEqual(attempts(await lease(broker, { leaseMs })), [[2, 2]]);
    },
  },
  {
    name: 'mailbox: a lease that runs out is given to another, with the attempt counted; who waits is told when',
    power: 'mailbox',
    async run(world, leaseMs) {
      const broker = await world.connect();
      await publishNumbers(broker, ['jobs', policy], { from: 1, to: 1 });
      await lease(broker, { leaseMs });
      const early = await lease(broker, { consumer: 'c2', leaseMs });
      assert.deepEqual(early.entries, []);
      assert.ok(early.nextInMs !== undefined && early.nextInMs > 0 && early.nextInMs <= leaseMs);
      await world.advance(1.5 * leaseMs);
      assert.deepEqual(attempts(await lease(broker, { consumer: 'c2', leaseMs })), [[1, 2]]);
      await world.advance(1.5 * leaseMs);
      assert.deepEqual(attempts(await lease(broker, { consumer: 'c1', leaseMs })), [[1, 3]]);
    },
  },
  {
    name: 'mailbox: what a consumer releases is free at once, in its old place',
    power: 'mailbox',
    async run(world, leaseMs) {
      const broker = await world.connect();
      await publishNumbers(broker, ['jobs', policy], { from: 1, to: 3 });
      await lease(broker, { consumer: 'c1', limit: 2, leaseMs });
      await broker.mailbox!.release('jobs', 'c1');
      assert.deepEqual(attempts(await lease(broker, { consumer: 'c2', leaseMs })), [
        [1, 2],
        [2, 2],
        [3, 1],
      ]);
    },
  },
  {
    name: 'mailbox: an acknowledgement after the lease ran out counts while nobody else holds the entry',
    power: 'mailbox',
    async run(world, leaseMs) {
      const broker = await world.connect();
      await publishNumbers(broker, ['jobs', policy], { from: 1, to: 1 });
      const { epoch } = await lease(broker, { leaseMs });
      await world.advance(1.5 * leaseMs);
      assert.deepEqual(
        await broker.mailbox!.acknowledge('jobs', { consumer: 'c1', epoch, offsets: [1] }),
        [1],
      );
      assert.deepEqual(attempts(await lease(broker, { consumer: 'c2', leaseMs })), []);
    },
  },
  {
    name: 'mailbox: nobody acknowledges what was never leased to them, or in another epoch',
    power: 'mailbox',
    async run(world, leaseMs) {
      const broker = await world.connect();
      await publishNumbers(broker, ['jobs', policy], { from: 1, to: 2 });
      const { epoch } = await lease(broker, { consumer: 'c1', limit: 1, leaseMs });
      const acknowledge = (consumer: string, inEpoch: string) =>
        broker.mailbox!.acknowledge('jobs', { consumer, epoch: inEpoch, offsets: [1, 2] });
      assert.deepEqual(await acknowledge('stranger', epoch), []);
      assert.deepEqual(await acknowledge('c1', 'elsewhere'), []);
      assert.deepEqual(await acknowledge('c1', epoch), [1]);
      assert.deepEqual(
        await broker.mailbox!.acknowledge('unheard-of', { consumer: 'c1', epoch, offsets: [1] }),
        [],
      );
    },
  },
  {
    name: 'mailbox: it is refused when full, and an acknowledgement makes room',
    power: 'mailbox',
    async run(world, leaseMs) {
      const broker = await world.connect();
      const small = resolveChannelPolicy({ class: 'mailbox', history: { maxCount: 2 } });
      await publishNumbers(broker, ['jobs', small], { from: 1, to: 2 });
      assert.deepEqual(await broker.publish('jobs', { data: 3 }, small), { type: 'refused', reason: 'full' });
      const { epoch } = await broker.mailbox!.lease('jobs', { consumer: 'c1', limit: 1, leaseMs }, small);
      await broker.mailbox!.acknowledge('jobs', { consumer: 'c1', epoch, offsets: [1] });
      assert.equal((await accepted(broker, { data: 3 }, ['jobs', small])).position.offset, 3);
    },
  },
  {
    name: 'mailbox: an entry that is too old is dropped, and the horizon tells',
    power: 'mailbox',
    async run(world, unitMs) {
      const broker = await world.connect();
      const brief = resolveChannelPolicy({ class: 'mailbox', history: { maxAgeMs: unitMs } });
      await publishNumbers(broker, ['jobs', brief], { from: 1, to: 2 });
      await world.advance(2 * unitMs);
      const leased = await broker.mailbox!.lease(
        'jobs',
        { consumer: 'c1', limit: 9, leaseMs: unitMs },
        brief,
      );
      assert.deepEqual(leased.entries, []);
      const { horizon, head } = await kept(broker, ['jobs', brief]);
      assert.deepEqual([horizon, head], [2, 2]);
    },
  },
  {
    name: 'mailbox: a channel of another class is none',
    power: 'mailbox',
    async run(world, leaseMs) {
      const broker = await world.connect();
      const log = resolveChannelPolicy({ class: 'log' });
      const asked = broker.mailbox!.lease('chat:1', { consumer: 'c1', limit: 1, leaseMs }, log);
      await assert.rejects(asked, UsageError);
    },
  },
];
