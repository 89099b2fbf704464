import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineChannel, defineContract } from '../../../src/channel/index.ts';
import { InvalidPayloadError, UsageError } from '../../../src/client/index.ts';
import { VirtualNet } from '../virtual-net.ts';

const contract = defineContract({
  title: 'Test',
  version: '1.0.0',
  channels: {
    chat: defineChannel('chat', {
      class: 'log',
      payload: z.string().trim().min(1).max(20),
      allow: { subscribe: 'anyone', publish: 'anyone' },
    }),
    typing: defineChannel('typing', { class: 'signal', payload: z.string(), allow: { subscribe: 'anyone' } }),
    prices: defineChannel('prices', {
      class: 'state',
      payload: z.string(),
      stateKey: (price) => price.slice(0, 1),
      allow: { subscribe: 'anyone' },
    }),
  },
});

const channels = {
  chat: { class: 'log' },
  typing: { class: 'signal' },
  prices: { class: 'state' },
} as const;

describe('Channel', () => {
  it('is the same object each time, and needs a contract', async () => {
    const client = await new VirtualNet().connected({ contracts: contract });
    assert.equal(client.channel('chat'), client.channel('chat'));
    assert.throws(() => client.channel('weather' as 'chat'), UsageError);
  });

  it('publishes before there is a connection, and tells the position when it is appended', async () => {
    const net = new VirtualNet({ channels });
    const client = net.client({ contracts: contract });
    const published = client.channel('chat').publish('first');
    client.connect();
    assert.equal(client.unanswered, 1);
    await net.advance();
    assert.equal((await published).offset, 1);
    assert.equal(client.unanswered, 0);
  });

  it('publishes once what was sent twice, because the answer was lost', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract });
    const heard: string[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    const published = client.channel('chat').publish('once');
    net.rig.advance(3);
    net.socket.cut();
    await net.advance(1_000);
    assert.equal((await published).offset, 1);
    assert.deepEqual(heard, ['once']);
  });

  it('publishes what validation made of it', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract });
    const heard: string[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    void client.channel('chat').publish('  hi ');
    await net.advance();
    assert.deepEqual(heard, ['hi']);
  });

  it('refuses here what does not fit the contract, and says where', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract });
    await assert.rejects(client.channel('chat').publish(''), (error: { code: string; body: object }) => {
      assert.equal(error.code, 'schema');
      assert.equal((error.body as { path: string }).path, '$');
      return true;
    });
    assert.equal(client.unanswered, 0);
  });

  it('does not deliver what does not fit the contract, and reports it', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract });
    const heard: string[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    await net.publish(42);
    await net.publish('fine');
    assert.deepEqual(heard, ['fine']);
    assert.equal(net.errors.length, 1);
    assert.ok(net.errors[0] instanceof InvalidPayloadError);
    assert.deepEqual(net.errors[0].position?.offset, 1);
  });

  it('delivers everything where it was told not to validate', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract, validateIncoming: false });
    const heard: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    await net.publish(42);
    assert.deepEqual(heard, [42]);
  });

  it('holds as many publications as `maxQueuedPublications`, and refuses one more', async () => {
    const net = new VirtualNet({ channels });
    const client = net.client({ contracts: contract, limits: { maxQueuedPublications: 2 } });
    void client.channel('chat').publish('1');
    void client.channel('chat').publish('2');
    await assert.rejects(client.channel('chat').publish('3'), /maxQueuedPublications \(2\)/);
    client.connect();
    await net.advance();
    await Promise.all([client.channel('chat').publish('4'), net.advance()]);
  });

  it('sends a signal now, or never', async () => {
    const net = new VirtualNet({ channels });
    const client = net.client({ contracts: contract });
    await client.channel('typing').publish('lost');
    client.connect();
    const heard: string[] = [];
    client.channel('typing').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    await client.channel('typing').publish('now');
    await net.advance();
    assert.deepEqual(heard, ['now']);
  });

  it('publishes and removes the values of a state channel by their key', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract });
    const prices = client.channel('prices');
    const told: string[] = [];
    prices.subscribe(({ data, stateKey }) => void told.push(`${stateKey}=${data}`), {
      onRemoved: (key) => void told.push(`${key} gone`),
    });
    await net.advance();
    void prices.publish('a1');
    void prices.publish('b1');
    void prices.remove('a');
    await net.advance();
    assert.deepEqual(told, ['a=a1', 'b=b1', 'a gone']);
    assert.throws(() => client.channel('chat').remove('a'), UsageError);
  });
});

describe('Channel.history', () => {
  it('gives the latest, the earliest of them first, and leads back page by page', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract });
    for (const text of ['1', '2', '3', '4', '5']) await net.publish(text);
    const chat = client.channel('chat');
    const [page] = await Promise.all([chat.history({ limit: 2 }), net.advance()]);
    assert.deepEqual(
      page.messages.map(({ data }) => data),
      ['4', '5'],
    );
    assert.equal(page.head.offset, 5);
    const [older] = await Promise.all([chat.history({ limit: 9, before: page.next! }), net.advance()]);
    assert.deepEqual(
      older.messages.map(({ data }) => data),
      ['1', '2', '3'],
    );
    assert.equal(older.next, undefined);
  });

  it('joins with what follows: nothing is missed between a page and a subscription from its head', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ contracts: contract });
    await net.publish('old');
    const chat = client.channel('chat');
    const [{ messages, head }] = await Promise.all([chat.history(), net.advance()]);
    await net.publish('between');
    const heard = messages.map(({ data }) => data);
    chat.subscribe(({ data }) => void heard.push(data), { from: head });
    await net.advance();
    await net.publish('new');
    assert.deepEqual(heard, ['old', 'between', 'new']);
  });

  it('waits for a connection, and is asked again when that is lost', async () => {
    const net = new VirtualNet({ channels });
    await net.publish('kept');
    const client = net.client({ contracts: contract });
    const asked = client.channel('chat').history();
    client.connect();
    while (client.state !== 'open') await net.advance(1);
    net.socket.cut();
    const [page] = await Promise.all([asked, net.advance(1_000)]);
    assert.deepEqual(
      page.messages.map(({ data }) => data),
      ['kept'],
    );
  });

  it('fails with `disconnected` when no connection comes, and with the reason of a signal', async () => {
    const net = new VirtualNet({ channels });
    net.isSilent = true;
    const client = net.client({ contracts: contract, limits: { requestWaitMs: 2_000 } });
    client.connect();
    const asked = assert.rejects(client.channel('chat').history(), { code: 'disconnected' });
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborted = assert.rejects(client.channel('chat').history({ signal: controller.signal }), reason);
    controller.abort(reason);
    await aborted;
    await net.advance(2_100);
    await asked;
  });
});
