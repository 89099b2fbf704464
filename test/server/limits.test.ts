import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { MemoryBroker } from '../../src/broker/index.ts';
import { createRealtime } from '../../src/server/index.ts';
import { realtimeLimitNames, resolveLimits } from '../../src/server/limits.ts';
import { SessionRegistry, sessionLimitDefaults } from '../../src/session/index.ts';
import { VirtualClock } from '../../src/testkit/index.ts';
import { WebSocketServer } from '../../src/websocket/index.ts';
import { contract, openRealtime, RawClient, welcome } from './realtime-rig.ts';

describe('limits of a realtime server that can never work are refused', () => {
  const cases: [string, object, RegExp][] = [
    ['0', { maxConnections: 0 }, /limits\.maxConnections must be a whole number from 1, got 0/],
    ['a fraction', { maxPublishesPerSecond: 0.5 }, /limits\.maxPublishesPerSecond .* got 0\.5/],
    ['text', { maxInflight: '64' }, /limits\.maxInflight .* got 64/],
    ['infinity', { maxQueuedBytes: Number.POSITIVE_INFINITY }, /limits\.maxQueuedBytes .* got Infinity/],
    ['a name that is not known', { maxConnection: 5 }, /limits\.maxConnection is not known/],
    ['a name of every object', { constructor: 5 }, /limits\.constructor is not known/],
    ['an option that is no limit', { keepalive: 5 }, /limits\.keepalive is not known/],
    [
      'the other name of one',
      { maxMessageBytes: 5 },
      /maxMessageBytes stands here as limits\.maxPacketBytes/,
    ],
    [
      'more than there is',
      { maxConnections: 1e9 },
      /maxConnections must be a whole number from 1 to 10000000/,
    ],
    [
      'more connections of an address than of all',
      { maxConnectionsPerAddress: 20, maxConnections: 10 },
      /maxConnectionsPerAddress \(20\) is above maxConnections \(10\)/,
    ],
    [
      'a hello longer than a packet',
      { maxHelloBytes: 30_000, maxPacketBytes: 20_000 },
      /maxHelloBytes \(30000\) is above limits\.maxPacketBytes \(20000\)/,
    ],
    [
      'a queue above that of all together',
      { maxQueuedBytes: 5_000_000, maxTotalQueuedBytes: 5_000_000 },
      /maxQueuedBytes \(5000000\) and limits\.controlReserveBytes \(65536\) are together above limits\.maxTotalQueuedBytes/,
    ],
    [
      'a budget in which no packet fits',
      { maxUnfinishedBytes: 100_000 },
      /maxUnfinishedBytes \(100000\) must be at least 131072: .*maxPacketBytes \(65536\)/,
    ],
    [
      'a cost in which no packet fits',
      { maxMessageCostBytes: 1_000 },
      /maxMessageCostBytes \(1000\) must be at least 65600: .*maxPacketBytes \(65536\)/,
    ],
    [
      'more maps and lists than bytes',
      { maxContainers: 30_000, maxPacketBytes: 20_000 },
      /maxContainers \(30000\) is above limits\.maxPacketBytes \(20000\)/,
    ],
    [
      'more packets than messages',
      { maxPacketsPerSecond: 20, maxMessagesPerSecond: 10 },
      /maxPacketsPerSecond \(20\) is above limits\.maxMessagesPerSecond \(10\)/,
    ],
    [
      'more publications than packets',
      { maxPublishesPerSecond: 20, maxPacketsPerSecond: 10 },
      /maxPublishesPerSecond \(20\) is above limits\.maxPacketsPerSecond \(10\)/,
    ],
    [
      'more requests than packets',
      { maxRequestsPerSecond: 20, maxPacketsPerSecond: 10 },
      /maxRequestsPerSecond \(20\) is above limits\.maxPacketsPerSecond \(10\)/,
    ],
  ];
  for (const [name, limits, message] of cases) {
    it(name, () => {
      assert.throws(
        () => createRealtime({ contracts: contract, limits }),
        (error: unknown) =>
          error instanceof Error && error.name === 'UsageError' && message.test(error.message),
      );
    });
  }

  it('sessions kept, where a store is given that keeps them', () => {
    const sessions = new SessionRegistry({
      randomToken: String,
      ttlMs: 1,
      now: () => 0,
      defer: setImmediate,
    });
    assert.throws(
      () => createRealtime({ contracts: contract, sessions, limits: { maxKeptSessions: 5 } }),
      /limits\.maxKeptSessions with sessions/,
    );
  });

  it('channels kept, where a broker is given that keeps them', () => {
    for (const name of ['maxChannels', 'maxStoredBytes', 'maxMembers']) {
      assert.throws(
        () => createRealtime({ contracts: contract, broker: new MemoryBroker(), limits: { [name]: 5 } }),
        new RegExp(`limits\\.${name} with broker`),
      );
    }
  });

  it('at another place than in limits', () => {
    for (const [options, message] of [
      [{ webSocket: { limits: { maxConnections: 5 } } }, /webSocket\.limits: .* one object/],
      [{ maxConnections: 5 }, /maxConnections is a limit: give it as limits: \{ maxConnections/],
    ] as const) {
      assert.throws(() => createRealtime({ contracts: contract, ...(options as object) }), message);
    }
  });
});

describe('limits of a realtime server', () => {
  it('fill in what follows from others: one limit for the packet and its message, one for both queues', () => {
    const { session, rates, webSocket } = resolveLimits({ maxPacketBytes: 20_000, maxPacketsPerSecond: 100 });
    assert.equal(webSocket.maxMessageBytes, 20_000);
    assert.equal(webSocket.maxQueuedBytes, 1_048_576 + 65_536 + 16 * 1024 * 1024);
    assert.equal(session.maxHelloBytes, 16_384);
    assert.deepEqual(rates.maxPublishesPerSecond, 100);
    const { webSocket: small } = resolveLimits({ maxTotalQueuedBytes: 2_000_000 });
    assert.equal(small.maxQueuedBytes, 2_000_000, 'a connection has no more than there is for all');
  });

  it('are counted under every name, from nothing on', async () => {
    const realtime = createRealtime({ contracts: contract });
    const { limitsReached } = realtime.metrics();
    assert.deepEqual(Object.keys(limitsReached).sort(), [...realtimeLimitNames].sort());
    assert.ok(Object.values(limitsReached).every((count) => count === 0));
    assert.throws(() => Object.assign(limitsReached, { maxInflight: 5 }), TypeError);
    for (const name of ['maxConnections', 'maxTotalQueuedBytes', 'keepalive', 'maxRequestsPerSecond']) {
      assert.ok(name in limitsReached, name);
    }
    for (const name of Object.keys(sessionLimitDefaults)) assert.ok(name in limitsReached, name);
    await realtime.close();
  });

  it('of the WebSocket server hold and count: on the own port', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxConnections: 1 } });
    await welcome(test, url);
    await assert.rejects(new RawClient(test, url).opened);
    assert.equal(realtime.metrics().limitsReached.maxConnections, 1);
  });

  it('of the WebSocket server hold and count: on one of one’s own', async (test) => {
    const { realtime } = await openRealtime(test, {
      port: undefined,
      limits: { maxConnections: 1 },
    } as never);
    const server = new WebSocketServer({ ...realtime.webSocketOptions, port: 0 });
    test.after(() => server.close({ timeoutMs: 100 }));
    await server.listening;
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await welcome(test, url);
    await assert.rejects(new RawClient(test, url).opened);
    assert.equal(server.counters.maxConnections, 1);
    assert.equal(realtime.metrics().limitsReached.maxConnections, 1);
  });

  it('count a message that is too long as the packet that it is', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxPacketBytes: 20_000 } });
    const client = await welcome(test, url);
    client.socket.send('x'.repeat(20_001));
    assert.equal((await client.closed).code, 1009);
    assert.equal(realtime.metrics().limitsReached.maxPacketBytes, 1);
  });

  it('count a hello that is too long', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxHelloBytes: 20_000 } });
    const client = new RawClient(test, url);
    await client.opened;
    client.socket.send('x'.repeat(20_001));
    assert.equal((await client.closed).code, 1009);
    assert.equal(realtime.metrics().limitsReached.maxHelloBytes, 1);
  });

  it('count clients of the plain profile as all others: in what they ask, and in their address', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxSubscriptions: 1 } });
    const client = new RawClient(test, `${url}/?subscribe=chat:1`, []);
    await client.next(({ t }) => t === 'welcome');
    assert.equal((await client.ask({ t: 'sub', ch: 'chat:2' })).err.code, 'too_many_subs');
    assert.equal(realtime.metrics().limitsReached.maxSubscriptions, 1);
    await assert.rejects(new RawClient(test, `${url}/?subscribe=chat:1&subscribe=chat:2`, []).opened);
    assert.equal(realtime.metrics().limitsReached.maxSubscriptions, 2);
  });

  it('count sessions that were forgotten, and the client goes on with a new one', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxKeptSessions: 1 } });
    const left = [];
    for (const name of ['ann', 'bob']) {
      const client = new RawClient(test, url);
      const { sid, tok } = await client.hello({ auth: name });
      left.push({ sid, tok });
      client.socket.close(1000);
      await client.closed;
    }
    const again = new RawClient(test, url);
    const { resumed } = await again.hello({ auth: 'ann', resume: left[0] });
    assert.equal(resumed, false);
    assert.equal(realtime.metrics().limitsReached.maxKeptSessions, 1);
  });

  it('bound channels that clients name: a client that publishes to endless names is told full, others go on', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxChannels: 3 } });
    const client = await welcome(test, url);
    const publish = (ch: string) => client.ask({ t: 'pub', ch, d: { text: 'x' } });
    for (const ch of ['chat:1', 'chat:2', 'chat:3']) assert.ok((await publish(ch)).ok);
    const { err } = await publish('chat:4');
    assert.deepEqual([err.code, err.retry], ['full', 'after']);
    assert.equal((await client.ask({ t: 'sub', ch: 'chat:5' })).err.code, 'unavailable');
    assert.equal((await client.ask({ t: 'hist', ch: 'chat:6', dir: 'back', n: 1 })).err.code, 'unavailable');
    assert.ok((await publish('chat:1')).ok);
    assert.equal(realtime.metrics().limitsReached.maxChannels, 3);
  });

  it('keep nothing of names that a client only looks into, however many they are', async (test) => {
    const clock = new VirtualClock();
    const { realtime, url } = await openRealtime(test, { clock, limits: { maxChannels: 10 } });
    const client = await welcome(test, url);
    for (let index = 0; index < 50; index++) {
      // Time passes between them; more at once than there is room for are refused.
      clock.advance(200);
      assert.equal((await client.ask({ t: 'sub', ch: `chat:${index}` })).ok?.r, 'ok', `${index}`);
      await client.ask({ t: 'unsub', ch: `chat:${index}` });
      await client.ask({ t: 'hist', ch: `chat:${index}`, dir: 'back', n: 1 });
      assert.ok((await client.ask({ t: 'pres', ch: `chat:${index}`, do: 'watch' })).ok, `${index}`);
      await client.ask({ t: 'pres', ch: `chat:${index}`, do: 'unwatch' });
    }
    assert.equal(realtime.metrics().limitsReached.maxChannels, 0);
  });

  it('bound bytes that clients leave behind, and members', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxStoredBytes: 2_000, maxMembers: 2 } });
    const client = await welcome(test, url, 'ann');
    const publish = (ch: string) => client.ask({ t: 'pub', ch, d: { text: 'x'.repeat(700) } });
    const answers = [await publish('chat:1'), await publish('chat:2'), await publish('chat:3')];
    assert.deepEqual(
      answers.map(({ ok, err }) => err?.code ?? ok.o),
      [1, 1, 'full'],
    );
    const enter = (ch: string, c: number) =>
      client.ask({ t: 'pres', ch, do: 'enter', c, d: { name: 'Ann' } });
    const entered = [await enter('chat:1', 1), await enter('chat:2', 2), await enter('chat:3', 3)];
    assert.deepEqual(
      entered.map(({ err }) => err?.code),
      [undefined, undefined, 'full'],
    );
    const { limitsReached } = realtime.metrics();
    assert.deepEqual([limitsReached.maxStoredBytes, limitsReached.maxMembers], [1, 1]);
    // A refusal says nothing of the lease: nobody is entered again because of it.
    await client.ask({ t: 'pres', ch: 'chat:2', do: 'leave', c: 4 });
    assert.ok((await enter('chat:4', 5)).ok);
    assert.deepEqual(
      (await realtime.presence('chat:1')).map((member) => member.clock),
      [1],
    );
    client.socket.close(1000);
    await client.closed;
  });
});
