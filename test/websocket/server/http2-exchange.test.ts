import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { reject, WebSocketServer, type WebSocketServerOptions } from '../../../src/websocket/index.ts';
import { ServerLog } from '../http2/server-log.ts';
import { cutSession, type Fields, openSession, Tunnel } from '../http2/tunnel.ts';
import { expectNoSurprises } from '../surprises.ts';

expectNoSurprises();

describe('server over HTTP/2', () => {
  let log: ServerLog;
  let server: WebSocketServer<string>;
  let session: ClientHttp2Session;

  async function serve(options: Partial<WebSocketServerOptions<string>> = {}): Promise<void> {
    server = new WebSocketServer({ port: 0, http2: true, ...log.handlers, ...options });
    await server.listening;
    session = await openSession(`http://127.0.0.1:${server.address()?.port}`);
  }

  beforeEach(() => {
    log = new ServerLog();
  });

  afterEach(async () => {
    await cutSession(session);
    await server.close({ timeoutMs: 0 });
  });

  it('says that it takes extended CONNECT (RFC 8441, 3)', async () => {
    await serve();
    assert.equal(session.remoteSettings.enableConnectProtocol, true);
  });

  it('answers with 200, the subprotocol, and no proof of a key (RFC 8441, 5)', async () => {
    await serve();
    const tunnel = new Tunnel(session, '/chat?room=1', { 'sec-websocket-protocol': 'chat, superchat' });
    const { date, ...head } = await tunnel.response;
    assert.equal(typeof date, 'string');
    assert.deepEqual(Object.entries(head), [
      [':status', 200],
      ['sec-websocket-protocol', 'chat'],
    ]);
    await log.has('open /chat?room=1 2.0');
  });

  it('speaks as over HTTP/1.1: messages, pings, and the closing handshake with END_STREAM', async () => {
    await serve();
    const tunnel = new Tunnel(session, '/');
    await tunnel.response;
    tunnel.sendText('hello');
    tunnel.sendBinary(new Uint8Array(70_000));
    tunnel.sendPing('?');
    await tunnel.count(3);
    tunnel.sendClose(4001, 'bye');
    await tunnel.count(5);
    assert.deepEqual(tunnel.log, ['text hello', 'binary of 70000 bytes', 'pong ?', 'close 4001', 'end']);
    tunnel.stream.end();
    assert.equal(await tunnel.closed, 0);
    await log.has('close 4001');
    assert.equal(server.connections.size, 0);
  });

  it('reads what was sent before the answer, once it has decided', async () => {
    let decide = (): void => undefined;
    const decision = new Promise<void>((resolve) => {
      decide = resolve;
    });
    await serve({ upgrade: () => decision.then(() => ({})) });
    const tunnel = new Tunnel(session, '/');
    tunnel.sendText('early');
    // The answer to a ping of the session says that the server has all that was sent before.
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    decide();
    await tunnel.count(1);
    assert.deepEqual(tunnel.log, ['text early']);
  });

  it('sends the fields of the hook, repeated ones too, without those of HTTP/1.1', async () => {
    await serve({
      upgrade: () => ({
        headers: [
          ['Set-Cookie', 'a=1'],
          ['set-cookie', 'b=2'],
          ['X-Y', 'z'],
          ['Keep-Alive', '1'],
        ],
      }),
    });
    const head = await new Tunnel(session, '/').response;
    assert.deepEqual(head['set-cookie'], ['a=1', 'b=2']);
    assert.equal(head['x-y'], 'z');
    assert.equal(head['keep-alive'], undefined);
  });

  it('agrees to permessage-deflate', async () => {
    await serve({ perMessageDeflate: true });
    const tunnel = new Tunnel(session, '/', { 'sec-websocket-extensions': 'permessage-deflate' });
    const head = await tunnel.response;
    assert.match(String(head['sec-websocket-extensions']), /^permessage-deflate\b/);
  });

  describe('refuses', () => {
    const rows: [name: string, path: string, fields: Fields, status: number][] = [
      ['another path', '/other', {}, 404],
      ['another :protocol', '/', { ':protocol': 'connect-udp' }, 501],
      ['another version', '/', { 'sec-websocket-version': '12' }, 426],
      ['a page of another origin', '/', { origin: 'https://evil.example' }, 403],
      ['a subprotocol twice', '/', { 'sec-websocket-protocol': 'a, a' }, 400],
      ['an ordinary request', '/', { ':method': 'GET', ':protocol': undefined }, 405],
      ['a :scheme that is none', '/', { ':scheme': 'ftp' }, 400],
    ];
    for (const [name, path, fields, status] of rows) {
      it(`${name} with ${status}, and goes on with the session`, async () => {
        await serve({ path: '/' });
        const tunnel = new Tunnel(session, path, fields);
        assert.equal((await tunnel.response)[':status'], status);
        assert.notEqual(await tunnel.body, '');
        assert.equal(await tunnel.closed, 0);
        const next = new Tunnel(session, '/');
        assert.equal((await next.response)[':status'], 200);
      });
    }

    it('as the hook says, with its fields and body', async () => {
      await serve({
        upgrade: () =>
          reject(401, 'who are you?', { headers: { 'www-authenticate': 'Basic', upgrade: 'h2c' } }),
      });
      const tunnel = new Tunnel(session, '/');
      const head = await tunnel.response;
      assert.equal(head[':status'], 401);
      assert.equal(head['www-authenticate'], 'Basic');
      assert.equal(head['content-length'], '12');
      assert.equal(head.upgrade, undefined);
      assert.equal(await tunnel.body, 'who are you?');
    });

    it('with 500 when the hook throws, or gives what cannot be sent', async () => {
      const answers: (() => never | { protocol: string } | { headers: Record<string, string> })[] = [
        () => {
          throw new Error('secret');
        },
        () => ({ protocol: 'not offered' }),
        () => ({ headers: { x: 'a\r\nb' } }),
      ];
      await serve({ upgrade: () => answers.shift()?.() });
      for (let left = answers.length; left > 0; left -= 1) {
        const tunnel = new Tunnel(session, '/');
        assert.equal((await tunnel.response)[':status'], 500);
        assert.doesNotMatch(await tunnel.body, /secret/);
      }
      assert.deepEqual(log.lines, ['error secret', 'error USAGE', 'error USAGE']);
    });

    it('more sockets than maxConnections, whatever session they come on', async () => {
      await serve({ limits: { maxConnections: 2 } });
      const tunnels = [new Tunnel(session, '/1'), new Tunnel(session, '/2'), new Tunnel(session, '/3')];
      const statuses = await Promise.all(tunnels.map(async ({ response }) => (await response)[':status']));
      assert.deepEqual(statuses, [200, 200, 503]);
      assert.equal(server.counters.maxConnections, 1);
      tunnels[0]?.stream.close();
      await log.has('close 1006');
      assert.equal((await new Tunnel(session, '/4').response)[':status'], 200);
    });

    it('more sockets from one address than maxConnectionsPerAddress', async () => {
      await serve({ limits: { maxConnectionsPerAddress: 1 } });
      const first = new Tunnel(session, '/1');
      assert.equal((await first.response)[':status'], 200);
      assert.equal((await new Tunnel(session, '/2').response)[':status'], 503);
    });
  });

  it('cuts a stream whose hook takes longer than handshakeTimeoutMs', async () => {
    await serve({ handshakeTimeoutMs: 1, upgrade: () => new Promise(() => undefined) });
    const tunnel = new Tunnel(session, '/');
    assert.equal(await tunnel.closed, 8);
  });

  it('tells the hook where a request came from', async () => {
    let seen: unknown;
    await serve({
      upgrade: ({ remoteAddress, isSecure, host, raw, headers, query }) => {
        seen = {
          remoteAddress,
          isSecure,
          host,
          raw,
          agent: headers.get('user-agent'),
          method: headers.get(':method'),
          q: query.get('q'),
        };
        return {};
      },
    });
    await new Tunnel(session, '/?q=1', { 'user-agent': 'test' }).response;
    const host = `127.0.0.1:${server.address()?.port}`;
    assert.deepEqual(seen, {
      remoteAddress: '127.0.0.1',
      isSecure: false,
      host,
      raw: undefined,
      agent: 'test',
      method: undefined,
      q: '1',
    });
  });
});
