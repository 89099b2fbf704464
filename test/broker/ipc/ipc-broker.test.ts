import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type Broker,
  hostBroker,
  IpcBroker,
  type IpcProcess,
  MemoryBroker,
  processLink,
} from '../../../src/broker/index.ts';
import { resolveChannelPolicy, UsageError } from '../../../src/channel/index.ts';
import { describeBrokerContract } from '../../../src/testkit/broker-contract.ts';
import { settlePromises, VirtualClock } from '../../../src/testkit/virtual-clock.ts';
import { linkPair } from './link-pair.ts';

const nothing = () => assert.fail('nothing was to be delivered');
const log = resolveChannelPolicy({ class: 'log' });

describeBrokerContract({
  name: 'IpcBroker',
  unitMs: 1_000,
  async open() {
    const clock = new VirtualClock();
    let store = new MemoryBroker({ clock });
    return {
      async connect() {
        const { near, far } = linkPair();
        hostBroker(store, far);
        return IpcBroker.connect(near);
      },
      advance: (byMs) => clock.advanceAsync(byMs),
      async loseStore() {
        await store.close();
        store = new MemoryBroker({ clock });
      },
      close: () => store.close(),
    };
  },
});

async function openPair(hosted: Broker = new MemoryBroker({ clock: new VirtualClock() }), maxUnsent = 10) {
  const pair = linkPair();
  hostBroker(hosted, pair.far, { maxUnsent });
  return { hosted, pair, broker: await IpcBroker.connect(pair.near) };
}

describe('IpcBroker', () => {
  it('has the durability and the powers of the broker behind it', async () => {
    const { broker } = await openPair();
    assert.equal(broker.durability, 'memory');
    assert.ok(broker.presence && broker.mailbox);
    const bare: Broker = Object.assign(Object.create(new MemoryBroker()), {
      durability: 'disk',
      presence: undefined,
      mailbox: undefined,
    });
    const { broker: other } = await openPair(bare);
    assert.equal(other.durability, 'disk');
    assert.deepEqual([other.presence, other.mailbox], [undefined, undefined]);
  });

  it('rejects an argument that can never work as the broker behind it does', async () => {
    const { broker } = await openPair();
    await assert.rejects(broker.publish('chat:1', { data: 1, dedupeKey: '' }, log), UsageError);
  });

  it('when the link ends: calls fail with unknown effect, subscriptions are lost, later calls did nothing', async () => {
    const { broker, pair } = await openPair();
    const losses: string[] = [];
    const onLost = (reason: string) => losses.push(reason);
    (await broker.subscribe('chat:1', log)).start({ onPublication: nothing, onLost });
    (await broker.presence!.watch('chat:1')).start({ onChange: nothing, onLost });
    const unstarted = await broker.subscribe('chat:1', log);
    const underWay = broker.publish('chat:1', { data: 1 }, log);
    pair.cut();
    await assert.rejects(underWay, { code: 'BROKER_UNAVAILABLE', effect: 'unknown' });
    unstarted.start({ onPublication: nothing, onLost });
    assert.deepEqual(losses, ['unavailable', 'unavailable', 'unavailable']);
    const later = broker.publish('chat:1', { data: 1 }, log);
    await assert.rejects(later, { code: 'BROKER_UNAVAILABLE', effect: 'none' });
    await assert.rejects(IpcBroker.connect({ start: (handler) => handler.onEnd(), send() {} }), {
      code: 'BROKER_UNAVAILABLE',
    });
  });

  it('when it closes, the broker behind it and others on it go on', async () => {
    const { broker, hosted } = await openPair();
    const { broker: other } = await openPair(hosted);
    const heard: unknown[] = [];
    (await other.subscribe('chat:1', log)).start({
      onPublication: ({ data }) => heard.push(data),
      onLost: (reason) => heard.push(reason),
    });
    await broker.close();
    await hosted.publish('chat:1', { data: 'still here' }, log);
    await settlePromises();
    assert.deepEqual(heard, ['still here']);
  });

  it('when the broker behind it closes, subscriptions are lost and calls fail as unavailable', async () => {
    const { broker, hosted } = await openPair();
    const losses: string[] = [];
    (await broker.subscribe('chat:1', log)).start({
      onPublication: nothing,
      onLost: (reason) => losses.push(reason),
    });
    await settlePromises();
    await hosted.close();
    await settlePromises();
    assert.deepEqual(losses, ['unavailable']);
    await assert.rejects(broker.publish('chat:1', { data: 1 }, log), { code: 'BROKER_UNAVAILABLE' });
  });

  it('loses its subscriptions to overflow when too much waits to leave for it, and subscribes again', async () => {
    const { broker, hosted, pair } = await openPair(undefined, 3);
    const heard: unknown[] = [];
    const handler = {
      onPublication: ({ data }: { data: unknown }) => heard.push(data),
      onLost: (reason: string) => heard.push(reason),
    };
    (await broker.subscribe('chat:1', log)).start(handler);
    await settlePromises();
    pair.hold();
    for (const data of [1, 2, 3, 4, 5]) await hosted.publish('chat:1', { data }, log);
    pair.release();
    await settlePromises();
    assert.deepEqual(heard, [1, 2, 3, 4, 'overflow']);
    (await broker.subscribe('chat:1', log)).start(handler);
    await hosted.publish('chat:1', { data: 6 }, log);
    await settlePromises();
    assert.equal(heard.at(-1), 6);
  });

  it('refuses one call too many, without effect', async () => {
    const { near, far } = linkPair();
    hostBroker(new MemoryBroker(), far);
    const broker = await IpcBroker.connect(near, { maxWaiting: 1 });
    const first = broker.publish('chat:1', { data: 1 }, log);
    const second = broker.publish('chat:1', { data: 2 }, log);
    await assert.rejects(second, { code: 'BROKER_UNAVAILABLE', effect: 'none' });
    assert.equal((await first).type, 'accepted');
  });

  it('contains a handler that throws', async () => {
    const errors: unknown[] = [];
    const { near, far } = linkPair();
    const hosted = new MemoryBroker();
    hostBroker(hosted, far);
    const broker = await IpcBroker.connect(near, { onHandlerError: (error) => errors.push(error) });
    const heard: unknown[] = [];
    (await broker.subscribe('chat:1', log)).start({
      onPublication({ data }) {
        heard.push(data);
        if (data === 1) throw new Error('oops');
      },
      onLost: assert.fail,
    });
    await hosted.publish('chat:1', { data: 1 }, log);
    await hosted.publish('chat:1', { data: 2 }, log);
    await settlePromises();
    assert.deepEqual([heard, errors.length], [[1, 2], 1]);
  });

  it('serves a process of its own, byte strings too, until that process is gone', async (test) => {
    const hosted = new MemoryBroker();
    const program = fileURLToPath(new URL('./reversing-process.js', import.meta.url));
    const child = fork(program, { serialization: 'advanced' });
    test.after(() => child.kill('SIGKILL'));
    hostBroker(hosted, processLink(child));
    const answers: unknown[] = [];
    const answered = new Promise<void>((resolve) => {
      void hosted.subscribe('reversed', log).then((subscription) =>
        subscription.start({
          onPublication({ data }) {
            answers.push(data);
            if (answers.length === 2) resolve();
          },
          onLost: assert.fail,
        }),
      );
    });
    // Its other messages are the link's.
    for await (const [message] of on(child, 'message')) if (message === 'ready') break;
    await hosted.publish('words', { data: { word: 'tide' } }, log);
    await hosted.publish('words', { data: { word: Uint8Array.of(1, 2, 3) } }, log);
    await answered;
    assert.deepEqual(answers, [{ word: 'edit' }, { word: Uint8Array.of(3, 2, 1) }]);
    const exited = once(child, 'exit');
    child.disconnect();
    assert.deepEqual(await exited, [0, null]);
  });

  it('drops what no other end would send, counts it, and goes on', async () => {
    const pair = linkPair();
    const hosting = hostBroker(new MemoryBroker({ clock: new VirtualClock() }), pair.far);
    const broker = await IpcBroker.connect(pair.near);
    const strange = [
      undefined,
      null,
      7,
      'call',
      [],
      {},
      { type: 'constructor', id: 1 },
      { type: 'call', id: 1, name: 'constructor', args: [] },
      { type: 'call', id: 1, name: '__proto__', args: [] },
      { type: 'call', id: 1, name: 'toString', args: [] },
      { type: 'call', id: 1, name: 'publish' },
      { type: 'call', id: 'one', name: 'describe', args: [] },
      { type: 'listen', id: 1, to: 'everything', args: [] },
      { type: 'listen', id: 1, to: 'presence', args: null },
      { type: 'start' },
      { type: 'stop', id: -1 },
      { type: 'answer' },
      { type: 'answer', id: {}, value: 1 },
      { type: 'failure', id: 1 },
      { type: 'failure', id: 1, failure: { code: 7, effect: 'none', message: 'x' } },
      { type: 'failure', id: 1, failure: { code: undefined, effect: 'maybe', message: 'x' } },
      { type: 'failure', id: 1, failure: { code: undefined, effect: 'none', message: {} } },
      { type: 'item', id: Number.NaN },
      { type: 'lost', id: 1, reason: 'boredom' },
    ];
    for (const message of strange) {
      pair.near.send(message as object, () => undefined);
      pair.far.send(message as object, () => undefined);
    }
    await settlePromises();
    assert.equal(hosting.badMessages, strange.length);
    assert.equal(broker.badMessages, strange.length);
    const answer = await broker.publish('chat:1', { data: 1 }, log);
    assert.equal(answer.type, 'accepted');
  });

  it('answers calls with arguments that cannot be by a failure, and keeps nothing of them', async () => {
    const { broker } = await openPair();
    const presence = broker.presence!;
    const wrong = undefined as never;
    for (const call of [
      () => broker.publish(7 as never, wrong, wrong),
      () => broker.publish('a', { data: 1, producer: 7 as never }, log),
      () => broker.history('a', wrong, log),
      () => broker.subscribe('a', wrong),
      () => presence.put('a', { key: 7, clock: 'x', data: 1 } as never, { node: 'n', ttlMs: 10 }),
      () => presence.put('a', { key: 'k', clock: 1, data: 1 }, wrong),
      () => presence.put('a', { key: 'k', clock: 1, data: 1 }, { node: 'n', ttlMs: 'soon' as never }),
      () => presence.leave('a', wrong),
      () => presence.read('a', wrong),
      () => broker.mailbox!.lease('a', wrong, log),
    ]) {
      await assert.rejects(call(), String(call));
    }
    assert.deepEqual((await presence.read('a', { limit: 10 })).members, []);
  });

  it('leaves alone what is no bundle of messages, whatever it is called', () => {
    const peer = Object.assign(new EventEmitter(), { connected: true });
    const heard: unknown[] = [];
    processLink(peer as unknown as IpcProcess).start({
      onMessage: (message) => heard.push(message),
      onEnd: () => undefined,
    });
    for (const strange of [7, null, 'text', {}, [1], { 'tidewire:broker': 7 }, { 'tidewire:broker': null }]) {
      peer.emit('message', strange);
    }
    peer.emit('message', { 'tidewire:broker': ['one'] });
    assert.deepEqual(heard, ['one']);
  });
});
