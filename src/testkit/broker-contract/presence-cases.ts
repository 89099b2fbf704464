// The contract of presence: one map for all nodes, and the members of a dead node leave exactly once.

import assert from 'node:assert/strict';
import type { Broker } from '../../broker/index.ts';
import { type PresenceChange, PresenceMap, type PresenceMember } from '../../channel/index.ts';
import { Signal } from './collector.ts';
import type { BrokerCase } from './harness.ts';
import { range } from './steps.ts';

function member(key: string, clock = 1): PresenceMember {
  return { key, clock, data: { name: key } };
}

class Watcher {
  readonly changes: PresenceChange[] = [];
  readonly losses: string[] = [];
  readonly #signal = new Signal();

  static async open(broker: Broker, channel = 'room:1'): Promise<Watcher> {
    const watcher = new Watcher();
    const watch = await broker.presence!.watch(channel);
    watch.start({
      onChange: (change) => {
        watcher.changes.push(change);
        watcher.#signal.changed();
      },
      onLost: (reason) => {
        watcher.losses.push(reason);
        watcher.#signal.changed();
      },
    });
    return watcher;
  }

  get leaves(): string[] {
    return this.changes.flatMap((change) => (change.type === 'leave' ? [change.leave.key] : []));
  }

  async received(count: number): Promise<void> {
    const isThere = () => this.changes.length >= count;
    await this.#signal.until(isThere, () => `heard ${JSON.stringify(this.changes)}`);
  }
}

async function keysIn(broker: Broker, limit = 3): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const afterKey = keys.at(-1);
    const page = await broker.presence!.read('room:1', {
      ...(afterKey !== undefined && { afterKey }),
      limit,
    });
    keys.push(...page.members.map(({ key }) => key));
    if (!page.more) return keys;
  }
}

export const presenceCases: readonly BrokerCase[] = [
  {
    name: 'presence: members enter, change and leave, numbered from 1, the same for every node',
    power: 'presence',
    async run(world, unitMs) {
      const [one, two] = [await world.connect(), await world.connect()];
      const watchers = [await Watcher.open(one), await Watcher.open(two)];
      const lease = { node: 'n1', ttlMs: 100 * unitMs };
      const entered = await one.presence!.put('room:1', member('a'), lease);
      assert.deepEqual([entered.applied, entered.position.offset], [true, 1]);
      await one.presence!.put('room:1', { ...member('a', 2), away: true }, lease);
      const left = await two.presence!.leave('room:1', { key: 'a', clock: 3, isServerMade: false });
      assert.deepEqual(left, { applied: true, position: { epoch: entered.position.epoch, offset: 3 } });
      for (const watcher of watchers) {
        await watcher.received(3);
        assert.deepEqual(watcher.changes, [
          { type: 'put', offset: 1, member: member('a') },
          { type: 'put', offset: 2, member: { ...member('a', 2), away: true } },
          { type: 'leave', offset: 3, leave: { key: 'a', clock: 3, isServerMade: false } },
        ]);
      }
      assert.deepEqual(await keysIn(two), []);
    },
  },
  {
    name: 'presence: the higher clock wins, and what lost takes no offset',
    power: 'presence',
    async run(world, unitMs) {
      const { presence } = await world.connect();
      const lease = { node: 'n1', ttlMs: 100 * unitMs };
      await presence!.put('room:1', member('a', 5), lease);
      const losers = [
        await presence!.put('room:1', member('a', 4), lease),
        await presence!.put('room:1', member('a', 5), lease),
        await presence!.leave('room:1', { key: 'a', clock: 4, isServerMade: false }),
        await presence!.leave('room:1', { key: 'a', clock: 5, isServerMade: true }),
      ];
      for (const { applied, position } of losers) assert.deepEqual([applied, position.offset], [false, 1]);
    },
  },
  {
    name: 'presence: a leave that the server made loses a tie, in either order',
    power: 'presence',
    async run(world, unitMs) {
      const broker = await world.connect();
      const { presence } = broker;
      const lease = { node: 'n1', ttlMs: 100 * unitMs };
      for (const key of ['late', 'early']) await presence!.put('room:1', member(key, 1), lease);
      // The connection came back under clock 2, while its old node gave it up as 1 + 1.
      await presence!.put('room:1', member('early', 2), { ...lease, node: 'n2' });
      await presence!.leave('room:1', { key: 'early', clock: 2, isServerMade: true });
      await presence!.leave('room:1', { key: 'late', clock: 2, isServerMade: true });
      await presence!.put('room:1', member('late', 2), { ...lease, node: 'n2' });
      assert.deepEqual(await keysIn(broker), ['early', 'late']);
    },
  },
  {
    name: 'presence: a leave is remembered, so that an older put does not enter again',
    power: 'presence',
    async run(world, unitMs) {
      const broker = await world.connect();
      const lease = { node: 'n1', ttlMs: 100 * unitMs };
      await broker.presence!.put('room:1', member('a', 2), lease);
      await broker.presence!.leave('room:1', { key: 'a', clock: 3, isServerMade: false });
      const revived = await broker.presence!.put('room:1', member('a', 2), lease);
      assert.equal(revived.applied, false);
      assert.deepEqual(await keysIn(broker), []);
    },
  },
  {
    name: 'presence: the members of a node that renews no more leave, each once, told to all',
    power: 'presence',
    async run(world, unitMs) {
      const [one, two] = [await world.connect(), await world.connect()];
      const watchers = [await Watcher.open(one), await Watcher.open(two)];
      for (const key of ['a', 'b', 'c'])
        await one.presence!.put('room:1', member(key), { node: 'n1', ttlMs: 2 * unitMs });
      await two.presence!.put('room:1', member('z'), { node: 'n2', ttlMs: 100 * unitMs });
      await world.advance(4 * unitMs);
      for (const watcher of watchers) {
        await watcher.received(7);
        assert.deepEqual(watcher.leaves.sort(), ['a', 'b', 'c']);
        assert.deepEqual(
          watcher.changes.map(({ offset }) => offset),
          range(1, 7),
        );
        for (const change of watcher.changes) {
          if (change.type === 'leave')
            assert.deepEqual([change.leave.clock, change.leave.isServerMade], [2, true]);
        }
      }
      assert.deepEqual(await keysIn(two), ['z']);
      await world.advance(4 * unitMs);
      assert.deepEqual(watchers[0]!.changes.length, 7, 'nobody leaves twice');
    },
  },
  {
    name: 'presence: a node that renews keeps its members; one that comes too late learns that they left',
    power: 'presence',
    async run(world, unitMs) {
      const broker = await world.connect();
      const lease = { node: 'n1', ttlMs: 2 * unitMs };
      await broker.presence!.put('room:1', member('a'), lease);
      for (let count = 0; count < 5; count++) {
        await world.advance(unitMs);
        assert.equal(await broker.presence!.renewLease(lease), true);
      }
      assert.deepEqual(await keysIn(broker), ['a']);
      await world.advance(4 * unitMs);
      assert.deepEqual(await keysIn(broker), []);
      assert.equal(await broker.presence!.renewLease(lease), false);
      assert.equal((await broker.presence!.put('room:1', member('a', 3), lease)).applied, true);
    },
  },
  {
    name: 'presence: a put that begins a lease anew says so, and one under a lease does not',
    power: 'presence',
    async run(world, unitMs) {
      const { presence } = await world.connect();
      const lease = { node: 'n1', ttlMs: 2 * unitMs };
      assert.equal((await presence!.put('room:1', member('a'), lease)).leaseBegan, true);
      assert.equal((await presence!.put('room:2', member('a'), lease)).leaseBegan, undefined);
      assert.equal(
        (await presence!.put('room:1', member('a'), lease)).leaseBegan,
        undefined,
        'nor when it lost',
      );
      await world.advance(4 * unitMs);
      // The member of room:2 has left with the lease: only by this answer does the node learn it.
      assert.equal((await presence!.put('room:1', member('a', 3), lease)).leaseBegan, true);
      assert.equal((await presence!.read('room:2', { limit: 1 })).count, 0);
      await presence!.endLease('n1');
      assert.equal(await presence!.renewLease(lease), false);
      assert.equal(
        (await presence!.put('room:1', member('a', 5), lease)).leaseBegan,
        undefined,
        'a renewal began it',
      );
    },
  },
  {
    name: 'presence: a member that another node has put stays when its first node dies',
    power: 'presence',
    async run(world, unitMs) {
      const broker = await world.connect();
      await broker.presence!.put('room:1', member('a', 1), { node: 'n1', ttlMs: 2 * unitMs });
      await broker.presence!.put('room:1', member('a', 2), { node: 'n2', ttlMs: 100 * unitMs });
      await broker.presence!.put('room:1', member('b', 1), { node: 'n1', ttlMs: 2 * unitMs });
      await world.advance(4 * unitMs);
      assert.deepEqual(await keysIn(broker), ['a']);
    },
  },
  {
    name: 'presence: a node that ends its lease takes its members with it at once',
    power: 'presence',
    async run(world, unitMs) {
      const broker = await world.connect();
      const watcher = await Watcher.open(broker);
      const lease = { node: 'n1', ttlMs: 100 * unitMs };
      for (const key of ['a', 'b']) await broker.presence!.put('room:1', member(key), lease);
      await broker.presence!.endLease('n1');
      await broker.presence!.endLease('n1');
      // The connection's own goodbye comes late: it wins the tie, but there is nobody left to leave.
      const late = await broker.presence!.leave('room:1', { key: 'a', clock: 2, isServerMade: false });
      assert.deepEqual([late.applied, late.position.offset], [false, 4]);
      await watcher.received(4);
      assert.deepEqual(watcher.leaves.sort(), ['a', 'b']);
      assert.deepEqual(await keysIn(broker), []);
    },
  },
  {
    name: 'presence: a watch and pages that race with changes end in the same map as the broker’s',
    power: 'presence',
    async run(world, unitMs) {
      const [writer, reader] = [await world.connect(), await world.connect()];
      const lease = { node: 'n1', ttlMs: 100 * unitMs };
      const keys = range(1, 20).map((index) => `k${String(index).padStart(2, '0')}`);
      for (const key of keys) await writer.presence!.put('room:1', member(key), lease);
      const map = new PresenceMap();
      const watch = await reader.presence!.watch('room:1');
      let lastOffset = watch.position.offset;
      const last = keys.length * 3 - Math.floor(keys.length / 2);
      const heardAll = new Promise<void>((resolve, reject) => {
        watch.start({
          onChange: (change) => {
            assert.equal(change.offset, lastOffset + 1);
            lastOffset = change.offset;
            map.apply(change);
            if (change.offset === last) resolve();
          },
          onLost: (reason) => reject(new Error(`watch lost: ${reason}`)),
        });
      });
      const changing = (async () => {
        for (const [index, key] of keys.entries()) {
          await writer.presence!.put('room:1', member(key, 2), lease);
          if (index % 2 === 0) await writer.presence!.leave('room:1', { key, clock: 3, isServerMade: false });
        }
      })();
      let afterKey: string | undefined;
      for (;;) {
        const query = { limit: 3, ...(afterKey !== undefined && { afterKey }) };
        const page = await reader.presence!.read('room:1', query);
        for (const each of page.members) map.put(each);
        afterKey = page.members.at(-1)?.key ?? afterKey;
        if (!page.more) break;
      }
      await changing;
      await heardAll;
      const page = await reader.presence!.read('room:1', { limit: 100 });
      assert.equal(page.count, 10);
      assert.deepEqual(map.members(), page.members);
    },
  },
];
