// Channels to which the server subscribes a client of its own accord.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openPair, reached } from '../real-pair.ts';

describe('a subscription that the server made', () => {
  it('is told by `onSubscribed`, and goes on from there', async (test) => {
    const { client, realtime } = await openPair(test);
    let hear = (_text: string): void => {};
    const heard = new Promise<string>((resolve) => (hear = resolve));
    const ann = client({
      onSubscribed: (channel) => {
        assert.equal(channel, 'chat:9');
        ann.channel('chat:9').subscribe(({ data }) => hear(data.text));
      },
    });
    await reached(ann, 'open');
    await realtime.subscribe({ subject: 'ann' }, 'chat:9');
    await realtime.publish('chat:9', { text: 'for you' });
    assert.equal(await heard, 'for you');
  });

  it('harms nobody when `onSubscribed` throws: it is reported', async (test) => {
    const { client, realtime } = await openPair(test);
    let tell = (_error: unknown): void => {};
    const told = new Promise((resolve) => (tell = resolve));
    const failure = new Error('not that one');
    const ann = client({
      onSubscribed: () => {
        throw failure;
      },
      onError: tell,
    });
    await reached(ann, 'open');
    await realtime.subscribe({ subject: 'ann' }, 'chat:9');
    assert.equal(await told, failure);
    assert.equal((await ann.channel('chat:8').publish({ text: 'x' })).offset, 1);
  });

  it('is ended where nobody asks for it', async (test) => {
    const { client, realtime } = await openPair(test);
    const ann = client();
    await reached(ann, 'open');
    const [link] = realtime.connections;
    await realtime.subscribe({ subject: 'ann' }, 'chat:9');
    // With the first answer the client has heard of it, with the second the server has heard that it is not wanted.
    await ann.channel('chat:8').publish({ text: 'x' });
    await ann.channel('chat:8').publish({ text: 'y' });
    assert.equal(link?.subscriptionCount, 0);
  });
});
