import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { WebSocketServer, type WebSocketServerOptions } from '../../../src/websocket/index.ts';
import { ServerLog } from '../http2/server-log.ts';
import { cutSession, openSession, Tunnel } from '../http2/tunnel.ts';
import { expectNoSurprises } from '../surprises.ts';

expectNoSurprises();

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const emptySettings = Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0);

describe('failures over HTTP/2', () => {
  let log: ServerLog;
  let server: WebSocketServer<string>;
  let session: ClientHttp2Session;
  let port: number;

  async function serve(options: Partial<WebSocketServerOptions<string>> = {}): Promise<void> {
    server = new WebSocketServer({
      port: 0,
      http2: true,
      limits: { maxConnections: 1 },
      ...log.handlers,
      ...options,
    });
    await server.listening;
    port = server.address()?.port as number;
    session = await openSession(`http://127.0.0.1:${port}`);
  }

  async function open(): Promise<Tunnel> {
    const tunnel = new Tunnel(session, '/');
    await tunnel.response;
    return tunnel;
  }

  beforeEach(() => {
    log = new ServerLog();
  });

  afterEach(async () => {
    await cutSession(session);
    await server.close({ timeoutMs: 0 });
  });

  for (const code of ['NGHTTP2_NO_ERROR', 'NGHTTP2_CANCEL', 'NGHTTP2_PROTOCOL_ERROR'] as const) {
    it(`a stream reset by the peer with ${code} is a connection closed with 1006`, async () => {
      await serve();
      const tunnel = await open();
      tunnel.stream.close(constants[code]);
      await log.has('close 1006');
      // maxConnections is 1: its place is free again.
      assert.equal((await new Tunnel(session, '/').response)[':status'], 200);
    });

    it(`a stream reset with ${code} while the hook decides is forgotten`, async () => {
      const decisions: (() => void)[] = [];
      await serve({
        upgrade: () => {
          log.add('asked');
          return new Promise((resolve) => decisions.push(() => resolve({})));
        },
      });
      const tunnel = new Tunnel(session, '/');
      await log.has('asked');
      tunnel.stream.close(constants[code]);
      await tunnel.closed;
      // What is answered after the reset is answered when the server has seen it.
      await new Promise<void>((resolve) => session.ping(() => resolve()));
      decisions[0]?.();
      const next = new Tunnel(session, '/');
      await log.has('asked', 2);
      decisions[1]?.();
      assert.equal((await next.response)[':status'], 200);
      assert.equal(server.connections.size, 1);
    });
  }

  it('a server that terminates resets the stream with CANCEL (RFC 8441, 5)', async () => {
    await serve({ message: (connection) => connection.terminate() });
    const tunnel = await open();
    tunnel.sendText('go');
    assert.equal(await tunnel.closed, constants.NGHTTP2_CANCEL);
    await log.has('close 1006');
    assert.equal((await new Tunnel(session, '/').response)[':status'], 200);
  });

  it('a peer that ends its side without a Close gets END_STREAM, after what it was owed', async () => {
    await serve();
    const tunnel = await open();
    tunnel.sendText('hello');
    tunnel.stream.end();
    await tunnel.count(2);
    assert.deepEqual(tunnel.log, ['text hello', 'end']);
    assert.equal(await tunnel.closed, 0);
    await log.has('close 1006');
  });

  it('a request that ends its side at once is a socket whose peer has gone', async () => {
    await serve();
    const stream = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': '13' },
      { endStream: true },
    );
    stream.resume();
    await once(stream, 'close');
    await log.has('close 1006');
  });

  it('a peer that breaks the framing gets a Close, then END_STREAM', async () => {
    await serve();
    const tunnel = await open();
    tunnel.stream.write(Buffer.of(0x81, 0x00));
    await tunnel.count(2);
    assert.deepEqual(tunnel.log, ['close 1002', 'end']);
    tunnel.stream.end();
    await log.has('close 1006');
    assert.deepEqual(log.lines.slice(1), ['error UNMASKED_FRAME', 'close 1006']);
  });

  it('a peer that never ends its side after Close is cut by the deadline', async () => {
    await serve({ closeTimeoutMs: 1 });
    const tunnel = await open();
    tunnel.sendClose(1000);
    assert.equal(await tunnel.closed, constants.NGHTTP2_CANCEL);
    await log.has('close 1000');
  });

  const endings: [name: string, end: (session: ClientHttp2Session) => void][] = [
    ['destroys it', (it) => it.destroy()],
    ['destroys it with an error', (it) => it.destroy(undefined, constants.NGHTTP2_INTERNAL_ERROR)],
    ['sends GOAWAY with an error', (it) => it.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)],
    ['ends the TCP connection', (it) => it.socket.destroySoon()],
    ['resets the TCP connection', (it) => it.socket.resetAndDestroy()],
  ];
  for (const [name, end] of endings) {
    it(`a client that ${name} loses all sockets of the session`, async () => {
      await serve({ limits: { maxConnections: 10 } });
      await Promise.all([open(), open(), open()]);
      await new Promise((resolve) => setImmediate(resolve));
      end(session);
      await log.has('close 1006', 3);
      assert.equal(server.connections.size, 0);
    });
  }

  it('a client that closes its session gracefully keeps the sockets until they are closed', async () => {
    await serve();
    const tunnel = await open();
    session.close();
    tunnel.sendText('hello');
    await tunnel.count(1);
    tunnel.sendClose(1000);
    await tunnel.count(3);
    tunnel.stream.end();
    await once(session, 'close');
    assert.deepEqual(tunnel.log, ['text hello', 'close 1000', 'end']);
  });

  it('streams opened and reset by the hundred leave nothing behind', async () => {
    await serve({ limits: { maxConnections: 5 } });
    for (let round = 0; round < 10; round += 1) {
      const tunnels = Array.from({ length: 20 }, () => new Tunnel(session, '/'));
      for (const { stream } of tunnels) stream.close(constants.NGHTTP2_CANCEL);
      await Promise.all(tunnels.map(({ closed }) => closed));
    }
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    assert.equal(server.connections.size, 0);
    const after = await Promise.all(Array.from({ length: 5 }, () => new Tunnel(session, '/').response));
    assert.deepEqual(new Set(after.map((head) => head[':status'])), new Set([200]));
  });

  it('a socket that ends after any byte of the preface leaves nothing behind', async () => {
    await serve({ limits: { maxConnections: 2 } });
    for (let length = 0; length <= preface.length; length += 1) {
      const socket = connectTcp(port, '127.0.0.1');
      socket.end(preface.slice(0, length), 'latin1');
      socket.resume();
      await once(socket, 'close');
    }
    assert.equal((await new Tunnel(session, '/').response)[':status'], 200);
  });

  it('a preface that comes byte by byte begins a session', async () => {
    await serve({ limits: { maxConnections: 2 } });
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    for (const byte of preface) {
      await new Promise((resolve) => socket.write(byte, 'latin1', resolve));
      // Two turns of the event loop, so that the server reads each byte by itself.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    socket.write(emptySettings);
    const [chunk] = await once(socket, 'data');
    // RFC 9113, 6.5. The type of a SETTINGS frame.
    assert.equal(chunk[3], 4);
    socket.destroy();
  });

  it('bytes that are no frames of HTTP/2 end the session', async () => {
    await serve({ limits: { maxConnections: 2 } });
    const socket = connectTcp({ port, host: '127.0.0.1' });
    socket.write(preface, 'latin1');
    socket.write(Buffer.alloc(100, 0xff));
    socket.resume();
    await once(socket, 'close');
    assert.equal((await new Tunnel(session, '/').response)[':status'], 200);
  });
});
