import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import WebSocket, { type ServerOptions, WebSocketServer } from '../../../src/websocket/drop-in/index.ts';
import { openServer } from '../open-server.ts';
import { RawClient } from '../raw-client.ts';
import { expectNoSurprises } from '../surprises.ts';
import { openDoor, openPair } from './opened-pair.ts';

expectNoSurprises();

/** The status that refuses a client, or `open`. */
async function outcome(url: string, protocols: string[] = []): Promise<string> {
  const client = new WebSocket(url, protocols);
  const result = await new Promise<string>((resolve) => {
    client.on('open', () => resolve(`open ${client.protocol}`));
    client.on('error', ({ message }) => resolve(message));
  });
  if (client.readyState === client.OPEN) client.terminate();
  return result;
}

/** An http server whose upgrades a test answers. */
async function openHttp(
  test: TestContext,
): Promise<{ readonly http: ReturnType<typeof createServer>; readonly url: string }> {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  test.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return { http, url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

describe('a server of the drop-in door', () => {
  it('takes exactly one of port, server and noServer', () => {
    const http = createServer();
    for (const options of [{}, { port: 0, noServer: true }, { port: 0, server: http }] as ServerOptions[]) {
      assert.throws(() => new WebSocketServer(options), /One and only one/);
    }
    assert.throws(() => new WebSocketServer({ noServer: true }).address(), /noServer/);
  });

  it('emits connection with the request, and tracks its clients', async (test) => {
    const { server, url } = await openDoor(test);
    const connected = once(server, 'connection');
    const client = new WebSocket(`${url}chat?room=1`);
    const [peer, request] = await connected;
    assert.equal(request.url, '/chat?room=1');
    assert.deepEqual([...(server.clients ?? [])], [peer]);
    const gone = once(peer, 'close');
    client.on('open', () => client.close());
    await gone;
    assert.equal(server.clients?.size, 0);
  });

  it('lends its caps, which hold nobody, to no other server of the process', async (test) => {
    await openPair(test);
    const limits = { maxConnections: 1 };
    const [first, second] = [await openServer(test, { limits }), await openServer(test, { limits })];
    await RawClient.open(first.port);
    await assert.rejects(RawClient.open(second.port));
    assert.equal(second.server.counters.maxConnections, 1);
  });

  it('answers requests for pages with 426', async (test) => {
    const { url } = await openDoor(test);
    const [response] = (await once(get(url.replace('ws:', 'http:')), 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 426);
  });

  it('lets pages of every origin in, as ws does', async (test) => {
    const { url } = await openDoor(test);
    const client = new WebSocket(url, { origin: 'https://elsewhere.example' });
    await once(client, 'open');
    client.terminate();
  });

  it('asks verifyClient, which may answer later, with a status of its own', async (test) => {
    const sync = await openDoor(test, {
      verifyClient: ({
        origin,
        secure,
        req,
      }: {
        origin?: string | undefined;
        secure: boolean;
        req: IncomingMessage;
      }) => origin === undefined && !secure && req.url === '/',
    });
    assert.equal(await outcome(sync.url), 'open ');
    assert.equal(await outcome(`${sync.url}no`), 'Unexpected server response: 401');
    const later = await openDoor(test, {
      verifyClient: ({ req }, callback) =>
        setImmediate(() => callback(req.url === '/', 403, 'no', { 'X-A': 'b' })),
    });
    assert.equal(await outcome(later.url), 'open ');
    assert.equal(await outcome(`${later.url}no`), 'Unexpected server response: 403');
  });

  it('chooses the first subprotocol, or what handleProtocols says', async (test) => {
    const first = await openDoor(test);
    assert.equal(await outcome(first.url, ['a', 'b']), 'open a');
    const chosen = await openDoor(test, { handleProtocols: (protocols) => protocols.has('b') && 'b' });
    assert.equal(await outcome(chosen.url, ['a', 'b']), 'open b');
    assert.match(await outcome(chosen.url, ['a']), /subprotocol/);
  });

  it('sends the fields that a listener of headers adds', async (test) => {
    const { server, url } = await openDoor(test);
    server.on('headers', (lines, request) => lines.push(`X-Path: ${request.url}`, 'Set-Cookie: a=b'));
    const client = new WebSocket(url);
    const [[{ headers }]] = await Promise.all([once(client, 'upgrade'), once(client, 'open')]);
    assert.deepEqual([headers['x-path'], headers['set-cookie']], ['/', ['a=b']]);
    client.terminate();
    await once(client, 'close');
  });

  it('refuses other paths than its own with 400, and asks an overridden shouldHandle', async (test) => {
    const { server, url } = await openDoor(test, { path: '/chat' });
    assert.equal(await outcome(`${url}chat?x`), 'open ');
    assert.equal(await outcome(`${url}other`), 'Unexpected server response: 400');
    server.shouldHandle = ({ url: target }) => target === '/other';
    assert.equal(await outcome(`${url}other`), 'open ');
  });

  it('emits wsClientError for a request that is no opening handshake, where somebody listens', async (test) => {
    const { server, url } = await openDoor(test);
    server.on('wsClientError', (error, socket, request) => {
      socket.end(`HTTP/1.1 418 ${request.method}\r\nX-Error: ${error instanceof Error}\r\n\r\n`);
    });
    const request = get(url.replace('ws:', 'http:'), {
      headers: { Connection: 'Upgrade', Upgrade: 'websocket' },
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    assert.deepEqual([response.statusCode, response.headers['x-error']], [418, 'true']);
  });

  it('hears a reset of a client that wsClientError was emitted for', async (test) => {
    const { server, url } = await openDoor(test);
    const gone = new Promise((resolve) => {
      server.on('wsClientError', (_error, socket) => socket.once('close', resolve));
    });
    const client = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    const asked = once(server, 'wsClientError');
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await asked;
    client.resetAndDestroy();
    // An error that nobody hears would be an uncaught exception.
    await gone;
  });

  it('makes WebSockets of the class that it is given', async (test) => {
    class Named extends WebSocket {
      readonly name = 'mine';
    }
    const { peer } = await openPair(test, { server: { WebSocket: Named } });
    assert.ok(peer instanceof Named);
    assert.equal(peer.name, 'mine');
  });

  it('closes a message that is longer than maxPayload with 1009', async (test) => {
    const { client, peer } = await openPair(test, { server: { maxPayload: 10 } });
    const closed = new Promise((resolve) => client.on('close', resolve));
    const failed = once(peer, 'error');
    client.send('elf letters');
    assert.equal((await failed)[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    assert.equal(await closed, 1009);
  });

  it('emits error when its port is taken', async (test) => {
    const { url } = await openDoor(test);
    const second = new WebSocketServer({ port: Number(new URL(url).port), host: '127.0.0.1' });
    const [error] = await once(second, 'error');
    assert.equal(error.code, 'EADDRINUSE');
  });
});

describe('closing a server of the drop-in door', () => {
  it('waits for the connections, and says when there are none', async (test) => {
    const { server, client } = await openPair(test);
    const log: string[] = [];
    client.on('close', () => log.push('client'));
    const closed = once(server, 'close');
    server.close((error) => log.push(`callback ${error}`));
    assert.equal(server.address(), null);
    client.close();
    await closed;
    assert.deepEqual(log, ['client', 'callback undefined']);
    const error = await new Promise((resolve) => server.close(resolve));
    assert.match(String(error), /not running/);
  });

  it('lets the http server that it is attached to go on', async (test) => {
    const { http, url } = await openHttp(test);
    const server = new WebSocketServer({ server: http, path: '/a' });
    assert.deepEqual(server.address(), http.address());
    assert.equal(await outcome(`${url}/a`), 'open ');
    await new Promise<void>((resolve) => server.close(() => resolve()));
    assert.deepEqual([http.listening, http.listenerCount('upgrade')], [true, 0]);
  });
});

describe('handleUpgrade', () => {
  it('shares one http server among several servers', async (test) => {
    const { http, url } = await openHttp(test);
    const servers = new Map(
      ['/a', '/b'].map((path) => [path, new WebSocketServer({ noServer: true, clientTracking: false })]),
    );
    http.on('upgrade', (request, socket, head) => {
      const path = request.url ?? '';
      const server = servers.get(path);
      if (server === undefined) socket.destroy();
      else server.handleUpgrade(request, socket, head, (peer) => peer.send(`from ${path}`));
    });
    for (const path of servers.keys()) {
      const client = new WebSocket(url + path);
      const [data] = await once(client, 'message');
      assert.equal(String(data), `from ${path}`);
      client.terminate();
      await once(client, 'close');
    }
    assert.equal(servers.get('/a')?.clients, undefined);
  });

  it('answers with 503 once the server is closed', async (test) => {
    const { http, url } = await openHttp(test);
    const server = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) =>
      server.handleUpgrade(request, socket, head, () => assert.fail('accepted')),
    );
    server.close();
    assert.equal(await outcome(url), 'Unexpected server response: 503');
  });

  it('is not asked for verifyClient by completeUpgrade', async (test) => {
    const { http, url } = await openHttp(test);
    const server = new WebSocketServer({ noServer: true, verifyClient: () => false });
    http.on('upgrade', (request, socket, head) =>
      server.completeUpgrade({}, '', new Set(), request, socket, head, (peer) => peer.send('hello')),
    );
    const client = new WebSocket(url);
    const [data] = await once(client, 'message');
    assert.equal(String(data), 'hello');
    client.terminate();
    await once(client, 'close');
  });
});
