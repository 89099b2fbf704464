// The contract of a broker that is full: it says so before anything has happened, and names that nobody uses make room.

import assert from 'node:assert/strict';
import { type Broker, BrokerError } from '../../broker/index.ts';
import type { PresenceMember } from '../../channel/index.ts';
import type { BrokerCase } from './harness.ts';
import { accepted, logPolicy, readAll } from './steps.ts';

const lease = { node: 'node-1', ttlMs: 60_000_000 };

function member(key: string, clock = 1): PresenceMember {
  return { key, clock, data: null };
}

/** Full, and nothing has happened. */
function isFull(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'BROKER_FULL' && error.effect === 'none';
}

async function fill(broker: Broker): Promise<void> {
  for (const name of ['a', 'b', 'c']) await accepted(broker, { data: name }, [name, logPolicy]);
}

export const roomCases: readonly BrokerCase[] = [
  {
    name: 'room: one channel too many is refused, and the others go on',
    isSmall: true,
    async run(world) {
      const broker = await world.connect();
      await fill(broker);
      await assert.rejects(broker.publish('d', { data: 1 }, logPolicy), isFull);
      // To look into one more may be refused too, or show that there is nothing.
      const looks = [
        broker.subscribe('e', logPolicy).then((subscription) => subscription.close()),
        broker.history('f', { type: 'forward', limit: 0 }, logPolicy),
      ];
      for (const look of looks) await look.catch((error) => assert.ok(isFull(error)));
      await accepted(broker, { data: 'more' }, ['a', logPolicy]);
      const kept = await readAll(broker, ['a', logPolicy]);
      assert.deepEqual(
        kept.map(({ data }) => data),
        ['a', 'more'],
      );
    },
  },
  {
    name: 'room: names that were only looked into keep nobody out',
    isSmall: true,
    async run(world, unitMs) {
      const broker = await world.connect();
      for (const name of ['x', 'y', 'z']) {
        const subscription = await broker.subscribe(name, logPolicy);
        await broker.history(name, { type: 'forward', limit: 1 }, logPolicy);
        subscription.close();
      }
      await world.advance(2 * unitMs);
      await fill(broker);
      await world.advance(2 * unitMs);
      await assert.rejects(broker.publish('x', { data: 1 }, logPolicy), isFull);
      for (const name of ['a', 'b', 'c']) assert.equal((await readAll(broker, [name, logPolicy])).length, 1);
    },
  },
  {
    name: 'room: one member too many is refused; those who are there may change and leave, which makes room',
    power: 'presence',
    isSmall: true,
    async run(world) {
      const { presence } = await world.connect();
      for (const key of ['ann/1', 'bob/1', 'eve/1']) await presence!.put('a', member(key), lease);
      await assert.rejects(presence!.put('a', member('joe/1'), lease), isFull);
      await assert.rejects(presence!.put('b', member('joe/1'), lease), isFull);
      assert.equal((await presence!.put('a', member('ann/1', 2), lease)).applied, true);
      await presence!.leave('a', { key: 'bob/1', clock: 2, isServerMade: false });
      assert.equal((await presence!.put('b', member('joe/1'), lease)).applied, true);
      await presence!.endLease(lease.node);
      for (const key of ['ann/2', 'bob/2', 'eve/2']) await presence!.put('a', member(key), lease);
      const { members } = await presence!.read('a', { limit: 10 });
      assert.deepEqual(
        members.map(({ key }) => key),
        ['ann/2', 'bob/2', 'eve/2'],
      );
    },
  },
  {
    name: 'room: channels whose presence was only looked into keep nobody out',
    power: 'presence',
    isSmall: true,
    async run(world, unitMs) {
      const { presence } = await world.connect();
      for (const name of ['x', 'y', 'z']) (await presence!.watch(name)).close();
      await world.advance(2 * unitMs);
      await presence!.put('a', member('ann/1'), lease);
      const watches = [await presence!.watch('b'), await presence!.watch('c')];
      await world.advance(2 * unitMs);
      await assert.rejects(presence!.watch('d'), isFull);
      for (const watch of watches) watch.close();
      await world.advance(2 * unitMs);
      await presence!.put('d', member('bob/1'), lease);
      assert.equal((await presence!.read('a', { limit: 1 })).count, 1);
    },
  },
];
