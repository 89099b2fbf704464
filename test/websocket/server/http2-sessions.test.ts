import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, constants } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { UsageError, WebSocketServer } from '../../../src/websocket/index.ts';
import { makeCertificate } from '../certificate.ts';
import { ServerLog } from '../http2/server-log.ts';
import { cutSession, openSession, Tunnel } from '../http2/tunnel.ts';
import { expectNoSurprises } from '../surprises.ts';

expectNoSurprises();

const certificate = makeCertificate();

const upgradeFields = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

/** An extended CONNECT in bytes: fields that go into no table (RFC 7541, section 6.2.2). */
function connectFrame(stream: number): Buffer {
  const fields = Object.entries({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': `/${'x'.repeat(100)}`,
    ':authority': '127.0.0.1',
    'sec-websocket-version': '13',
  }).map(
    ([name, value]) =>
      `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`,
  );
  const payload = Buffer.from(fields.join(''), 'latin1');
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.set([1, 4], 3);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

describe('server options about http2', () => {
  it('http2 without a port of its own is refused', () => {
    assert.throws(() => new WebSocketServer({ http2: true }), UsageError);
  });
});

describe('server with http2 on its own port', () => {
  const cleanups: (() => unknown)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  });

  async function serve(options: Partial<ConstructorParameters<typeof WebSocketServer<string>>[0]> = {}) {
    const log = new ServerLog();
    const server = new WebSocketServer({ port: 0, http2: true, ...log.handlers, ...options });
    await server.listening;
    cleanups.push(() => server.close({ timeoutMs: 0 }));
    return { server, log, port: server.address()?.port as number };
  }

  it('speaks what the client chooses by ALPN', async () => {
    const { port, log } = await serve({ tls: certificate });
    const session = await openSession(`https://localhost:${port}`, { ca: certificate.cert });
    cleanups.push(() => cutSession(session));
    assert.equal(session.alpnProtocol, 'h2');
    assert.equal((await new Tunnel(session, '/two').response)[':status'], 200);
    for (const ALPNProtocols of [['http/1.1'], undefined]) {
      const upgrade = httpsRequest({
        port,
        host: 'localhost',
        path: '/one',
        ca: certificate.cert,
        headers: upgradeFields,
        agent: false,
        ...(ALPNProtocols && { ALPNProtocols }),
      });
      upgrade.end();
      const [response, socket] = await once(upgrade, 'upgrade');
      assert.equal(response.statusCode, 101);
      socket.destroy();
    }
    await log.has('close 1006', 2);
    assert.deepEqual(
      log.lines.filter((line) => line.startsWith('open')),
      ['open /two 2.0', 'open /one 1.1', 'open /one 1.1'],
    );
  });

  it('speaks HTTP/2 in cleartext if the first bytes do, and else HTTP/1.1', async () => {
    const { port, log } = await serve();
    const session = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(() => cutSession(session));
    assert.equal((await new Tunnel(session, '/two').response)[':status'], 200);
    const upgrade = httpRequest({ port, path: '/one', headers: upgradeFields });
    upgrade.end();
    const [response, socket] = await once(upgrade, 'upgrade');
    assert.equal(response.statusCode, 101);
    socket.destroy();
    await log.has('close 1006');
    const post = httpRequest({ port, path: '/', method: 'PROPFIND' });
    post.end();
    const [refusal] = await once(post, 'response');
    assert.equal(refusal.statusCode, 405);
    refusal.resume();
  });

  it('closes: GOAWAY, 1001 to each socket, and the port is free when they are gone', async () => {
    const { server, port } = await serve();
    const session = await openSession(`http://127.0.0.1:${port}`);
    const idle = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(
      () => cutSession(session),
      () => cutSession(idle),
    );
    const tunnel = new Tunnel(session, '/');
    await tunnel.response;
    const goneAway = once(session, 'goaway');
    const idleClosed = once(idle, 'close');
    const closing = server.close();
    await goneAway;
    await idleClosed;
    await tunnel.count(1);
    tunnel.sendClose(1001);
    await tunnel.count(2);
    assert.deepEqual(tunnel.log, ['close 1001 the server is shutting down', 'end']);
    tunnel.stream.end();
    assert.deepEqual(await closing, { closed: 1, terminated: 0 });
    if (!session.destroyed) await once(session, 'close');
  });

  it('opens a socket beside one that waits for a reader with 12 MiB', async () => {
    const { port } = await serve({
      limits: { maxQueuedBytes: 64 * 1024 * 1024 },
      open: (connection) => void connection.send(new Uint8Array(12 * 1024 * 1024)),
    });
    const session = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(() => cutSession(session));
    const stalled = new Tunnel(session, '/stalled');
    stalled.stream.pause();
    assert.equal((await stalled.response)[':status'], 200);
    assert.equal((await new Tunnel(session, '/other').response)[':status'], 200);
  });

  it('ends a session that has had no stream for handshakeTimeoutMs, but none with a socket', async () => {
    const { port, server } = await serve({ handshakeTimeoutMs: 1 });
    const busy = await openSession(`http://127.0.0.1:${port}`);
    const tunnel = new Tunnel(busy, '/');
    const idle = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(
      () => cutSession(busy),
      () => cutSession(idle),
    );
    await once(idle, 'close');
    const { handshakeTimeoutMs } = server.counters;
    assert.equal(handshakeTimeoutMs, 1);
    assert.equal((await tunnel.response)[':status'], 200);
    assert.equal(busy.destroyed, false);
    tunnel.stream.close();
    await once(busy, 'close');
    // It did what it came for.
    assert.equal(server.counters.handshakeTimeoutMs, handshakeTimeoutMs);
  });

  it('leaves turns of the event loop to others when a session asks for much at once', async () => {
    let inTurn = 0;
    let most = 0;
    let asked = 0;
    const all = new Promise<void>((resolve) => {
      void serve({
        upgrade() {
          if (inTurn === 0) {
            setImmediate(() => {
              inTurn = 0;
            });
          }
          inTurn += 1;
          most = Math.max(most, inTurn);
          asked += 1;
          if (asked === 900) resolve();
          return { data: '' };
        },
      }).then(({ port }) => {
        const client = connectTcp({ port, host: '127.0.0.1' });
        client.on('error', () => undefined);
        cleanups.push(() => client.destroy());
        client.resume();
        client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0', 'latin1');
        client.write(Buffer.concat(Array.from({ length: 900 }, (_, index) => connectFrame(2 * index + 1))));
      });
    });
    await all;
    // One read brings 64 KiB, and no second one comes in the same turn.
    assert.ok(most < (1.5 * 65_536) / connectFrame(1).length, `${most} in one turn`);
  });

  it('says how much it takes, and takes no more', async () => {
    const { port } = await serve();
    const session = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(() => cutSession(session));
    const { maxConcurrentStreams, maxHeaderListSize } = session.remoteSettings;
    assert.deepEqual([maxConcurrentStreams, maxHeaderListSize], [1_000, 16_384]);
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'a']));
    assert.equal((await new Tunnel(session, '/', fields(80)).response)[':status'], 200);
    assert.notEqual(await new Tunnel(session, '/', fields(110)).closed, constants.NGHTTP2_NO_ERROR);
    assert.notEqual(await new Tunnel(session, '/', { 'x-long': 'a'.repeat(17_000) }).closed, 0);
  });

  it('outlives a session that breaks the rules', async () => {
    const { port } = await serve();
    const client = connectTcp({ port, host: '127.0.0.1' });
    client.on('error', () => undefined);
    // The preface of HTTP/2, and a frame that is no SETTINGS.
    client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\u0004\0\0\0\0\0\u0001aaaa', 'latin1');
    client.resume();
    await once(client, 'close');
    const session = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(() => cutSession(session));
    assert.equal((await new Tunnel(session, '/').response)[':status'], 200);
  });

  it('begins no session any more while it closes', async () => {
    const { server, port } = await serve({ tls: certificate, handshakeTimeoutMs: 100_000_000 });
    const socket = connectTcp({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const closing = server.close();
    const late = connect(`https://localhost:${port}`, {
      createConnection: () =>
        connectTls({ socket, ca: certificate.cert, servername: 'localhost', ALPNProtocols: ['h2'] }),
    });
    late.on('error', () => undefined);
    await once(late, 'close');
    assert.deepEqual(await closing, { closed: 0, terminated: 0 });
  });

  it('caps the sessions as it caps connections', async () => {
    const { server, log, port } = await serve({ limits: { maxConnectionsPerAddress: 1 } });
    const first = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(() => cutSession(first));
    await assert.rejects(openSession(`http://127.0.0.1:${port}`));
    assert.equal(server.counters.maxConnectionsPerAddress, 1);
    const tunnel = new Tunnel(first, '/');
    assert.equal((await tunnel.response)[':status'], 200);
    await cutSession(first);
    await log.has('close 1006');
    const second = await openSession(`http://127.0.0.1:${port}`);
    cleanups.push(() => cutSession(second));
    assert.equal((await new Tunnel(second, '/').response)[':status'], 200);
  });
});
