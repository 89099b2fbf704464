import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { reject, WebSocketServer, type WebSocketServerOptions } from '../../../src/websocket/index.ts';
import { Gate } from '../../../src/websocket/server/gate.ts';
import { openFileLimit } from '../../../src/websocket/server/open-files.ts';
import { resolveServerOptions } from '../../../src/websocket/server/server-options.ts';
import { makeCertificate } from '../certificate.ts';
import { openServer } from '../open-server.ts';
import { RawClient, upgradeRequest } from '../raw-client.ts';

async function answerTo(port: number, headers: Record<string, string> = {}): Promise<string> {
  const client = await RawClient.connect(port);
  client.socket.write(upgradeRequest({ headers }));
  const head = await client.head();
  if (!head.startsWith('HTTP/1.1 101')) client.socket.destroy();
  return head.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3);
}

describe('a server behind a proxy that it trusts', () => {
  const from = (address: string) => ({ 'x-forwarded-for': `9.9.9.9, ${address}` });

  it('knows the client, and counts by its address', async (test) => {
    const addresses: string[] = [];
    const { port, server } = await openServer(test, {
      trustProxy: ['127.0.0.0/8'],
      limits: { maxConnectionsPerAddress: 1 },
      upgrade: ({ remoteAddress }) => {
        addresses.push(remoteAddress);
        return {};
      },
    });
    assert.equal(await answerTo(port, from('198.51.100.1')), '101');
    assert.equal(await answerTo(port, from('198.51.100.1')), '503');
    assert.equal(await answerTo(port, from('198.51.100.2')), '101');
    assert.deepEqual(addresses, ['198.51.100.1', '198.51.100.2']);
    assert.deepEqual(
      [...server.connections].map(({ remoteAddress }) => remoteAddress),
      ['198.51.100.1', '198.51.100.2'],
    );
    assert.equal(server.counters.maxConnectionsPerAddress, 1);
  });

  it('does not believe the field without one', async (test) => {
    const { port, server } = await openServer(test);
    assert.equal(await answerTo(port, from('198.51.100.1')), '101');
    assert.equal([...server.connections][0]?.remoteAddress, '127.0.0.1');
  });

  it('lets the place of a client go with its connection', async (test) => {
    const { port, called } = await openServer(test, {
      trustProxy: ['127.0.0.1'],
      limits: { maxConnectionsPerAddress: 1 },
    });
    const client = await RawClient.open(port, { headers: from('198.51.100.1') });
    client.socket.destroy();
    await called('close');
    assert.equal(await answerTo(port, from('198.51.100.1')), '101');
  });
});

describe('handshakes that fail', () => {
  it('again and again get their answers late, and those that succeed at once', async (test) => {
    let isOpen = false;
    const { port, server } = await openServer(test, {
      limits: { maxFailedHandshakesPerMinute: 2 },
      tarpitMs: 60_000,
      upgrade: () => (isOpen ? {} : reject(401)),
    });
    assert.deepEqual([await answerTo(port), await answerTo(port)], ['401', '401']);
    const late = await RawClient.connect(port);
    late.socket.write(upgradeRequest());
    // Whoever comes behind it and is accepted does not wait.
    while (server.counters.maxFailedHandshakesPerMinute === 0) await new Promise(setImmediate);
    isOpen = true;
    assert.equal(await answerTo(port), '101');
    assert.equal(late.isClosed, false);
    assert.equal(server.counters.maxFailedHandshakesPerMinute, 1);
  });

  it('get the answer when the time is over', async (test) => {
    const { port } = await openServer(test, {
      limits: { maxFailedHandshakesPerMinute: 1 },
      tarpitMs: 1,
      upgrade: () => reject(403),
    });
    assert.deepEqual([await answerTo(port), await answerTo(port)], ['403', '403']);
  });

  it('get 500 then, if the answer cannot be written: nothing ends the process', async (test) => {
    const { port, errors } = await openServer(test, {
      limits: { maxFailedHandshakesPerMinute: 1 },
      tarpitMs: 1,
      // What the client sent gets into a field.
      upgrade: ({ path }) => reject(403, '', { headers: { 'X-Path': decodeURIComponent(path) } }),
    });
    const answerFor = async (path: string): Promise<string> => {
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest({ path }));
      const answer = (await client.rest()).toString();
      await client.gone();
      return answer.slice(9, 12);
    };
    assert.equal(await answerFor('/a'), '403');
    assert.deepEqual([await answerFor('/%0d%0a'), await answerFor('/%0d%0a')], ['500', '500']);
    assert.equal(errors.length, 2);
  });

  it('are answered with 429, undecided, when answers held back take half the places of their address', async (test) => {
    let asked = 0;
    const { port } = await openServer(test, {
      limits: { maxFailedHandshakesPerMinute: 1, maxHandshakesPerAddress: 16 },
      tarpitMs: 60_000,
      upgrade: () => {
        asked += 1;
        return reject(401);
      },
    });
    assert.equal(await answerTo(port), '401');
    const held = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(port)));
    for (const client of held) client.socket.write(upgradeRequest());
    while (asked < 9) await new Promise(setImmediate);
    assert.equal(await answerTo(port), '429');
    assert.equal(asked, 9);
    for (const client of held) client.socket.destroy();
    await Promise.all(held.map((client) => client.gone()));
  });

  it('are not those that the server refuses for a reason of its own', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxFailedHandshakesPerMinute: 1 },
      tarpitMs: 60_000,
      upgrade: () => reject(503),
    });
    for (let index = 0; index < 3; index += 1) assert.equal(await answerTo(port), '503');
    assert.equal(server.counters.maxFailedHandshakesPerMinute, 0);
  });

  it('leave their place when nobody waits for the answer any more', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxFailedHandshakesPerMinute: 1, maxConnections: 3 },
      tarpitMs: 60_000,
      upgrade: async ({ path }) => (path === '/' ? reject(401) : {}),
    });
    assert.equal(await answerTo(port), '401');
    const held = await Promise.all(Array.from({ length: 2 }, () => RawClient.connect(port)));
    for (const client of held) client.socket.write(upgradeRequest());
    while (server.counters.maxFailedHandshakesPerMinute < 2) await new Promise(setImmediate);
    for (const client of held) client.socket.end('what nobody reads');
    while (server.connections.size < 3) await RawClient.open(port, { path: '/in' }).catch(() => undefined);
  });

  it('are not those of a plain request, with which others look whether the server is alive', async (test) => {
    const { port, server } = await openServer(test, {
      limits: { maxFailedHandshakesPerMinute: 1 },
      tarpitMs: 60_000,
    });
    for (let index = 0; index < 3; index += 1) {
      const client = await RawClient.connect(port);
      client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      assert.match(await client.head(), / 426 /);
    }
    assert.equal(server.counters.maxFailedHandshakesPerMinute, 0);
  });
});

describe('half-open handshakes', () => {
  it('are capped for each address, and 503 tells', async (test) => {
    const { port, server } = await openServer(test, { limits: { maxHandshakesPerAddress: 2 } });
    const slow = [await RawClient.connect(port), await RawClient.connect(port)];
    assert.equal(await answerTo(port), '503');
    assert.equal(server.counters.maxHandshakesPerAddress, 1);
    slow[0]?.socket.write(upgradeRequest());
    assert.match((await slow[0]?.head()) ?? '', / 101 /);
    assert.equal(await answerTo(port), '101');
  });
});

describe('half-open TLS handshakes', () => {
  it('are capped, counted, and let others in when they end', async (test) => {
    const { key, cert } = makeCertificate();
    const { port, server } = await openServer(test, {
      tls: { key, cert },
      handshakeTimeoutMs: 100_000,
      limits: { maxHandshakesPerAddress: 2 },
    });
    const silent = [await RawClient.connect(port), await RawClient.connect(port)];
    const turnedAway = await RawClient.connect(port);
    await turnedAway.rest();
    assert.equal(server.counters.maxHandshakesPerAddress, 1);
    for (const client of silent) await client.gone();
    // The server has noticed that they are gone when it lets another one in.
    for (;;) {
      const socket = connectTls({ port, host: '127.0.0.1', ca: cert });
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.once('secureConnect', () => resolve(true));
        socket.once('error', () => resolve(false));
        socket.once('close', () => resolve(false));
      });
      if (!isOpen) continue;
      const client = new RawClient(socket);
      await client.upgrade();
      break;
    }
    assert.equal(server.connections.size, 1);
  });
});

describe('the descriptor of a socket', () => {
  const socketWith = (fd: number) => ({ _handle: { fd } }) as never;

  it('is free below the cap, full above it, and the last ones are not spent on refusals', () => {
    const reports: unknown[] = [];
    const settings = resolveServerOptions({ limits: { maxDescriptors: 10 } });
    const gate = new Gate(settings, (error) => reports.push(error));
    assert.equal(gate.checkDescriptor(socketWith(9)), 'free');
    assert.deepEqual(reports, []);
    assert.equal(gate.checkDescriptor(socketWith(10)), 'full');
    assert.equal(gate.checkDescriptor(socketWith(openFileLimit() - 1)), 'last');
    assert.equal(gate.counts.snapshot().maxDescriptors, 2);
    assert.equal(reports.length, 1);
  });
});

describe('a process that is nearly out of descriptors', { skip: process.platform === 'win32' }, () => {
  it('answers 503, counts, tells once, and serves again when there are some', async () => {
    const script = fileURLToPath(new URL('few-descriptors.js', import.meta.url));
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'ulimit -n 128; exec "$0" "$1"',
      process.execPath,
      script,
    ]);
    assert.deepEqual(JSON.parse(stdout), {
      accepted: true,
      others: ['503'],
      counted: true,
      errors: ['DESCRIPTORS_LOW'],
      afterwards: '101',
    });
  });
});

describe('a server behind a Unix socket', () => {
  async function openLocal(test: TestContext, options: WebSocketServerOptions<undefined>) {
    const folder = await mkdtemp(join(tmpdir(), 'tidewire-'));
    const path = join(folder, 'socket');
    const http = createServer();
    http.listen(path);
    await once(http, 'listening');
    const server = new WebSocketServer({ server: http, ...options });
    test.after(async () => {
      await server.close({ timeoutMs: 0 });
      http.close();
      await rm(folder, { recursive: true });
    });
    async function answer(headers: Record<string, string> = {}): Promise<string> {
      const socket = connect(path);
      socket.on('error', () => undefined);
      socket.write(upgradeRequest({ headers }));
      const [head] = (await once(socket, 'data')) as [Buffer];
      return head.toString('latin1', 9, 12);
    }
    return { server, answer };
  }
  const limits = { maxConnectionsPerAddress: 1, maxFailedHandshakesPerMinute: 1 };

  it('does not take all its clients for one', async (test) => {
    const { answer } = await openLocal(test, {
      limits,
      tarpitMs: 60_000,
      upgrade: ({ headers }) => (headers.get('x-reject') ? reject(401) : {}),
    } as WebSocketServerOptions<undefined>);
    assert.deepEqual([await answer(), await answer()], ['101', '101']);
    const refused = { 'x-reject': 'yes' };
    assert.deepEqual([await answer(refused), await answer(refused)], ['401', '401']);
  });

  it('knows them apart by the word of a proxy that it trusts', async (test) => {
    const { answer, server } = await openLocal(test, { limits, trustProxy: ['unix'] });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    assert.equal(await answer(from('198.51.100.1')), '101');
    assert.equal(await answer(from('198.51.100.1')), '503');
    assert.equal(await answer(from('198.51.100.2')), '101');
    assert.deepEqual(
      [...server.connections].map(({ remoteAddress }) => remoteAddress),
      ['198.51.100.1', '198.51.100.2'],
    );
  });
});
