import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SubscribeOptions } from '../../../src/client/index.ts';
import { VirtualNet } from '../virtual-net.ts';

/** A handler that writes down what it is given, and finishes when it is told. */
function slowHandler(): {
  readonly heard: unknown[];
  finish(): void;
  handle(message: { data: unknown }): Promise<void>;
} {
  const heard: unknown[] = [];
  const waiting: (() => void)[] = [];
  return {
    heard,
    finish: () => waiting.shift()?.(),
    handle: ({ data }) => {
      heard.push(data);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

describe('Subscription', () => {
  it('is given one message at a time, the next when the handler has finished', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const slow = slowHandler();
    client.channel('chat').subscribe(slow.handle);
    await net.advance();
    await net.publish('1');
    await net.publish('2');
    assert.deepEqual(slow.heard, ['1']);
    slow.finish();
    await net.advance();
    assert.deepEqual(slow.heard, ['1', '2']);
  });

  it('lets the server send no more than the window while handlers are busy', async () => {
    const net = new VirtualNet();
    const client = await net.connected({ limits: { maxUnhandled: 4 } });
    const slow = slowHandler();
    client.channel('chat').subscribe(slow.handle);
    await net.advance();
    for (let n = 1; n <= 20; n++) await net.publish(n);
    const sentBefore = net.socket.received.filter(({ t }) => t === 'msg').length;
    assert.equal(sentBefore, 4);
    for (let n = 1; n <= 20; n++) {
      await net.advance();
      slow.finish();
    }
    await net.advance(100);
    assert.deepEqual(
      slow.heard.map(Number),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('hears what is published right after it has subscribed', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const heard: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    void client.channel('chat').publish('mine');
    await net.advance(100);
    assert.deepEqual(heard, ['mine']);
  });

  it('goes on behind its position after a reconnect', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const heard: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    await net.publish('before');
    net.socket.cut();
    await net.publish('meanwhile');
    await net.advance(1_000);
    await net.publish('after');
    assert.deepEqual(heard, ['before', 'meanwhile', 'after']);
  });

  it('is told of a gap before what follows it', async () => {
    const net = new VirtualNet({ channels: { chat: { class: 'log', history: { maxCount: 2 } } } });
    const client = await net.connected();
    const told: string[] = [];
    client.channel('chat').subscribe(({ data }) => void told.push(String(data)), {
      onGap: ({ reason, position }) => void told.push(`gap ${reason} ${position.offset}`),
    });
    await net.advance();
    net.dead.add(net.socket.url);
    net.socket.cut();
    for (let n = 1; n <= 5; n++) await net.publish(n);
    net.dead.clear();
    await net.advance(2_000);
    await net.publish(6);
    assert.deepEqual(told, ['gap trimmed 5', '6']);
  });

  it('is told when it has caught up', async () => {
    const net = new VirtualNet();
    await net.publish('kept');
    const client = await net.connected();
    const told: string[] = [];
    const options: SubscribeOptions = { onLive: () => void told.push('live') };
    const subscription = client
      .channel('chat')
      .subscribe(({ data }) => void told.push(String(data)), { ...options, from: await start(net) });
    assert.equal(subscription.isLive, false);
    await net.advance();
    assert.deepEqual(told, ['kept', 'live']);
    assert.equal(subscription.isLive, true);
  });

  it('goes on with the next message when the handler throws, and reports it', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const heard: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => {
      heard.push(data);
      if (data === 'bad') throw new Error('not this one');
    });
    await net.advance();
    await net.publish('bad');
    await net.publish('good');
    assert.deepEqual(heard, ['bad', 'good']);
    assert.match(String(net.errors[0]), /not this one/);
  });

  it('hears nothing more once it is closed, also of what waited', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const slow = slowHandler();
    const subscription = client.channel('chat').subscribe(slow.handle);
    await net.advance();
    await net.publish('1');
    await net.publish('2');
    subscription.close();
    slow.finish();
    await net.advance();
    await net.publish('3');
    assert.deepEqual(slow.heard, ['1']);
  });

  it('that the server refuses tells `onEnd`, or else reports', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const told: string[] = [];
    client.channel('nowhere').subscribe(() => {}, { onEnd: ({ code }) => void told.push(code) });
    client.channel('nowhere-else').subscribe(() => {});
    await net.advance();
    assert.deepEqual(told, ['unknown_channel']);
    assert.equal((net.errors[0] as { code: string }).code, 'unknown_channel');
  });

  it('of a mailbox acknowledges what was handled, and gets again what failed', async () => {
    const net = new VirtualNet({ channels: { chat: { class: 'mailbox' } } });
    const client = await net.connected();
    const heard: string[] = [];
    client.channel('chat').subscribe(({ data, attempt }) => {
      heard.push(`${data} ${attempt}`);
      if (attempt === 1 && data === 'hard') throw new Error('not yet');
    });
    await net.advance();
    await net.publish('hard');
    await net.publish('easy');
    await net.advance(40_000);
    assert.deepEqual(heard, ['hard 1', 'easy 1', 'hard 2']);
  });
});

describe('two subscriptions of one channel', () => {
  it('share one at the server, and each hears everything', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const first: unknown[] = [];
    const second: unknown[] = [];
    const one = client.channel('chat').subscribe(({ data }) => void first.push(data));
    await net.advance();
    await net.publish('1');
    client.channel('chat').subscribe(({ data }) => void second.push(data));
    await net.advance();
    await net.publish('2');
    one.close();
    await net.publish('3');
    assert.deepEqual(first, ['1', '2']);
    assert.deepEqual(second, ['2', '3']);
    assert.equal(net.socket.sent.filter(({ t }) => t === 'sub').length, 1);
  });

  it('may begin at different places: each hears what it asked for, once', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const first: unknown[] = [];
    const second: unknown[] = [];
    const from = await start(net);
    await net.publish('1');
    await net.publish('2');
    client.channel('chat').subscribe(({ data }) => void first.push(data));
    await net.advance();
    await net.publish('3');
    client.channel('chat').subscribe(({ data }) => void second.push(data), { from });
    await net.advance();
    await net.publish('4');
    assert.deepEqual(first, ['3', '4']);
    assert.deepEqual(second, ['1', '2', '3', '4']);
  });

  it('of a state channel both begin with the present values', async () => {
    const net = new VirtualNet({ channels: { chat: { class: 'state' } } });
    const client = await net.connected();
    const first: unknown[] = [];
    const second: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => void first.push(data));
    await net.publish('a1', { k: 'a' });
    await net.publish('a2', { k: 'a' });
    client.channel('chat').subscribe(({ data }) => void second.push(data));
    await net.advance();
    assert.deepEqual(first, ['a1', 'a2']);
    assert.deepEqual(second, ['a2']);
  });

  it('open again after both were closed', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const heard: unknown[] = [];
    client
      .channel('chat')
      .subscribe(() => {})
      .close();
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    await net.publish('1');
    assert.deepEqual(heard, ['1']);
  });
});

/** The position before the first publication. */
async function start(net: VirtualNet): Promise<{ epoch: string; offset: number }> {
  const { e: epoch } = net.rig.greeted().subscribe();
  await net.advance();
  return { epoch, offset: 0 };
}
