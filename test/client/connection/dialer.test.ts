// Over real sockets: a server that goes away and comes back, while the client publishes and listens.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MemoryBroker } from '../../../src/broker/index.ts';
import { connect, messagePackCodec, type RealtimeClient } from '../../../src/client/index.ts';
import { createRealtime, type RealtimeServer } from '../../../src/server/index.ts';
import { FaultRelay } from '../../../src/testkit/index.ts';
import { WebSocket } from '../../../src/websocket/index.ts';
import { byName, type Channels, contract } from '../../server/realtime-rig.ts';

const backoff = { baseMs: 20, maxMs: 100 };

/** A server that can be stopped and started again, behind an address that stays the same. */
async function openBehindRelay(test: TestContext) {
  const broker = new MemoryBroker();
  const start = async (): Promise<RealtimeServer<Channels, Record<never, never>>> => {
    const realtime = createRealtime({ contracts: contract, port: 0, authenticate: byName, broker });
    await realtime.listening;
    return realtime;
  };
  let realtime = await start();
  const relay = await FaultRelay.open({ port: realtime.address()!.port });
  const stop = () => realtime.close({ spreadMs: 0, timeoutMs: 500 });
  test.after(async () => {
    await relay.close();
    await stop();
    await broker.close();
  });
  return {
    relay,
    stop,
    url: `ws://127.0.0.1:${relay.port}`,
    startAgain: async () => {
      realtime = await start();
      relay.target = { host: '127.0.0.1', port: realtime.address()!.port };
    },
  };
}

function inState(client: RealtimeClient<typeof contract>, state: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (client.state !== state) return;
      end();
      resolve();
    };
    const end = client.onState(look);
    look();
  });
}

describe('a client over real sockets', () => {
  for (const codec of [undefined, messagePackCodec]) {
    it(`publishes once, and hears all in order, over a restart of the server (${codec?.name ?? 'json'})`, async (test) => {
      const { url, stop, startAgain } = await openBehindRelay(test);
      const client = connect(url, {
        contracts: contract,
        token: 'ann',
        WebSocket,
        backoff,
        ...(codec && { codec }),
      });
      test.after(() => client.close());
      const heard: string[] = [];
      let hearLast = (): void => {};
      const heardLast = new Promise<void>((resolve) => (hearLast = resolve));
      const chat = client.channel('chat:1');
      chat.subscribe(({ data }) => {
        heard.push(data.text);
        if (data.text === 'after') hearLast();
      });
      const before = await chat.publish({ text: 'before' });
      await stop();
      await inState(client, 'waiting');
      assert.equal(client.status.reason?.type, 'server');
      const meanwhile = chat.publish({ text: 'meanwhile' });
      await startAgain();
      assert.equal((await meanwhile).offset, before.offset + 1);
      await chat.publish({ text: 'after' });
      await heardLast;
      assert.deepEqual(heard, ['before', 'meanwhile', 'after']);
    });
  }

  it('says that the network is gone when connections are reset, and comes back by itself', async (test) => {
    const { relay, url } = await openBehindRelay(test);
    const client = connect(url, { contracts: contract, WebSocket, backoff });
    test.after(() => client.close());
    await inState(client, 'open');
    relay.isDown = true;
    for (const link of relay.links) link.reset();
    await inState(client, 'waiting');
    assert.equal(client.status.reason?.type, 'network');
    relay.isDown = false;
    await inState(client, 'open');
  });

  it('stays away with the reason when the server does not want its token', async (test) => {
    const realtime = createRealtime({ contracts: contract, port: 0, authenticate: () => undefined });
    test.after(() => realtime.close({ spreadMs: 0, timeoutMs: 500 }));
    await realtime.listening;
    const url = `ws://127.0.0.1:${realtime.address()?.port}`;
    const client = connect(url, { contracts: contract, token: 'nobody', WebSocket });
    test.after(() => client.close());
    await inState(client, 'stopped');
    assert.equal(client.status.reason?.code, 4401);
  });
});
