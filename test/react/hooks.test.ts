// The hooks, in StrictMode, on a client whose server is a hub in memory.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import type { RealtimeClient } from '../../src/client/index.ts';
import { useChannel, useChannelState, useConnection, usePresence } from '../../src/react/index.ts';
import { VirtualNet } from '../client/virtual-net.ts';
import { render } from './rendered.ts';

type Client = RealtimeClient<undefined>;
type Packet = { readonly t: string; readonly do?: string };

const count = (packets: readonly Packet[], type: string, what?: string): number =>
  packets.filter((packet) => packet.t === type && (what === undefined || packet.do === what)).length;

function Chat({ client, history = 0 }: { readonly client: Client; readonly history?: number }) {
  const { messages, isLive, gaps, error } = useChannel(client.channel('chat'), { history, limit: 3 });
  const failure = error === undefined ? '' : ` ${(error as { code: string }).code}`;
  return `${messages.map(({ data }) => String(data)).join(',')}|${isLive ? 'live' : 'not live'}|${gaps}${failure}`;
}

describe('useConnection', () => {
  it('shows each state of the connection', async (test) => {
    const net = new VirtualNet();
    const client = net.client();
    const page = await render(test, () => useConnection(client).state);
    assert.equal(page.text, 'idle');
    await page.act(() => {
      client.connect();
      return net.advance();
    });
    assert.equal(page.text, 'open');
    await page.act(() => net.socket.cut());
    assert.equal(page.text, 'waiting');
  });

  it('listens no more when the component is gone', async (test) => {
    const net = new VirtualNet();
    const client = net.client();
    let listeners = 0;
    const counted = {
      get status() {
        return client.status;
      },
      onState(listener: () => void) {
        listeners++;
        const end = client.onState(listener);
        return () => {
          listeners--;
          end();
        };
      },
    };
    const page = await render(test, () => useConnection(counted).state);
    assert.equal(listeners, 1);
    await page.unmount();
    assert.equal(listeners, 0);
  });
});

describe('useChannel', () => {
  it('shows the latest messages, in order, and subscribes once though StrictMode mounts twice', async (test) => {
    const net = new VirtualNet();
    const client = await net.connected();
    const page = await render(test, () => createElement(Chat, { client }));
    await page.act(() => net.advance());
    assert.equal(page.text, '|live|0');
    for (const text of ['1', '2', '3', '4']) await page.act(() => net.publish(text));
    assert.equal(page.text, '2,3,4|live|0');
    assert.equal(count(net.socket.sent, 'sub'), 1);
  });

  it('begins with the history, and misses nothing between it and what follows', async (test) => {
    const net = new VirtualNet();
    for (const text of ['1', '2']) await net.publish(text);
    const client = await net.connected();
    const page = await render(test, () => createElement(Chat, { client, history: 10 }));
    await page.act(() => net.publish('3'));
    await page.act(() => net.advance(100));
    assert.equal(page.text, '1,2,3|live|0');
  });

  it('unsubscribes when the component is gone', async (test) => {
    const net = new VirtualNet();
    const client = await net.connected();
    const page = await render(test, () => createElement(Chat, { client }));
    await page.act(() => net.advance());
    await page.unmount();
    await net.advance();
    assert.equal(count(net.socket.sent, 'unsub'), 1);
  });

  it('shows one subscription to two components', async (test) => {
    const net = new VirtualNet();
    const client = await net.connected();
    const page = await render(test, () =>
      createElement('div', null, createElement(Chat, { client }), ' ', createElement(Chat, { client })),
    );
    await page.act(() => net.advance());
    await page.act(() => net.publish('1'));
    assert.equal(page.text, '1|live|0 1|live|0');
    assert.equal(count(net.socket.sent, 'sub'), 1);
  });

  it('counts gaps', async (test) => {
    const net = new VirtualNet({ channels: { chat: { class: 'log', history: { maxCount: 1 } } } });
    const client = await net.connected();
    const page = await render(test, () => createElement(Chat, { client }));
    await page.act(() => net.publish('1'));
    net.dead.add(net.socket.url);
    await page.act(() => net.socket.cut());
    for (const text of ['2', '3', '4']) await net.publish(text);
    net.dead.clear();
    await page.act(() => net.advance(2_000));
    await page.act(() => net.publish('5'));
    assert.equal(page.text, '1,5|live|1');
  });

  it('shows why a channel cannot be read', async (test) => {
    const net = new VirtualNet({ channels: {} });
    const client = await net.connected();
    const page = await render(test, () => createElement(Chat, { client }));
    await page.act(() => net.advance());
    assert.equal(page.text, '|not live|0 unknown_channel');
  });

  it('gives the same function to publish each time, and it publishes', async (test) => {
    const net = new VirtualNet();
    const client = await net.connected();
    const seen = new Set<unknown>();
    const page = await render(test, () => {
      const { messages, publish } = useChannel(client.channel('chat'));
      seen.add(publish);
      return createElement('p', null, messages.length);
    });
    const [publish] = seen as Set<(data: string) => Promise<unknown>>;
    await page.act(() => Promise.all([publish!('hi'), net.advance()]));
    assert.equal(page.text, '1');
    // StrictMode renders the first time twice, each with hooks of its own.
    assert.ok(seen.size <= 2, `${seen.size} functions`);
  });

  it('renders on a server, where nothing is subscribed', () => {
    const net = new VirtualNet();
    const client = net.client();
    assert.equal(renderToString(createElement(Chat, { client })), '|not live|0');
    assert.equal(client.state, 'idle');
  });
});

describe('useChannelState', () => {
  it('shows the latest value of each key, and lets removed ones go', async (test) => {
    const net = new VirtualNet({ channels: { chat: { class: 'state' } } });
    await net.publish('a1', { k: 'a' });
    const client = await net.connected();
    const page = await render(test, () => {
      const { values, isLive } = useChannelState(client.channel('chat'));
      return `${[...values.values()].map(({ data }) => String(data)).join(',')}|${isLive}`;
    });
    await page.act(() => net.publish('b1', { k: 'b' }));
    await page.act(() => net.publish('a2', { k: 'a' }));
    assert.equal(page.text, 'a2,b1|true');
    await page.act(() => net.publish(null, { k: 'a', x: 1 }));
    assert.equal(page.text, 'b1|true');
  });
});

describe('usePresence', () => {
  it('shows who is there, oneself among them, and enters once', async (test) => {
    const net = new VirtualNet();
    const client = await net.connected();
    const other = net.rig.greeted({ auth: 'bob' });
    const page = await render(test, () => {
      const { members, isKnown } = usePresence(client.channel('chat'), { name: 'Ann' });
      const names = members.map(({ data }) => (data as unknown as { name: string }).name).sort();
      return `${isKnown} ${names.join(',')}`;
    });
    await page.act(() => net.advance());
    assert.equal(page.text, 'true Ann');
    await page.act(async () => {
      other.ask({ t: 'pres', ch: 'chat', do: 'enter', c: 1, d: { name: 'Bob' } });
      await net.advance();
    });
    assert.equal(page.text, 'true Ann,Bob');
    await page.unmount();
    await net.advance();
    assert.equal(count(net.socket.sent, 'pres', 'leave'), 1);
    assert.equal(count(net.socket.sent, 'pres', 'unwatch'), 1);
    assert.equal(count(net.socket.sent, 'pres', 'enter') <= 2, true);
  });
});
