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
    await assert.rejects(client.channel('chat').publish('3'), {
      code: 'full',
      message: /maxQueuedPublications/,
    });
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

  it('refuses what no packet can carry, and goes on', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected();
    const chat = client.channel('chat');
    const circle: unknown[] = [];
    circle.push(circle);
    const refused = [undefined, 7n, { deep: [7n] }, circle, () => 1, Symbol('s')].map((data) =>
      assert.rejects(chat.publish(data as never), { code: 'bad_request', retry: 'no' }),
    );
    for (const key of ['', 'x'.repeat(129), 7 as never]) {
      refused.push(assert.rejects(chat.publish('text', { key }), { code: 'bad_request' }));
      refused.push(assert.rejects(chat.publish('text', { stateKey: key }), { code: 'bad_request' }));
    }
    await Promise.all(refused);
    const published = chat.publish('still there');
    await net.advance(50);
    assert.equal((await published).offset, 1);
    assert.deepEqual([client.state, client.unanswered, net.sockets.length], ['open', 0, 1]);
  });
});
