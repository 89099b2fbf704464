import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages } from '../../../src/client/index.ts';
import { VirtualNet } from '../virtual-net.ts';

describe('MessageStream', () => {
  it('gives messages to a loop, and listens no more when the loop is left', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const heard: unknown[] = [];
    const loop = (async () => {
      for await (const { data } of messages(client.channel('chat'))) {
        heard.push(data);
        if (data === '2') return;
      }
    })();
    await net.advance();
    for (const text of ['1', '2', '3']) await net.publish(text);
    await loop;
    await net.advance();
    assert.deepEqual(heard, ['1', '2']);
    assert.equal(net.socket.sent.at(-1)?.t, 'unsub');
  });

  it('makes room for another message only when the next one is asked for', async () => {
    const net = new VirtualNet();
    const client = await net.connected({ limits: { maxUnhandled: 2 } });
    const stream = messages(client.channel('chat'));
    await net.advance();
    for (const text of ['1', '2', '3', '4']) await net.publish(text);
    assert.equal(net.socket.received.filter(({ t }) => t === 'msg').length, 2);
    const heard: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      const [{ value }] = await Promise.all([stream.next(), net.advance()]);
      heard.push(value?.data);
    }
    assert.deepEqual(heard, ['1', '2', '3', '4']);
    await stream.return();
  });

  it('answers calls of `next` that wait side by side', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const stream = messages(client.channel('chat'));
    const both = Promise.all([stream.next(), stream.next()]);
    await net.advance();
    await net.publish('1');
    await net.publish('2');
    assert.deepEqual(
      (await both).map(({ value }) => value?.data),
      ['1', '2'],
    );
    const waiting = stream.next();
    await stream.return();
    assert.deepEqual(await waiting, { done: true, value: undefined });
  });

  it('throws what ended the subscription, once', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const stream = messages(client.channel('nowhere'));
    const refused = assert.rejects(stream.next(), { code: 'unknown_channel' });
    await net.advance();
    await refused;
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });
});
