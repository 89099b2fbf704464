import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { type ServerLimits, serverLimitDefaults, UsageError } from '../../../src/websocket/index.ts';
import { resolveServerLimits } from '../../../src/websocket/server/server-limits.ts';
import { openServer } from '../open-server.ts';
import { RawClient } from '../raw-client.ts';

const names = Object.keys(resolveServerLimits({})) as (keyof ServerLimits)[];

describe('the limits of a server', () => {
  it('have defaults, all of them numbers that end', () => {
    const limits = resolveServerLimits({});
    assert.equal(limits.maxMessageBytes, 16 * 1024 * 1024);
    for (const name of names) {
      assert.ok(Number.isSafeInteger(limits[name]) && limits[name] > 0, name);
      if (name in serverLimitDefaults) {
        assert.equal(limits[name], serverLimitDefaults[name as keyof typeof serverLimitDefaults], name);
      }
    }
  });

  it('are frozen, and the defaults too', () => {
    assert.ok(Object.isFrozen(resolveServerLimits({})));
    assert.ok(Object.isFrozen(serverLimitDefaults));
  });

  it('take undefined for not given', () => {
    const given = Object.fromEntries(names.map((name) => [name, undefined]));
    assert.deepEqual(resolveServerLimits(given as ServerLimits), resolveServerLimits({}));
  });

  for (const name of names) {
    it(`know no value of ${name} that switches it off`, () => {
      for (const value of [0, -1, Number.POSITIVE_INFINITY, Number.NaN, 1.5, '10', null, false]) {
        assert.throws(
          () => resolveServerLimits({ [name]: value } as ServerLimits),
          (error) => error instanceof UsageError && error.message.includes(name),
          String(value),
        );
      }
    });
  }

  it('refuse a name that is mistyped', () => {
    for (const name of ['maxMessageByte', 'maxmessagebytes', '__proto__', 'constructor']) {
      const limits = JSON.parse(`{ "${name}": 5 }`) as ServerLimits;
      assert.throws(() => resolveServerLimits(limits), {
        name: 'UsageError',
        message: new RegExp(`limits\\.${name} is no limit`),
      });
    }
  });
});

describe('limits that do not fit together', () => {
  const refused: [limits: ServerLimits, names: RegExp][] = [
    [{ maxConnections: 10, maxConnectionsPerAddress: 11 }, /maxConnectionsPerAddress.*maxConnections/],
    [{ maxHandshakes: 10, maxConnections: 9 }, /maxHandshakes.*maxConnections/],
    [{ maxHandshakes: 10, maxHandshakesPerAddress: 11 }, /maxHandshakesPerAddress.*maxHandshakes/],
    [{ maxQueuedBytes: 11, maxTotalQueuedBytes: 10 }, /maxQueuedBytes.*maxTotalQueuedBytes/],
    [{ maxMessageBytes: 1000, maxUnfinishedBytes: 1999 }, /maxUnfinishedBytes.*maxMessageBytes/],
    [{ maxFrameBytes: 11, maxMessageBytes: 10 }, /maxFrameBytes.*maxMessageBytes/],
    [{ maxDescriptors: 2 ** 30 }, /maxDescriptors/],
  ];
  for (const [limits, names] of refused) {
    it(`are refused: ${JSON.stringify(limits)}`, () =>
      assert.throws(() => resolveServerLimits(limits), { name: 'UsageError', message: names }));
  }

  it('are not those of which only the whole was said', () => {
    const { maxHandshakes, maxHandshakesPerAddress } = resolveServerLimits({ maxConnections: 5 });
    assert.deepEqual([maxHandshakes, maxHandshakesPerAddress], [5, 5]);
  });
});

describe('what all connections hold together', () => {
  const MiB = 1024 * 1024;
  const begin = (bytes: number): { opcode: number; isFinal: boolean; payload: Buffer } => ({
    opcode: 2,
    isFinal: false,
    payload: Buffer.alloc(bytes, 1),
  });

  it('is bounded: the one with the longest unfinished message goes, with 1013', async (test) => {
    const { port, server, called } = await openServer(test, {
      limits: { maxMessageBytes: MiB, maxUnfinishedBytes: 2 * MiB },
      message: (connection, data) => void connection.send(data),
    });
    const modest = await RawClient.open(port);
    modest.send(begin(100));
    const greedy = [await RawClient.open(port), await RawClient.open(port), await RawClient.open(port)];
    greedy[0]?.send(begin(MiB));
    greedy[1]?.send(begin(800_000));
    greedy[2]?.send(begin(800_000));
    await called('error BUDGET_EXCEEDED');
    assert.equal(server.counters.maxUnfinishedBytes, 1);
    const closed = await Promise.race(greedy.map(async (client) => client.close()));
    assert.deepEqual(closed, [1013, '']);
    // The others go on, and so does whoever held little.
    modest.send({ opcode: 0, payload: Buffer.from('end') });
    assert.equal((await modest.frame()).payload.length, 103);
  });

  it('is one for all servers of the process', async (test) => {
    const limits = { maxMessageBytes: MiB, maxUnfinishedBytes: 2 * MiB };
    const [first, second] = [await openServer(test, { limits }), await openServer(test, { limits })];
    const greedy = [await RawClient.open(first.port), await RawClient.open(first.port)];
    const modest = await RawClient.open(second.port);
    for (const client of greedy) client.send(begin(900_000));
    modest.send(begin(800_000));
    await first.called('error BUDGET_EXCEEDED');
    assert.deepEqual(await Promise.race(greedy.map((client) => client.close())), [1013, '']);
    assert.deepEqual(
      [first.server.counters.maxUnfinishedBytes, second.server.counters.maxUnfinishedBytes],
      [1, 0],
    );
  });

  it('is given back when a message ends, and when its connection does', async (test) => {
    const { port, server, called, calls } = await openServer(test, {
      limits: { maxMessageBytes: MiB, maxUnfinishedBytes: 2 * MiB },
      message: (connection) => void connection.send('got it'),
    });
    for (let round = 0; round < 4; round += 1) {
      const client = await RawClient.open(port);
      client.send(begin(600_000));
      client.send({ opcode: 0, payload: Buffer.alloc(400_000) });
      assert.equal(await client.text(), 'got it');
      client.send(begin(900_000));
      client.sendText('breaks the rules');
      await client.rest();
    }
    await called('close');
    assert.equal(server.counters.maxUnfinishedBytes, 0);
    assert.ok(!calls.includes('error BUDGET_EXCEEDED'));
  });

  it('is bounded for what is sent: the one with the longest queue is cut', async (test) => {
    const { port, server, called } = await openServer(test, {
      limits: { maxQueuedBytes: 32 * MiB, maxTotalQueuedBytes: 64 * MiB },
      perMessageDeflate: false,
    });
    const clients = await Promise.all([1, 2, 3, 4].map(() => RawClient.open(port)));
    for (const client of clients) client.socket.pause();
    const [first, ...rest] = server.connections;
    const payload = Buffer.alloc(12 * MiB);
    first?.send(payload);
    for (let round = 0; round < 2; round += 1) for (const connection of rest) connection.send(payload);
    first?.send(payload);
    await called('error BUDGET_EXCEEDED');
    await called('close 1006');
    assert.ok(server.counters.maxTotalQueuedBytes >= 1);
    assert.ok(server.connections.size < 4);
    for (const client of clients) client.socket.destroy();
  });

  it('is bounded for what is inflated: long messages take turns, and all arrive', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxInflating: 1 },
      message: (connection, data) => void connection.send(String(data.length)),
    });
    const compressed = deflateRawSync(Buffer.alloc(4 * MiB), { finishFlush: constants.Z_SYNC_FLUSH });
    const clients = await Promise.all(
      Array.from({ length: 5 }, () =>
        RawClient.open(port, { headers: { 'sec-websocket-extensions': 'permessage-deflate' } }),
      ),
    );
    for (const client of clients) {
      client.send({ opcode: 2, reserved: 0x40, payload: compressed.subarray(0, -4) });
    }
    assert.deepEqual(
      await Promise.all(clients.map((client) => client.text())),
      Array(5).fill(String(4 * MiB)),
    );
    assert.ok(server.counters.maxInflating >= 1);
  });
});

describe('the rate of one connection', () => {
  it('is kept by not reading, and nothing is lost', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxMessagesPerSecond: 200 },
      message: (connection, data) => void connection.send(data),
    });
    const client = await RawClient.open(port);
    for (let index = 0; index < 250; index += 1) client.sendText(String(index));
    for (let index = 0; index < 250; index += 1) assert.equal(await client.text(), String(index));
    assert.ok(server.counters.maxMessagesPerSecond >= 1);
  });

  it('counts every fragment', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxMessagesPerSecond: 200 },
      message: (connection, data) => void connection.send(data),
    });
    const client = await RawClient.open(port);
    client.send({ opcode: 1, isFinal: false, payload: Buffer.from('a') });
    for (let index = 0; index < 250; index += 1)
      client.send({ opcode: 0, isFinal: false, payload: Buffer.from('b') });
    client.send({ opcode: 0, payload: Buffer.from('c') });
    assert.equal((await client.text()).length, 252);
    assert.ok(server.counters.maxMessagesPerSecond >= 1);
  });

  it('counts bytes too', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxBytesPerSecond: 100_000 },
      message: (connection, data) => void connection.send(String(data.length)),
    });
    const client = await RawClient.open(port);
    client.send({ opcode: 2, payload: Buffer.alloc(110_000) });
    client.sendText('x');
    assert.equal(await client.text(), '110000');
    assert.equal(await client.text(), '1');
    assert.ok(server.counters.maxBytesPerSecond >= 1);
  });
});

describe('a connection that brings much at once', () => {
  for (const [name, send] of [
    ['messages', (client: RawClient, index: number) => client.sendText(String(index))],
    ['Pings', (client: RawClient) => client.send({ opcode: 9 })],
  ] as const) {
    it(`leaves some of each turn to others: ${name}`, async (test) => {
      const calls: string[] = [];
      let whenFirst: () => void = () => undefined;
      const handle = (from: string): void => {
        if (calls.length === 0) whenFirst();
        calls.push(from);
        for (const begun = performance.now(); performance.now() - begun < 0.2; );
      };
      const { port } = await openServer(test, {
        message: (_, data) => handle(data === 'quiet' ? 'quiet' : 'loud'),
        ping: () => handle('loud'),
      });
      const [loud, quiet] = [await RawClient.open(port), await RawClient.open(port)];
      whenFirst = () => quiet.sendText('quiet');
      loud.socket.cork();
      for (let index = 0; index < 2_000; index += 1) send(loud, index);
      loud.socket.uncork();
      while (calls.length < 2_001) await new Promise(setImmediate);
      const place = calls.indexOf('quiet');
      assert.ok(place < 1_500, `the other was heard after ${place} messages`);
    });
  }
});
