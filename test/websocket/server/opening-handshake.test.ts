import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reject, type UpgradeRequest, type WebSocketServerOptions } from '../../../src/websocket/index.ts';
import { gate } from '../gate.ts';
import { openServer } from '../open-server.ts';
import { RawClient, upgradeRequest } from '../raw-client.ts';

/** What the server answers to a request, head and body, when it refuses it. */
async function refusalOf(port: number, path = '/'): Promise<string> {
  const client = await RawClient.connect(port);
  client.socket.write(upgradeRequest({ path }));
  const answer = (await client.rest()).toString();
  await client.gone();
  return answer;
}

describe('the upgrade hook', () => {
  it('sees the request', async (test) => {
    const seen = gate<UpgradeRequest>();
    const { port } = await openServer(test, {
      upgrade(request) {
        seen.resolve(request);
        return undefined;
      },
    });
    await RawClient.open(port, {
      path: '/chat/a%20b?room=1&room=2',
      headers: { 'sec-websocket-protocol': 'one, two', cookie: 'a=1', __proto__x: 'y' },
    });
    const request = await seen.promise;
    assert.equal(request.url, '/chat/a%20b?room=1&room=2');
    assert.equal(request.path, '/chat/a%20b');
    assert.deepEqual(request.query.getAll('room'), ['1', '2']);
    assert.deepEqual(request.protocols, ['one', 'two']);
    assert.equal(request.headers.get('cookie'), 'a=1');
    assert.equal(request.headers.get('constructor'), undefined);
    assert.equal(request.origin, undefined);
    assert.equal(request.host, '127.0.0.1');
    assert.equal(request.remoteAddress, '127.0.0.1');
    assert.equal(request.isSecure, false);
    assert.equal(request.raw, undefined);
  });

  it('accepts with a subprotocol, fields and a value for the connection', async (test) => {
    const { port } = await openServer<{ user: string }>(test, {
      upgrade: () => ({
        data: { user: 'ada' },
        protocol: 'two',
        headers: { 'Set-Cookie': 'a=1', 'X-More': 'yes' },
      }),
      open: (connection) => connection.send(`${connection.data.user} ${connection.protocol}`),
    });
    const client = await RawClient.connect(port);
    const head = await client.upgrade({ headers: { 'sec-websocket-protocol': 'one, two' } });
    assert.match(head, /\r\nSec-WebSocket-Protocol: two\r\n/);
    assert.match(head, /\r\nSet-Cookie: a=1\r\nX-More: yes\r\n/);
    assert.equal(await client.text(), 'ada two');
  });

  it('accepts later, and the frames sent meanwhile are all delivered in order', async (test) => {
    const decided = gate<undefined>();
    const { port, calls, called } = await openServer(test, { upgrade: () => decided.promise });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    for (let count = 0; count < 100; count += 1) client.sendText(`${count}`);
    assert.deepEqual(calls, []);
    decided.resolve(undefined);
    await called('message "99"');
    assert.deepEqual(calls, ['open', ...Array.from({ length: 100 }, (_, count) => `message "${count}"`)]);
  });

  it('is not flooded meanwhile: the socket is not read', async (test) => {
    const decided = gate<undefined>();
    const { port, called } = await openServer(test, {
      upgrade: ({ path }) => (path === '/slow' ? decided.promise : undefined),
      message: (connection, data) => connection.send(data.length.toString()),
    });
    const slow = await RawClient.connect(port);
    slow.socket.write(upgradeRequest({ path: '/slow' }));
    const MiB = 1024 * 1024;
    for (let count = 0; count < 24; count += 1) slow.send({ opcode: 2, payload: Buffer.alloc(MiB) });

    // Others are served many times over, in which the server could have read it all.
    const quick = await RawClient.open(port, { path: '/quick' });
    for (let count = 0; count < 50; count += 1) {
      quick.sendText('x');
      await quick.text();
    }
    assert.ok(slow.socket.writableLength > 8 * MiB, `${slow.socket.writableLength} bytes are still unsent`);
    decided.resolve(undefined);
    await called('message 00');
    await slow.head();
    for (let count = 0; count < 24; count += 1) assert.equal(await slow.text(), String(MiB));
  });

  const refusals: [name: string, upgrade: WebSocketServerOptions<unknown>['upgrade'], answer: RegExp][] = [
    [
      'rejects',
      () => reject(401, 'say who you are'),
      /^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*\r\n\r\nsay who you are$/,
    ],
    ['rejects later', async () => reject(403), /^HTTP\/1\.1 403 Forbidden\r\n/],
    [
      'rejects with fields',
      () => reject(503, '', { headers: { 'Retry-After': '5' } }),
      /\r\nRetry-After: 5\r\n/,
    ],
    [
      'throws',
      () => {
        throw new Error('a secret');
      },
      /^HTTP\/1\.1 500 /,
    ],
    ['rejects its promise', () => Promise.reject(new Error('a secret')), /^HTTP\/1\.1 500 /],
    ['throws what is no error', () => Promise.reject('a secret'), /^HTTP\/1\.1 500 /],
    ['rejects with what cannot be told', () => Promise.reject(Object.create(null)), /^HTTP\/1\.1 500 /],
    [
      'gives a value that throws when it is read',
      () => ({
        get data(): never {
          throw new Error('a secret');
        },
      }),
      /^HTTP\/1\.1 500 /,
    ],
    ['chooses a subprotocol that was not offered', () => ({ protocol: 'three' }), /^HTTP\/1\.1 500 /],
    [
      'gives a field with a line break',
      () => ({ headers: { 'X-A': 'a\r\nX-B: a secret' } }),
      /^HTTP\/1\.1 500 /,
    ],
    ['rejects with a status that accepts', () => reject(200), /^HTTP\/1\.1 500 /],
    [
      'rejects with a line break',
      () => reject(400, '', { headers: { 'X-A': 'a\r\n\r\na secret' } }),
      /^HTTP\/1\.1 500 /,
    ],
  ];
  for (const [name, upgrade, answer] of refusals) {
    it(`${name}: the request is answered, the connection closed, nothing leaks to the peer`, async (test) => {
      const { port, server, calls, errors } = await openServer(test, {
        limits: { maxConnections: 1 },
        upgrade: upgrade as never,
      });
      const text = await refusalOf(port);
      assert.match(text, answer);
      assert.match(text, /\r\nConnection: close\r\n/);
      assert.doesNotMatch(text, /secret/);
      // It has left its place, the only one, as soon as the server has seen the socket close.
      let second = await refusalOf(port);
      while (second.includes('too many connections')) second = await refusalOf(port);
      assert.match(second, answer);
      assert.equal(server.connections.size, 0);
      assert.equal(errors.length, answer.source.includes('500') ? 2 : 0);
      assert.ok(calls.every((call) => call.startsWith('error')));
    });
  }

  it('may decide when the peer is long gone', async (test) => {
    const decided = gate<undefined>();
    const asked = gate();
    const { port, server, calls } = await openServer(test, {
      upgrade: () => {
        asked.resolve();
        return decided.promise;
      },
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await asked.promise;
    client.reset();
    await client.gone();
    decided.resolve(undefined);
    // Whether the server learnt of the reset before or after it accepted: it ends with nothing left.
    while (server.connections.size > 0) await new Promise(setImmediate);
    assert.ok(calls.length === 0 || calls.at(-1) === 'close 1006 ""', calls.join());
  });
});

describe('a request that is cut anywhere', () => {
  const request = Buffer.from(upgradeRequest({ headers: { 'sec-websocket-protocol': 'chat' } }));

  for (const [name, cut] of [
    ['reset', (client: RawClient) => client.reset()],
    ['end', (client: RawClient) => client.socket.end()],
  ] as const) {
    it(`by a ${name} after every byte leaves no connection, no count and no descriptor`, async (test) => {
      const { port, server, errors } = await openServer(test, {
        limits: { maxConnections: 8, maxConnectionsPerAddress: 8 },
      });
      for (let length = 0; length < request.length; length += 1) {
        const client = await RawClient.connect(port);
        if (length > 0)
          await new Promise((resolve) => client.socket.write(request.subarray(0, length), resolve));
        cut(client);
        await client.gone();
      }
      // All eight places must be free again, sooner or later.
      const opened: RawClient[] = [];
      while (opened.length < 8) {
        try {
          opened.push(await RawClient.open(port));
        } catch {
          // The server has not noticed the last of the cuts yet.
        }
      }
      assert.equal(server.connections.size, 8);
      assert.deepEqual(errors, []);
    });
  }

  it('by a reset right behind it ends as a connection that was lost', async (test) => {
    const { port, calls, called } = await openServer(test);
    const client = await RawClient.connect(port);
    client.socket.write(request);
    await called('open');
    client.reset();
    await called('close');
    assert.deepEqual(calls, ['open', 'close 1006 ""']);
  });

  it('sent byte by byte is accepted', async (test) => {
    const { port, called } = await openServer(test);
    const client = await RawClient.connect(port, { noDelay: true } as never);
    for (const byte of request)
      await new Promise((resolve) => client.socket.write(Uint8Array.of(byte), resolve));
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    await called('open');
  });
});

describe('the deadline of the opening handshake', () => {
  it('cuts a client that sends nothing', async (test) => {
    const { port, server } = await openServer(test, { handshakeTimeoutMs: 1 });
    const client = await RawClient.connect(port);
    await client.rest();
    await client.gone();
    assert.equal(server.counters.handshakeTimeoutMs, 1);
  });

  it('cuts a client that drips its request, however often it sends', async (test) => {
    const { port } = await openServer(test, { handshakeTimeoutMs: 100 });
    const client = await RawClient.connect(port);
    client.socket.write('GET / HTTP/1.1\r\n');
    const drip = setInterval(() => client.socket.write('X-Drip: 1\r\n'), 5);
    test.after(() => clearInterval(drip));
    await client.rest();
    assert.equal(client.isClosed || client.hasEnded, true);
  });

  it('ends a decision that never comes', async (test) => {
    const { port, server, calls } = await openServer(test, {
      handshakeTimeoutMs: 1,
      upgrade: () => new Promise<undefined>(() => undefined),
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await client.rest();
    await client.gone();
    assert.equal(server.connections.size, 0);
    assert.deepEqual(calls, []);
  });

  it('does not touch a connection that is open', async (test) => {
    const { port } = await openServer(test, {
      handshakeTimeoutMs: 1,
      message: (connection, data) => connection.send(data),
    });
    const deadline = await RawClient.connect(port);
    const client = await RawClient.open(port).catch(() => undefined);
    await deadline.rest();
    if (client === undefined) return;
    client.sendText('still here');
    assert.equal(await client.text(), 'still here');
  });
});

describe('caps on connections', () => {
  it('tell the limitReached hook each time, under the name of the counter; what it throws is reported', async (test) => {
    const reached: string[] = [];
    const { port, server, errors } = await openServer(test, {
      limits: { maxConnections: 1 },
      limitReached: (limit) => {
        reached.push(limit);
        throw new Error('not my day');
      },
    });
    await RawClient.open(port);
    for (let count = 0; count < 2; count++) assert.match(await refusalOf(port), /^HTTP\/1\.1 503 /);
    assert.deepEqual(reached, ['maxConnections', 'maxConnections']);
    assert.equal(server.counters.maxConnections, 2);
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['not my day', 'not my day'],
    );
  });

  it('answer 503 with Retry-After, count it, and let others in when one leaves', async (test) => {
    const { port, server, called } = await openServer(test, { limits: { maxConnections: 2 } });
    const [first] = [await RawClient.open(port), await RawClient.open(port)];
    const refused = await refusalOf(port);
    assert.match(refused, /^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: \d+\r\n/);
    assert.equal(server.counters.maxConnections, 1);
    first.sendClose();
    await first.gone();
    await called('close');
    await RawClient.open(port);
    assert.equal(server.connections.size, 2);
  });

  it('hold for each address by itself', async (test) => {
    const { port, server } = await openServer(test, { limits: { maxConnectionsPerAddress: 1 } });
    const from = async (localAddress: string): Promise<RawClient> => {
      const client = await RawClient.connect(port, { localAddress } as never);
      client.socket.write(upgradeRequest());
      return client;
    };
    assert.match(await (await from('127.0.0.1')).head(), / 101 /);
    assert.match(await (await from('127.0.0.1')).head(), / 503 /);
    assert.match(await (await from('127.0.0.2')).head(), / 101 /);
    assert.equal(server.connections.size, 2);
  });

  it('count handshakes that are under way', async (test) => {
    const { port } = await openServer(test, { limits: { maxConnections: 1 } });
    const idle = await RawClient.connect(port);
    assert.match(await refusalOf(port), / 503 /);
    await idle.gone();
  });
});

describe('a refusal', () => {
  it('is read whole although the client goes on sending', async (test) => {
    const { port } = await openServer(test, { upgrade: () => reject(403, 'x'.repeat(100_000)) });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    client.send({ opcode: 2, payload: Buffer.alloc(1_000_000) });
    const answer = (await client.rest()).toString();
    assert.ok(answer.endsWith('x'.repeat(100_000)));
  });

  it('does not keep a socket whose client ends nothing', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxConnections: 1 },
      handshakeTimeoutMs: 100_000_000,
      upgrade: () => reject(403),
    });
    const client = await RawClient.connect(port, { allowHalfOpen: true });
    client.socket.write(upgradeRequest());
    await client.rest();
    // It is cut, so that writing to it fails in the end.
    while (!client.isClosed) {
      if (client.socket.writable) client.socket.write('x');
      await new Promise(setImmediate);
    }
    assert.equal(server.connections.size, 0);
  });

  it('is not given to everybody, while many read theirs', async (test) => {
    const { port } = await openServer(test, { limits: { maxHandshakes: 1 } });
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => RawClient.connect(port, { allowHalfOpen: true })),
    );
    const [first, ...others] = clients as [RawClient, ...RawClient[]];
    const answers = await Promise.all(others.map((client) => client.rest()));
    assert.ok(answers.some((answer) => answer.toString().startsWith('HTTP/1.1 503 ')));
    assert.ok(answers.some((answer) => answer.length === 0));
    for (const client of clients) client.socket.destroy();
    await first.gone();
  });

  it('never reads what follows the request', async (test) => {
    const { port, calls } = await openServer(test, { upgrade: () => reject(403) });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest() + upgradeRequest());
    const answer = (await client.rest()).toString();
    assert.equal(answer.split('HTTP/1.1').length, 2);
    assert.deepEqual(calls, []);
  });
});
