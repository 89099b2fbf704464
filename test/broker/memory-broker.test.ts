import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryBroker } from '../../src/broker/index.ts';
import { resolveChannelPolicy } from '../../src/channel/index.ts';
import { describeBrokerContract } from '../../src/testkit/broker-contract.ts';
import { VirtualClock } from '../../src/testkit/virtual-clock.ts';

const log = resolveChannelPolicy({ class: 'log' });

describeBrokerContract({
  name: 'MemoryBroker',
  unitMs: 1_000,
  async open() {
    const clock = new VirtualClock();
    let broker = new MemoryBroker({ clock });
    return {
      connect: async () => broker,
      advance: async (byMs) => clock.advance(byMs),
      async loseStore() {
        await broker.close();
        broker = new MemoryBroker({ clock });
      },
      close: () => broker.close(),
    };
  },
  async openSmall() {
    const clock = new VirtualClock();
    const broker = new MemoryBroker({ clock, maxChannels: 3, maxMembers: 3 });
    return {
      connect: async () => broker,
      advance: async (byMs) => clock.advance(byMs),
      close: () => broker.close(),
    };
  },
});

describe('MemoryBroker', () => {
  it('forgets a channel that is empty and unused, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    const broker = new MemoryBroker({ clock, idleMs: 1_000 });
    const policy = resolveChannelPolicy({ class: 'log', history: { maxAgeMs: 5_000 } });
    const first = await broker.publish('chat:1', { data: 1 }, policy);
    clock.advance(4_000);
    const second = await broker.publish('chat:1', { data: 2 }, policy);
    assert.ok(first.type === 'accepted' && second.type === 'accepted');
    assert.equal(second.position.epoch, first.position.epoch);
    clock.advance(60_000);
    assert.equal(clock.pendingTimers, 0);
    const third = await broker.publish('chat:1', { data: 3 }, policy);
    assert.ok(third.type === 'accepted');
    assert.notEqual(third.position.epoch, first.position.epoch);
    assert.equal(third.position.offset, 1);
  });

  it('keeps an empty channel that somebody listens to, and one with state or unacknowledged entries', async () => {
    const clock = new VirtualClock();
    const broker = new MemoryBroker({ clock, idleMs: 1_000 });
    const brief = resolveChannelPolicy({ class: 'log', history: { maxAgeMs: 10 } });
    const state = resolveChannelPolicy({ class: 'state' });
    const { position } = await broker.subscribe('chat:1', brief);
    await broker.publish('prices', { data: 1, stateKey: 'a' }, state);
    clock.advance(100_000_000);
    assert.deepEqual((await broker.subscribe('chat:1', brief)).position, position);
    const page = await broker.history('prices', { type: 'forward', limit: 5 }, state);
    assert.equal(page.type === 'page' && page.publications.length, 1);
    await broker.close();
    assert.equal(clock.pendingTimers, 0);
  });

  it('counts bytes of all channels: the oldest of the same log give way, those of others never do', async () => {
    const reached: string[] = [];
    const broker = new MemoryBroker({
      clock: new VirtualClock(),
      maxStoredBytes: 1_000,
      onLimit: (limit) => reached.push(limit),
    });
    // 144 and the characters, each.
    const text = 'x'.repeat(56);
    const publish = (name: string, data = text) => broker.publish(name, { data }, log);
    const offsets = async (name: string) => {
      const page = await broker.history(name, { type: 'forward', limit: 10 }, log);
      return page.type === 'page' ? page.publications.map(({ offset }) => offset) : page;
    };
    for (let count = 0; count < 5; count++) await publish('a');
    assert.deepEqual(await offsets('a'), [1, 2, 3, 4, 5]);
    assert.deepEqual(reached, []);
    await publish('a');
    assert.deepEqual(await offsets('a'), [2, 3, 4, 5, 6], 'trimmed before its time, and the horizon tells');
    assert.deepEqual(await publish('b'), { type: 'refused', reason: 'full' });
    assert.deepEqual(await publish('a', 'x'.repeat(2_000)), { type: 'refused', reason: 'full' });
    assert.deepEqual(await offsets('a'), [2, 3, 4, 5, 6], 'for what would never fit, nothing goes');
    assert.deepEqual(reached, ['maxStoredBytes', 'maxStoredBytes']);
  });

  it('counts bytes of states, mailboxes, producers and dedupe keys, and counts them out again', async () => {
    const clock = new VirtualClock();
    const broker = new MemoryBroker({ clock, maxStoredBytes: 1_000 });
    const state = resolveChannelPolicy({ class: 'state', history: { maxAgeMs: 10 } });
    const mailbox = resolveChannelPolicy({ class: 'mailbox' });
    const brief = resolveChannelPolicy({
      class: 'log',
      producerWindowMs: 10,
      dedupeWindowMs: 10,
      history: { maxAgeMs: 10 },
    });
    const half = 'x'.repeat(300);
    const answers: string[] = [];
    const publish = async (...call: Parameters<MemoryBroker['publish']>): Promise<void> => {
      const answer = await broker.publish(...call);
      answers.push(answer.type === 'refused' ? answer.reason : answer.type);
    };
    const told = () => answers.splice(0);
    await publish('state', { data: half, stateKey: 'k1' }, state);
    await publish('state', { data: half, stateKey: 'k1' }, state);
    await publish('state', { data: half, stateKey: 'k2' }, state);
    await publish('state', { data: half, stateKey: 'k3' }, state);
    assert.deepEqual(told(), ['accepted', 'accepted', 'accepted', 'full'], 'k1 takes the place of itself');
    for (const stateKey of ['k1', 'k2'])
      await publish('state', { data: null, stateKey, removed: true }, state);
    clock.advance(1_000);
    await broker.history('state', { type: 'forward', limit: 1 }, state);
    await publish('box', { data: half }, mailbox);
    await publish('box', { data: half }, mailbox);
    await publish('box', { data: half }, mailbox);
    assert.deepEqual(told(), ['accepted', 'accepted', 'accepted', 'accepted', 'full']);
    const { epoch } = await broker.mailbox.lease('box', { consumer: 'c', limit: 5, leaseMs: 1_000 }, mailbox);
    await broker.mailbox.acknowledge('box', { consumer: 'c', epoch, offsets: [1, 2] });
    await publish('log', { data: 1, dedupeKey: 'k', producer: { id: 'p', sequence: 1 } }, brief);
    await publish('log', { data: 2, dedupeKey: 'l', producer: { id: 'q', sequence: 1 } }, brief);
    assert.deepEqual(told(), ['accepted', 'full'], '144 for the publication, twice 256 to remember');
    clock.advance(1_000);
    await publish('log', { data: 2, dedupeKey: 'l', producer: { id: 'q', sequence: 1 } }, brief);
    assert.deepEqual(told(), ['accepted']);
  });

  it('gives back what a channel held that changes its class, or is forgotten', async () => {
    const clock = new VirtualClock();
    const broker = new MemoryBroker({ clock, maxStoredBytes: 1_000, idleMs: 1_000 });
    const state = resolveChannelPolicy({ class: 'state' });
    const brief = resolveChannelPolicy({ class: 'log', history: { maxAgeMs: 10 } });
    const data = 'x'.repeat(600);
    for (let count = 0; count < 3; count++) {
      assert.equal((await broker.publish('a', { data }, brief)).type, 'accepted');
      assert.equal((await broker.publish('a', { data, stateKey: 'k' }, state)).type, 'accepted');
    }
    assert.equal((await broker.publish('a', { data }, brief)).type, 'accepted');
    clock.advance(5_000);
    assert.equal((await broker.publish('b', { data }, brief)).type, 'accepted');
  });

  for (const [name, value] of [
    ['maxChannels', 0],
    ['maxStoredBytes', Number.POSITIVE_INFINITY],
    ['maxMembers', Number.NaN],
    ['maxRemembered', -1],
    ['maxHeld', 1.5],
    ['idleMs', 2 ** 31],
  ] as const) {
    it(`refuses ${name} of ${value}`, () => {
      assert.throws(() => new MemoryBroker({ [name]: value }), new RegExp(`^UsageError.*: ${name} must be`));
    });
  }

  it('refuses one channel too many', async () => {
    const broker = new MemoryBroker({ clock: new VirtualClock(), maxChannels: 2 });
    await broker.publish('a', { data: 1 }, log);
    await broker.publish('b', { data: 1 }, log);
    await assert.rejects(broker.subscribe('c', log), { code: 'BROKER_FULL', effect: 'none' });
    await broker.publish('a', { data: 2 }, log);
  });

  it('refuses a publish for which it could not remember producer or dedupe key', async () => {
    const broker = new MemoryBroker({ clock: new VirtualClock(), maxRemembered: 1 });
    const full = { type: 'refused', reason: 'full' };
    await broker.publish('a', { data: 1, dedupeKey: 'k1', producer: { id: 'p1', sequence: 1 } }, log);
    assert.deepEqual(await broker.publish('a', { data: 2, dedupeKey: 'k2' }, log), full);
    assert.deepEqual(await broker.publish('a', { data: 2, producer: { id: 'p2', sequence: 1 } }, log), full);
    const next = await broker.publish('a', { data: 2, producer: { id: 'p1', sequence: 2 } }, log);
    assert.ok(next.type === 'accepted' && next.position.offset === 2);
  });

  it('loses a subscription that is never started to overflow, after what it held', async () => {
    const broker = new MemoryBroker({ clock: new VirtualClock(), maxHeld: 2 });
    const subscription = await broker.subscribe('a', log);
    for (const data of [1, 2, 3]) await broker.publish('a', { data }, log);
    const heard: unknown[] = [];
    subscription.start({
      onPublication: ({ data }) => heard.push(data),
      onLost: (reason) => heard.push(reason),
    });
    await broker.publish('a', { data: 4 }, log);
    assert.deepEqual(heard, [1, 2, 'overflow']);
  });

  it('contains a handler that throws: others hear it, the publisher gets its answer, it goes on', async () => {
    const errors: unknown[] = [];
    const broker = new MemoryBroker({
      clock: new VirtualClock(),
      onHandlerError: (error) => errors.push(error),
    });
    const heard: unknown[] = [];
    const onLost = () => assert.fail();
    (await broker.subscribe('a', log)).start({
      onPublication() {
        throw new Error('handler');
      },
      onLost,
    });
    (await broker.subscribe('a', log)).start({ onPublication: ({ data }) => heard.push(data), onLost });
    for (const data of [1, 2]) assert.equal((await broker.publish('a', { data }, log)).type, 'accepted');
    assert.deepEqual(heard, [1, 2]);
    assert.equal(errors.length, 2);
  });

  it('lets go of channels that were only looked at when there is room for no other: strangers cannot fill it', async () => {
    const clock = new VirtualClock();
    const broker = new MemoryBroker({ clock, maxChannels: 3 });
    const [kept, listened] = [
      await broker.publish('kept', { data: 1 }, log),
      await broker.subscribe('listened', log),
    ];
    for (let index = 0; index < 10; index++) {
      clock.advance(1_000);
      (await broker.subscribe(`glance:${index}`, log)).close();
      await broker.history(`page:${index}`, { type: 'forward', limit: 0 }, log).catch(() => undefined);
    }
    clock.advance(1_000);
    assert.ok((await broker.publish('new', { data: 1 }, log)).type === 'accepted');
    assert.ok(kept.type === 'accepted');
    const { kept: still } = await broker.history('kept', { type: 'forward', limit: 0 }, log);
    assert.deepEqual([still.epoch, still.head], [kept.position.epoch, 1]);
    assert.equal((await broker.subscribe('listened', log)).position.epoch, listened.position.epoch);
    await assert.rejects(broker.publish('one more', { data: 1 }, log), { code: 'BROKER_FULL' });
  });

  it('bounds the channels whose presence is looked at, and keeps those where somebody is', async () => {
    const clock = new VirtualClock();
    const presence = new MemoryBroker({ clock, maxChannels: 3 }).presence;
    const lease = { node: 'n', ttlMs: 1_000_000 };
    await presence.put('there', { key: 'ann', clock: 1, data: 1 }, lease);
    await presence.watch('watched');
    for (let index = 0; index < 10; index++) {
      clock.advance(1_000);
      await presence.read(`glance:${index}`, { limit: 1 });
    }
    assert.equal((await presence.read('there', { limit: 1 })).count, 1);
    await presence.put('also', { key: 'bob', clock: 1, data: 1 }, lease).catch(() => undefined);
    clock.advance(1_000);
    await presence.put('also', { key: 'bob', clock: 1, data: 1 }, lease);
    clock.advance(1_000);
    await assert.rejects(presence.read('one more', { limit: 1 }), { code: 'BROKER_FULL', effect: 'none' });
  });

  it('remembers no more for one publisher than its share: nobody else is refused for its sake', async () => {
    const store = new MemoryBroker({ clock: new VirtualClock(), maxRemembered: 40 });
    const first = (publisher: string | undefined, id: string) =>
      store.publish('a', { data: 1, producer: { id, sequence: 1 }, ...(publisher && { publisher }) }, log);
    const keyed = (publisher: string | undefined, dedupeKey: string) =>
      store.publish('b', { data: 1, dedupeKey, ...(publisher && { publisher }) }, log);
    for (const publish of [first, keyed]) {
      const outcome = async (publisher?: string): Promise<string[]> => {
        const answers: string[] = [];
        for (let index = 0; index < 30; index++) answers.push((await publish(publisher, `${index}`)).type);
        return answers.filter((type) => type === 'accepted');
      };
      assert.equal((await outcome('greedy')).length, 4, 'a tenth for a subject');
      assert.equal((await outcome('other')).length, 4);
      assert.equal((await outcome()).length, 20, 'half of it for guests');
      assert.equal((await outcome('third')).length, 4);
    }
    const again = await store.publish(
      'a',
      { data: 2, publisher: 'greedy', producer: { id: '0', sequence: 2 } },
      log,
    );
    assert.equal(again.type, 'accepted', 'whoever is known goes on');
  });
});
