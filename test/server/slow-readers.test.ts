// Readers that do not read: what is queued for them is bounded, by the policy of each class, and others go on.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineCall, defineContract } from '../../src/channel/index.ts';
import { createRealtime } from '../../src/server/index.ts';
import { VirtualClock } from '../../src/testkit/index.ts';
import { RawSocket } from './raw-socket.ts';
import { openRealtime, welcome } from './realtime-rig.ts';

const maxQueuedBytes = 100_000;
const limits = { maxQueuedBytes, controlReserveBytes: 10_000 };
const text = 'x'.repeat(60_000);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a reader that stalls', () => {
  it('is parked on a log when it grants credit, and loses nothing when it reads again', async (test) => {
    // The clock stands still: it goes on because the queue has drained, and not because somebody looks now and then.
    const { realtime, url } = await openRealtime(test, { limits, clock: new VirtualClock() });
    const slow = await RawSocket.open(test, url);
    slow.send({ t: 'sub', id: 2, ch: 'chat:1', n: 1_000 });
    const { ok } = await slow.next();
    const quick = await welcome(test, url);
    await quick.ask({ t: 'sub', ch: 'chat:1' });
    slow.socket.pause();
    let most = 0;
    let count = 0;
    // Until the kernel takes no more, and some beyond.
    for (let beyond = 0; beyond < 20; count++) {
      await realtime.publish('chat:1', { text });
      await quick.message();
      const { queuedBytes } = realtime.metrics();
      most = Math.max(most, queuedBytes);
      if (queuedBytes >= maxQueuedBytes) beyond++;
    }
    assert.ok(most < maxQueuedBytes + 2 * text.length, `${most} bytes were queued`);
    slow.socket.resume();
    for (let offset = ok.o + 1; offset <= count; ) {
      const packet = await slow.next();
      assert.notEqual(packet.t, 'gap');
      if (packet.t !== 'msg') continue;
      assert.equal(packet.o, offset++);
    }
  });

  it('is closed with 4001 on a log when it cannot be parked, and others go on', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits });
    const slow = await RawSocket.open(test, url);
    slow.send({ t: 'sub', id: 2, ch: 'chat:1' });
    await slow.next();
    const quick = await welcome(test, url);
    await quick.ask({ t: 'sub', ch: 'chat:1' });
    slow.socket.pause();
    while (
      [...realtime.connections].some(({ subject, subscriptionCount }) => subject && subscriptionCount > 0)
    ) {
      await realtime.publish('chat:1', { text });
      await quick.message();
    }
    slow.socket.resume();
    let last = await slow.next();
    while (last.t !== 'closed') last = await slow.next();
    assert.equal(last.code, 4001);
  });

  it('gets of a state only the latest of each key', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits });
    const slow = await RawSocket.open(test, url);
    slow.send({ t: 'sub', id: 2, ch: 'prices', n: 65_535 });
    await slow.next();
    slow.socket.pause();
    const symbol = 'S'.repeat(128);
    let published = 0;
    const publish = (): Promise<unknown> => realtime.publish('prices', { symbol, price: published++ });
    while (realtime.metrics().queuedBytes < maxQueuedBytes) {
      await Promise.all(Array.from({ length: 100 }, publish));
      await turn();
    }
    const parkedAt = published;
    for (let index = 0; index < 500; index++) await publish();
    slow.socket.resume();
    const prices: number[] = [];
    while (prices.at(-1) !== published - 1) {
      const packet = await slow.next();
      if (packet.t === 'msg') prices.push(packet.d.price);
    }
    assert.ok(prices.length <= parkedAt + 1, 'what was replaced meanwhile is not sent');
    assert.deepEqual(
      prices,
      prices.toSorted((a, b) => a - b),
    );
  });

  it('holds up the stream of its call, which draws no more than there is room for', async (test) => {
    let drawn = 0;
    const lines = defineContract({
      title: 'Lines',
      version: '1',
      channels: {},
      calls: { lines: defineCall({ input: z.null(), output: z.string(), stream: true, allow: 'anyone' }) },
    });
    const realtime = createRealtime({
      contracts: lines,
      port: 0,
      limits,
      clock: new VirtualClock(),
      calls: {
        async *lines() {
          for (;;) yield `${drawn++} ${text}`;
        },
      },
    });
    test.after(() => realtime.close({ spreadMs: 0, timeoutMs: 500 }));
    await realtime.listening;
    const slow = await RawSocket.open(test, `ws://127.0.0.1:${realtime.address()?.port}`);
    slow.socket.pause();
    slow.send({ t: 'rpc', id: 5, m: 'lines' });
    while (realtime.metrics().queuedBytes < maxQueuedBytes) await turn();
    for (let index = 0; index < 20; index++) await turn();
    const held = drawn;
    for (let index = 0; index < 20; index++) await turn();
    assert.equal(drawn, held, 'nothing is drawn while nothing is read');
    slow.socket.resume();
    for (let next = 0; next < held + 20; next++) {
      const { d } = await slow.next();
      assert.ok(d.startsWith(`${next} `));
    }
    slow.send({ t: 'cancel', id: 5 });
  });
});
