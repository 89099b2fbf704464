import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import {
  ConnectionError,
  reject,
  UsageError,
  WebSocket,
  type WebSocketOptions,
  WebSocketServer,
  WebSocketStream,
} from '../../../src/websocket/index.ts';
import { makeCertificate } from '../certificate.ts';
import { ServerLog } from '../http2/server-log.ts';
import { expectNoSurprises } from '../surprises.ts';
import { closed, failed, logEvents, nextMessage, opened } from '../whatwg/socket-log.ts';
import { fakeServer } from './fake-server.ts';

expectNoSurprises();

const certificate = makeCertificate();

describe('client over HTTP/2', () => {
  let log: ServerLog;
  let http2: Http2Server | Http2SecureServer;
  let sessions: ServerHttp2Session[];
  let url: string;
  const cleanups: (() => unknown)[] = [];

  /** An http2 server whose sessions are kept track of, with a WebSocket server attached that never decides on `/slow`. */
  async function serve(server: Http2Server | Http2SecureServer, scheme = 'ws'): Promise<void> {
    http2 = server;
    http2.on('session', (session) => sessions.push(session));
    const { handlers } = log;
    const attached = new WebSocketServer<string>({
      ...handlers,
      upgrade: (request) =>
        request.path === '/slow'
          ? new Promise<undefined>(() => undefined)
          : (handlers.upgrade?.(request) as { data: string }),
      server,
    });
    url = `${scheme}://${await listen(server)}`;
    cleanups.push(() => attached.close({ timeoutMs: 0 }));
  }

  async function listen(server: Http2Server | Http2SecureServer | ReturnType<typeof createTcpServer>) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return `localhost:${(server.address() as AddressInfo).port}`;
  }

  function connect(path = '/', options: WebSocketOptions = {}): WebSocket {
    const socket = new WebSocket(`${url}${path}`, { http2: true, ...options });
    cleanups.push(() => socket.terminate());
    return socket;
  }

  /** Every session is at its end. */
  async function sessionsClosed(): Promise<void> {
    for (const session of sessions) {
      if (!session.destroyed) await once(session, 'close');
    }
  }

  async function failureOf(socket: WebSocket): Promise<ConnectionError> {
    const [{ error }] = await Promise.all([failed(socket), closed(socket)]);
    assert.ok(error instanceof ConnectionError);
    return error;
  }

  beforeEach(() => {
    log = new ServerLog();
    sessions = [];
  });

  afterEach(async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  });

  it('opens, echoes and closes as over HTTP/1.1', async () => {
    await serve(createServer());
    const socket = connect('/chat?room=1', { protocols: ['a', 'b'], headers: { 'User-Agent': 'test' } });
    const events = logEvents(socket);
    await opened(socket);
    assert.equal(socket.protocol, 'a');
    socket.send('hello');
    socket.send(new Uint8Array(100_000));
    socket.send('x'.repeat(100_000));
    await nextMessage(socket);
    await nextMessage(socket);
    await nextMessage(socket);
    socket.close(4000, 'bye');
    const { code, wasClean } = await closed(socket);
    assert.deepEqual([code, wasClean], [4000, true]);
    assert.equal(events.length, 5);
    assert.equal(log.lines[0], 'open /chat?room=1 2.0');
    await log.has('close 4000');
    await sessionsClosed();
  });

  it('opens a socket beside one that has 12 MiB to send and a peer that does not read', async () => {
    http2 = createServer({ settings: { enableConnectProtocol: true } });
    http2.on('stream', (stream) => stream.on('error', () => undefined).respond({ ':status': 200 }));
    url = `ws://${await listen(http2)}`;
    const busy = connect();
    await opened(busy);
    busy.send(new Uint8Array(12 * 1024 * 1024));
    await opened(connect());
    assert.ok(busy.bufferedAmount > 10 * 1024 * 1024);
  });

  it('goes by TLS and ALPN, and checks the certificate', async () => {
    await serve(createSecureServer({ ...certificate, allowHTTP1: true }), 'wss');
    const trusting = connect('/', { ca: certificate.cert });
    await opened(trusting);
    await log.has('open / 2.0');
    const doubting = await failureOf(connect());
    assert.equal(doubting.code, 'CONNECTION_FAILED');
    assert.match(doubting.message, /self.signed certificate/);
    assert.equal(log.lines.length, 1);
  });

  it('goes through the tunnel of a proxy, to which HTTP/1.1 is spoken', async (t) => {
    await serve(createSecureServer(certificate), 'wss');
    const proxy = await fakeServer(
      t,
      (socket, request) => {
        const [host, port] = request.lines[0]?.split(' ')[1]?.split(':') ?? [];
        const upstream = connectTcp(Number(port), host, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(upstream).pipe(socket);
        });
        upstream.on('error', () => socket.destroy());
        socket.on('close', () => upstream.destroy());
      },
      { ...certificate, ALPNProtocols: ['http/1.1'] },
    );
    const socket = connect('/', { ca: certificate.cert, proxy: `https://${proxy.authority}` });
    await opened(socket);
    socket.terminate();
    await closed(socket);
  });

  it('agrees to permessage-deflate', async () => {
    await serve(createServer());
    const socket = connect();
    await opened(socket);
    assert.match(socket.extensions, /^permessage-deflate/);
    socket.send('tide'.repeat(10_000));
    assert.equal((await nextMessage(socket)).data, 'tide'.repeat(10_000));
  });

  it('carries a WebSocketStream too', async () => {
    await serve(createServer());
    const stream = new WebSocketStream(`${url}/`, { http2: true });
    const { readable, writable } = await stream.opened;
    const writer = writable.getWriter();
    const reader = readable.getReader();
    await writer.write('hello');
    assert.equal((await reader.read()).value, 'hello');
    stream.close();
    await stream.closed;
    assert.equal(log.lines[0], 'open / 2.0');
  });

  it('shares one session among the sockets of an origin, and closes it with the last', async () => {
    await serve(createServer());
    const sockets = Array.from({ length: 50 }, (_, index) => connect(`/${index}`));
    await Promise.all(sockets.map(opened));
    for (const [index, socket] of sockets.entries()) socket.send(`${index}`);
    const echoes = await Promise.all(sockets.map(nextMessage));
    assert.deepEqual(
      echoes.map(({ data }) => data),
      sockets.map((_, index) => `${index}`),
    );
    assert.equal(sessions.length, 1);
    for (const socket of sockets) socket.close();
    await Promise.all(sockets.map(closed));
    await sessionsClosed();
    await opened(connect());
    assert.equal(sessions.length, 2);
  });

  it('shares none among sockets that are connected differently', async () => {
    await serve(createSecureServer(certificate), 'wss');
    const { cert: ca } = certificate;
    await opened(connect('/', { ca }));
    await opened(connect('/', { ca, headers: { authorization: 'x' } }));
    assert.equal(sessions.length, 1);
    await opened(connect('/', { ca, rejectUnauthorized: false }));
    await opened(connect('/', { ca, localAddress: '127.0.0.1' }));
    assert.equal(sessions.length, 3);
  });

  it('opens another session when the server allows no more streams on one', async () => {
    await serve(createServer({ settings: { maxConcurrentStreams: 2 } }));
    const sockets = Array.from({ length: 5 }, (_, index) => connect(`/${index}`));
    await Promise.all(sockets.map(opened));
    assert.equal(sessions.length, 3);
  });

  it('lets the sockets of a session that is going away be, and opens new ones on another', async () => {
    await serve(createServer());
    const first = connect('/first');
    await opened(first);
    sessions[0]?.close();
    const answered = nextMessage(first);
    first.send('still here');
    assert.equal((await answered).data, 'still here');
    await opened(connect('/second'));
    assert.equal(sessions.length, 2);
    assert.equal(first.readyState, WebSocket.OPEN);
    first.close();
    await closed(first);
  });

  it('asks again when the server refused the stream unprocessed', async () => {
    const plain = createServer({ settings: { enableConnectProtocol: true } });
    let refused = 0;
    plain.prependListener('stream', (stream) => {
      if (refused > 0) return;
      refused += 1;
      stream.close(7);
    });
    await serve(plain);
    await opened(connect());
    assert.equal(refused, 1);
  });

  describe('says why it cannot be', () => {
    it('when the server does not allow extended CONNECT', async () => {
      url = `ws://${await listen(createServer())}`;
      const { code, message } = await failureOf(connect());
      assert.equal(code, 'HANDSHAKE_FAILED');
      assert.match(message, /SETTINGS_ENABLE_CONNECT_PROTOCOL.*leave http2 out/);
    });

    it('when the server allows no streams', async () => {
      await serve(createServer({ settings: { maxConcurrentStreams: 0 } }));
      assert.match((await failureOf(connect())).message, /it allows no streams at all/);
    });

    it('when the server speaks HTTP/1.1', async () => {
      url = `ws://${await listen(createHttp1Server())}`;
      const { code, message } = await failureOf(connect());
      assert.equal(code, 'CONNECTION_FAILED');
      assert.match(message, /does it speak HTTP\/2\?/);
    });

    it('when a TLS server does not choose HTTP/2', async () => {
      url = `wss://${await listen(createTlsServer(certificate))}`;
      const { code, message } = await failureOf(connect('/', { ca: certificate.cert }));
      assert.equal(code, 'HANDSHAKE_FAILED');
      assert.match(message, /it did not choose HTTP\/2/);
    });

    it('when the server hangs up at once, or never says anything', async () => {
      url = `ws://${await listen(createTcpServer((socket) => socket.destroy()))}`;
      assert.equal((await failureOf(connect())).code, 'CONNECTION_FAILED');
      url = `ws://${await listen(createTcpServer((socket) => void socket.resume().on('error', () => undefined)))}`;
      assert.equal((await failureOf(connect('/', { handshakeTimeoutMs: 1 }))).code, 'HANDSHAKE_TIMEOUT');
    });

    it('when the server sends nothing but interim answers', async () => {
      const talkative = createServer({ settings: { enableConnectProtocol: true } });
      talkative.on('stream', (stream) => {
        stream.on('error', () => undefined);
        for (let count = 0; count < 11; count += 1) stream.additionalHeaders({ ':status': 103 });
      });
      url = `ws://${await listen(talkative)}`;
      assert.match((await failureOf(connect())).message, /sent one interim answer after the other/);
    });

    it('when nobody listens', async () => {
      const server = createTcpServer();
      url = `ws://${await listen(server)}`;
      server.close();
      assert.match((await failureOf(connect())).message, /ECONNREFUSED/);
    });

    it('with the status of a refusal, and the session goes on', async () => {
      await serve(createServer());
      const other = connect('/other');
      await opened(other);
      const refusing = new WebSocketServer({ upgrade: () => reject(401, 'who?') });
      http2.prependListener('stream', (stream, headers) => {
        if (headers[':path'] === '/refused') refusing.handleExtendedConnect(stream, headers);
      });
      const { code, status } = await failureOf(connect('/refused'));
      assert.deepEqual([code, status], ['HANDSHAKE_FAILED', 401]);
      assert.equal(sessions.length, 1);
      assert.equal(other.readyState, WebSocket.OPEN);
    });

    it('at once, for an agent', () => {
      assert.throws(() => connect('/', { agent: {} as never }), UsageError);
    });
  });

  it('follows redirects on the same session', async () => {
    await serve(createServer());
    const redirecting = new WebSocketServer({
      upgrade: () => reject(307, '', { headers: { location: '/there' } }),
    });
    http2.prependListener('stream', (stream, headers) => {
      if (headers[':path'] === '/here') redirecting.handleExtendedConnect(stream, headers);
    });
    const socket = connect('/here', { followRedirects: true });
    await opened(socket);
    assert.deepEqual(log.lines, ['open /there 2.0']);
    assert.equal(sessions.length, 1);
  });

  it('goes through createConnection', async () => {
    await serve(createServer());
    const made: string[] = [];
    const createConnection: WebSocketOptions['createConnection'] = ({ host, port }) => {
      made.push(host);
      return connectTcp(port, host);
    };
    await Promise.all([
      opened(connect('/1', { createConnection })),
      opened(connect('/2', { createConnection })),
    ]);
    assert.deepEqual(made, ['localhost']);
  });

  it('loses all its sockets with the session', async () => {
    await serve(createServer());
    const sockets = [connect('/1'), connect('/2')];
    await Promise.all(sockets.map(opened));
    const failures = Promise.all(sockets.map(failureOf));
    sessions[0]?.destroy();
    assert.deepEqual(
      (await failures).map(({ code }) => code),
      ['CONNECTION_FAILED', 'CONNECTION_FAILED'],
    );
    await opened(connect('/3'));
    assert.equal(sessions.length, 2);
  });

  it('leaves no session behind when it is given up while connecting', async () => {
    await serve(createServer());
    const early = connect('/early');
    early.close();
    await closed(early);
    const late = connect('/slow');
    const [stream] = await once(http2, 'stream');
    late.terminate();
    await closed(late);
    if (!stream.destroyed) await once(stream, 'close');
    assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
    await sessionsClosed();
    assert.deepEqual(log.lines, []);
  });

  it('may end sockets, open or not, while another of the session is being reset', async () => {
    await serve(createServer());
    const [first, second, third] = [connect('/1'), connect('/2'), connect('/3')];
    await Promise.all([first, second, third].map(opened));
    const fourth = connect('/slow');
    await once(http2, 'stream');
    first.onclose = () => {
      second.terminate();
      third.close();
      fourth.close();
    };
    const all = Promise.all([first, second, third, fourth].map(closed));
    first.send('x');
    first.terminate();
    assert.deepEqual(
      (await all).map(({ code }) => code),
      [1006, 1006, 1005, 1006],
    );
    await sessionsClosed();
  });

  it('feels the backpressure of a server that does not read', async () => {
    const received: number[] = [];
    const attached = new WebSocketServer<string>({
      port: 0,
      http2: true,
      open: (connection) => {
        connection.pause();
        log.add('paused');
        void resumed.then(() => connection.resume());
      },
      message: (_connection, data) => {
        received.push(data.length);
        if (received.length === 64) log.add('all');
      },
    });
    let resume = (): void => undefined;
    const resumed = new Promise<void>((resolve) => {
      resume = resolve;
    });
    await attached.listening;
    cleanups.push(() => attached.close({ timeoutMs: 0 }));
    url = `ws://127.0.0.1:${attached.address()?.port}`;
    const socket = connect('/', { perMessageDeflate: false });
    await opened(socket);
    await log.has('paused');
    for (let sent = 0; sent < 64; sent += 1) socket.send(new Uint8Array(65_536));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(socket.bufferedAmount > 3 * 1024 * 1024, `${socket.bufferedAmount}`);
    assert.deepEqual(received, []);
    resume();
    await log.has('all');
  });
});
