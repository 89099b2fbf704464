import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
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

describe('server attached to an http2 server', () => {
  let log: ServerLog;
  const cleanups: (() => unknown)[] = [];

  beforeEach(() => {
    log = new ServerLog();
  });

  afterEach(async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  });

  /** Listens, and gives the port. */
  async function listen(server: Http2Server | Http2SecureServer): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  function attach(server: Http2Server | Http2SecureServer, path?: string): WebSocketServer<string> {
    const attached = new WebSocketServer({ ...log.handlers, server, ...(path !== undefined && { path }) });
    cleanups.push(() => attached.close({ timeoutMs: 0 }));
    return attached;
  }

  async function connect(origin: string): Promise<Awaited<ReturnType<typeof openSession>>> {
    const session = await openSession(origin, { ca: certificate.cert });
    cleanups.push(() => cutSession(session));
    return session;
  }

  async function echo(tunnel: Tunnel): Promise<void> {
    assert.equal((await tunnel.response)[':status'], 200);
    tunnel.sendText('hello');
    await tunnel.count(1);
    assert.deepEqual(tunnel.log, ['text hello']);
  }

  it('has it offer extended CONNECT, so that nothing need be set', async () => {
    const http2 = createServer();
    attach(http2);
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    assert.equal(session.remoteSettings.enableConnectProtocol, true);
    await echo(new Tunnel(session, '/'));
  });

  it('stands beside a request listener, whichever came first', async () => {
    for (const isFirst of [true, false]) {
      const http2 = createServer();
      if (isFirst) attach(http2);
      http2.on('request', (_request, response) => response.end('page'));
      if (!isFirst) attach(http2);
      const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
      await echo(new Tunnel(session, '/'));
      const page = new Tunnel(session, '/', { ':method': 'GET', ':protocol': undefined });
      assert.equal((await page.response)[':status'], 200);
      page.stream.end();
    }
  });

  it('stands beside a stream listener that leaves CONNECT alone', async () => {
    const http2 = createServer();
    http2.on('stream', (stream, headers) => {
      if (headers[':method'] === 'CONNECT') return;
      stream.respond({ ':status': 204 });
    });
    attach(http2);
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    await echo(new Tunnel(session, '/'));
    const page = new Tunnel(session, '/', { ':method': 'GET', ':protocol': undefined });
    assert.equal((await page.response)[':status'], 204);
  });

  it('leaves a stream alone that another listener has answered', async () => {
    const http2 = createServer();
    http2.on('stream', (stream) => stream.respond({ ':status': 418 }, { endStream: true }));
    attach(http2);
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    assert.equal((await new Tunnel(session, '/').response)[':status'], 418);
  });

  it('leaves another :protocol to whoever may know it', async () => {
    const http2 = createServer();
    attach(http2);
    http2.on('stream', (stream, headers) => {
      if (headers[':protocol'] === 'connect-udp') stream.respond({ ':status': 202 }, { endStream: true });
    });
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    const tunnel = new Tunnel(session, '/', { ':protocol': 'connect-udp' });
    assert.equal((await tunnel.response)[':status'], 202);
    await echo(new Tunnel(session, '/'));
  });

  it('refuses an ordinary CONNECT beside a request listener, as Node does', async () => {
    const http2 = createServer((_request, response) => response.end('page'));
    attach(http2);
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'example.com:443' });
    const [head] = await once(stream, 'response');
    assert.ok(head[':status'] >= 400);
    stream.close();
  });

  it('shares the server with others by path, and 404 is for the rest', async () => {
    const http2 = createServer((_request, response) => response.end('page'));
    attach(http2, '/a');
    attach(http2, '/b');
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    for (const [path, status] of [
      ['/a?x=1', 200],
      ['/b', 200],
      ['/c', 404],
    ] as const) {
      assert.equal((await new Tunnel(session, path).response)[':status'], status);
    }
    assert.deepEqual(log.lines.sort(), ['open /a?x=1 2.0', 'open /b 2.0']);
  });

  it('serves HTTP/2 and, with allowHTTP1, upgrades on one port', async () => {
    const http2 = createSecureServer({ ...certificate, allowHTTP1: true }, (_request, response) =>
      response.end('page'),
    );
    attach(http2);
    const port = await listen(http2);
    const session = await connect(`https://localhost:${port}`);
    await echo(new Tunnel(session, '/two'));

    const upgrade = httpsRequest({
      port,
      host: 'localhost',
      path: '/one',
      ca: certificate.cert,
      headers: upgradeFields,
    });
    upgrade.end();
    const [response, socket] = await once(upgrade, 'upgrade');
    assert.equal(response.statusCode, 101);
    socket.destroy();
    await log.has('close 1006');
    const page = httpsRequest({ port, host: 'localhost', ca: certificate.cert, agent: false });
    page.end();
    const [answer] = await once(page, 'response');
    assert.equal(answer.statusCode, 200);
    answer.destroy();
    assert.deepEqual(log.lines.slice(0, 3), ['open /two 2.0', 'message hello', 'open /one 1.1']);
  });

  it('destroys an HTTP/1.1 CONNECT that nobody else takes, with allowHTTP1', async () => {
    const http2 = createSecureServer({ ...certificate, allowHTTP1: true }, (_request, response) =>
      response.end('page'),
    );
    attach(http2);
    const port = await listen(http2);
    const connect = httpsRequest({
      port,
      host: 'localhost',
      method: 'CONNECT',
      path: 'a.example:1',
      ca: certificate.cert,
      servername: 'localhost',
    });
    connect.end();
    const [error] = await once(connect, 'error');
    assert.equal(error.code, 'ECONNRESET');
  });

  it('takes nothing more after close, while the http2 server goes on', async () => {
    const http2 = createServer((_request, response) => response.end('page'));
    const attached = attach(http2);
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    const tunnel = new Tunnel(session, '/');
    await echo(tunnel);
    const closing = attached.close();
    await tunnel.count(2);
    tunnel.sendClose(1001);
    await tunnel.count(3);
    assert.deepEqual(tunnel.log.slice(1), ['close 1001 the server is shutting down', 'end']);
    tunnel.stream.end();
    assert.deepEqual(await closing, { closed: 1, terminated: 0 });
    assert.equal((await new Tunnel(session, '/').response)[':status'], 405);
    const page = new Tunnel(session, '/', { ':method': 'GET', ':protocol': undefined });
    assert.equal((await page.response)[':status'], 200);
  });

  it('takes streams that are handed over, but none that has an answer', async () => {
    const server = new WebSocketServer({ ...log.handlers });
    cleanups.push(() => server.close({ timeoutMs: 0 }));
    const http2 = createServer({ settings: { enableConnectProtocol: true } });
    const answered = new Promise<ServerHttp2Stream>((resolve) => {
      http2.on('stream', (stream, headers) => {
        if (headers[':path'] === '/answered') {
          stream.respond({ ':status': 403 }, { endStream: true });
          assert.throws(() => server.handleExtendedConnect(stream, headers), UsageError);
          resolve(stream);
        } else {
          server.handleExtendedConnect(stream, headers);
        }
      });
    });
    const session = await connect(`http://127.0.0.1:${await listen(http2)}`);
    await echo(new Tunnel(session, '/'));
    assert.equal((await new Tunnel(session, '/answered').response)[':status'], 403);
    await answered;
  });
});
