import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durableOutbox, type RealtimeClient, type RestoredPublication } from '../../../src/client/index.ts';
import { VirtualNet } from '../virtual-net.ts';
import { MemoryStore } from './memory-store.ts';

interface Life {
  readonly client: RealtimeClient<undefined>;
  readonly restored: RestoredPublication[];
  /** The page is gone: nothing of it is called any more. */
  end(): void;
}

/** A client whose page can end at any moment. */
async function live(net: VirtualNet, store: MemoryStore): Promise<Life> {
  const restored: RestoredPublication[] = [];
  const client = await net.connected({
    outbox: durableOutbox({ store, onRestored: (publications) => restored.push(...publications) }),
  });
  return { client, restored, end: () => net.endLives() };
}

/** All that is in the channel, in order. */
function published(net: VirtualNet): unknown[] {
  return net.rig
    .greeted()
    .ask({ t: 'hist', ch: 'chat', dir: 'fwd', n: 100 }, 20)
    .ok.m.map(({ d }: { d: unknown }) => d);
}

describe('durableOutbox', () => {
  it('sends in a later life what was published offline, in order, before what is published then', async () => {
    const net = new VirtualNet();
    const store = new MemoryStore();
    net.dead.add('ws://node-1');
    const first = await live(net, store);
    void first.client.channel('chat').publish('1');
    void first.client.channel('chat').publish('2', { key: 'mine' });
    await net.advance();
    first.end();
    net.dead.clear();

    const second = await live(net, store);
    void second.client.channel('chat').publish('3');
    await net.advance(100);
    assert.deepEqual(published(net), ['1', '2', '3']);
    assert.deepEqual(
      second.restored.map(({ data, key }) => [data, key]),
      [
        ['1', undefined],
        ['2', 'mine'],
      ],
    );
    assert.equal((await second.restored[1]!.position).offset, 2);
    assert.equal(store.entries.size, 0);
  });

  it('publishes once what was sent before the page was reloaded', async () => {
    const net = new VirtualNet();
    const store = new MemoryStore();
    const first = await live(net, store);
    void first.client.channel('chat').publish('once');
    // Long enough to be appended, and not for the answer to come back.
    net.rig.advance(3);
    await net.settled();
    first.end();
    assert.equal(store.entries.size, 1);

    const second = await live(net, store);
    await net.advance(100);
    assert.equal((await second.restored[0]!.position).offset, 1);
    assert.deepEqual(published(net), ['once']);
  });

  it('tells that the outcome is unknown when the server has forgotten what was sent', async () => {
    const net = new VirtualNet({ channels: { chat: { class: 'log', producerWindowMs: 60_000 } } });
    const store = new MemoryStore();
    const first = await live(net, store);
    await Promise.all([first.client.channel('chat').publish('1'), net.advance()]);
    void first.client.channel('chat').publish('2');
    net.rig.advance(3);
    await net.settled();
    first.end();
    await net.advance(120_000);

    const second = await live(net, store);
    const told = assert.rejects(second.restored[0]!.position, { code: 'producer_expired' });
    await net.advance(100);
    await told;
    assert.deepEqual(published(net), ['1', '2']);
    assert.equal(store.entries.size, 0);
  });

  it('publishes what was surely never sent, however long it has waited', async () => {
    const net = new VirtualNet({ channels: { chat: { class: 'log', producerWindowMs: 60_000 } } });
    const store = new MemoryStore();
    const first = await live(net, store);
    await Promise.all([first.client.channel('chat').publish('1'), net.advance()]);
    net.dead.add('ws://node-1');
    net.socket.cut();
    void first.client.channel('chat').publish('2');
    void first.client.channel('chat').publish('3');
    await net.advance();
    first.end();
    await net.advance(120_000);
    net.dead.clear();

    const second = await live(net, store);
    void second.client.channel('chat').publish('4');
    await net.advance(200);
    assert.deepEqual(published(net), ['1', '2', '3', '4']);
    assert.equal(store.entries.size, 0);
  });

  it('sends nothing that the store says was never sent, before the store knows better', async () => {
    const net = new VirtualNet();
    const store = new MemoryStore();
    net.dead.add('ws://node-1');
    const first = await live(net, store);
    void first.client.channel('chat').publish('1');
    await net.advance();
    first.end();
    net.dead.clear();

    store.isStalled = true;
    const second = await live(net, store);
    void second.client.channel('chat').publish('2');
    await net.advance(100);
    assert.deepEqual(published(net), [], 'nor what was published after it');
    store.flush();
    await net.advance(100);
    assert.deepEqual(published(net), ['1', '2']);
  });

  it('goes on with what three lives have left', async () => {
    const net = new VirtualNet();
    const store = new MemoryStore();
    net.dead.add('ws://node-1');
    for (const text of ['1', '2', '3']) {
      const life = await live(net, store);
      void life.client.channel('chat').publish(text);
      await net.advance();
      life.end();
    }
    net.dead.clear();
    const last = await live(net, store);
    assert.equal(last.restored.length, 3);
    await net.advance(200);
    assert.deepEqual(published(net), ['1', '2', '3']);
    assert.equal(store.entries.size, 0);
  });

  it('goes on without a store that fails, and reports it', async () => {
    const net = new VirtualNet();
    const store = new MemoryStore();
    store.failure = new Error('disk full');
    const { client } = await live(net, store);
    const [position] = await Promise.all([client.channel('chat').publish('1'), net.advance(100)]);
    assert.equal(position.offset, 1);
    assert.ok(net.errors.length > 0 && net.errors.every((error) => error === store.failure));
  });

  it('leaves alone what is no entry in its store, tells of it, and sends the others', async () => {
    const net = new VirtualNet();
    const store = new MemoryStore();
    const good = {
      id: 'good',
      order: 1,
      channel: 'chat',
      producer: 'earlier',
      sequence: 1,
      isSent: false,
      fields: { data: 'good' },
    };
    const strange: readonly unknown[] = [
      undefined,
      null,
      'text',
      {},
      { ...good, id: 7 },
      { ...good, order: Number.NaN },
      { ...good, channel: undefined },
      { ...good, producer: '' },
      { ...good, producer: 'x'.repeat(65) },
      { ...good, sequence: 0 },
      { ...good, sequence: '1' },
      { ...good, isSent: undefined },
      { ...good, fields: null },
      { ...good, fields: {} },
      { ...good, fields: { data: 7n } },
      { ...good, fields: { data: new Map() } },
      { ...good, fields: { data: 1, key: '' } },
      { ...good, fields: { data: 1, key: {} } },
      { ...good, fields: { data: 1, stateKey: 7 } },
      { ...good, fields: { data: null, stateKey: 'k', removed: 1 } },
    ];
    for (const [index, entry] of strange.entries()) store.entries.set(`strange ${index}`, entry as never);
    store.entries.set('good', good);
    const { client, restored } = await live(net, store);
    void client.channel('chat').publish('now');
    await net.advance(100);
    assert.deepEqual(published(net), ['good', 'now']);
    assert.equal(restored.length, 1);
    assert.equal(net.errors.length, strange.length);
    assert.equal(store.entries.size, strange.length, 'a later version may know what they are');
  });

  it('keeps the lanes of earlier lives apart, whatever their names hold', async () => {
    const net = new VirtualNet({ channels: { a: { class: 'log' }, b: { class: 'log' } } });
    const store = new MemoryStore();
    for (const [order, channel, producer] of [
      [1, 'a', 'p'],
      [2, 'b', 'p'],
      [3, 'a', 'p b'],
      [4, 'b', 'a'],
    ] as const) {
      const id = `${order}`;
      store.entries.set(id, {
        id,
        order,
        channel,
        producer,
        sequence: 1,
        isSent: false,
        fields: { data: id },
      });
    }
    const { client } = await live(net, store);
    const refused = assert.rejects(client.channel('p a').publish('elsewhere'), { code: 'unknown_channel' });
    await net.advance(100);
    await refused;
    const peer = net.rig.greeted();
    const read = (ch: string): unknown[] =>
      peer.ask({ t: 'hist', ch, dir: 'fwd', n: 9 }, 20).ok.m.map(({ d }: { d: unknown }) => d);
    assert.deepEqual(
      [read('a'), read('b')],
      [
        ['1', '3'],
        ['2', '4'],
      ],
    );
  });
});
