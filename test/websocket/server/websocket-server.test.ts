import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { ConnectionError, prepare, UsageError, WebSocketServer } from '../../../src/websocket/index.ts';
import { gate } from '../gate.ts';
import { openServer } from '../open-server.ts';
import { RawClient, upgradeRequest } from '../raw-client.ts';

/** An http server with one route, on a free port; closed with all its sockets when the test ends. */
async function openHttp(test: TestContext): Promise<{ http: HttpServer; port: number }> {
  const http = createServer((_request, response) => response.end('a page'));
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    http.close();
  });
  return { http, port: (http.address() as AddressInfo).port };
}

async function fetchPage(port: number): Promise<string> {
  const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response');
  response.setEncoding('utf8');
  let body = '';
  for await (const chunk of response) body += chunk;
  return body;
}

describe('server on its own port', () => {
  it('accepts, delivers and answers', async (test) => {
    const { port, calls, called } = await openServer(test, {
      message: (connection, data) => connection.send(data),
    });
    const client = await RawClient.open(port);
    client.sendText('hello');
    assert.equal(await client.text(), 'hello');
    client.sendClose(1000);
    assert.deepEqual(await client.close(), [1000, '']);
    await client.gone();
    await called('close');
    assert.deepEqual(calls, ['open', 'message "hello"', 'close 1000 ""']);
  });

  it('delivers what arrives in one packet with the request', async (test) => {
    const { port, called, calls } = await openServer(test);
    const client = await RawClient.connect(port);
    const frame = Buffer.from('818537fa213d7f9f4d5158', 'hex');
    client.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), frame, frame]));
    await called('message');
    assert.deepEqual(calls.slice(0, 2), ['open', 'message "Hello"']);
  });

  it('takes port 0 for any free one, and tells where it is', async (test) => {
    const { server } = await openServer(test);
    assert.equal(server.address()?.address, '127.0.0.1');
    assert.ok((server.address()?.port ?? 0) > 0);
  });

  it('rejects listening on a port that is taken, with what to do', async (test) => {
    const { port } = await openServer(test);
    const second = new WebSocketServer({ port });
    await assert.rejects(second.listening, (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.equal(error.code, 'LISTEN_FAILED');
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} is taken`));
      return true;
    });
    await second.close();
  });

  it('tells the error handler of a port that is taken, and needs nobody to look at the promise', async (test) => {
    const { port } = await openServer(test);
    const failed = new Promise<Error>((resolve) => new WebSocketServer({ port, error: resolve }));
    assert.equal(((await failed) as ConnectionError).code, 'LISTEN_FAILED');
  });

  it('can be closed before it listens, and leaves nothing behind', async () => {
    const server = new WebSocketServer({ port: 0 });
    assert.deepEqual(await server.close(), { closed: 0, terminated: 0 });
    await server.listening;
    assert.equal(server.address(), undefined);
  });
});

describe('server attached to an http server', () => {
  it('cuts a client whose earlier request on the same connection is not answered yet', async (test) => {
    const { http, port } = await openHttp(test);
    http.removeAllListeners('request');
    const asked = once(http, 'request');
    const calls: string[] = [];
    const server = new WebSocketServer({
      server: http,
      open: () => calls.push('open'),
      error: ({ message }) => calls.push(message),
    });
    test.after(() => server.close());
    const client = await RawClient.connect(port);
    client.socket.write(`GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n${upgradeRequest()}`);
    const [, response] = await asked;
    // The answer must not get between frames, nor a 101 before it.
    assert.equal((await client.rest()).toString(), '');
    response.end('a page');
    await client.gone();
    assert.deepEqual(calls, []);
    assert.equal(server.connections.size, 0);
  });

  it('lets a client go that ended its side while the request was being decided', async (test) => {
    const { http, port } = await openHttp(test);
    const closed = gate<number>();
    const server = new WebSocketServer({
      server: http,
      keepalive: { intervalMs: 0 },
      upgrade: async ({ raw }) => {
        await once(raw?.socket as Socket, 'end');
        return {};
      },
      close: (_connection, code) => closed.resolve(code),
    });
    test.after(() => server.close());
    const client = await RawClient.connect(port);
    client.socket.end(upgradeRequest());
    assert.match(await client.head(), / 101 /);
    assert.equal(await closed.promise, 1006);
    assert.equal(server.connections.size, 0);
  });

  it('takes a connection on which a request was answered before', async (test) => {
    const { http, port } = await openHttp(test);
    http.removeAllListeners('request');
    http.on('request', (_request, response) => response.writeHead(204).end());
    const server = new WebSocketServer({ server: http });
    test.after(() => server.close());
    const client = await RawClient.connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    assert.match(await client.head(), /204/);
    assert.match(await client.upgrade(), /101/);
  });

  it('stands beside its other routes', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({
      server: http,
      message: (connection, data) => connection.send(data),
    });
    test.after(() => server.close({ timeoutMs: 0 }));
    assert.equal(await fetchPage(port), 'a page');
    const client = await RawClient.open(port);
    client.sendText('hello');
    assert.equal(await client.text(), 'hello');
    assert.equal(await fetchPage(port), 'a page');
  });

  it('shares it with others, by path', async (test) => {
    const { http, port } = await openHttp(test);
    for (const path of ['/one', '/two']) {
      const server = new WebSocketServer({ server: http, path, open: (connection) => connection.send(path) });
      test.after(() => server.close({ timeoutMs: 0 }));
    }
    for (const path of ['/two', '/one', '/one?query=/two']) {
      const client = await RawClient.open(port, { path });
      assert.equal(await client.text(), path.split('?')[0]);
    }
  });

  for (const path of ['/three', '/one/', '/One', '//one', '/']) {
    it(`answers ${path} with 404 and closes, where only /one is served`, async (test) => {
      const { http, port } = await openHttp(test);
      const server = new WebSocketServer({ server: http, path: '/one' });
      test.after(() => server.close({ timeoutMs: 0 }));
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest({ path }));
      assert.match((await client.rest()).toString(), /^HTTP\/1\.1 404 /);
      await client.gone();
    });
  }

  it('closes the socket of a 404 although the client keeps its own side open', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({ server: http, path: '/one' });
    test.after(() => server.close({ timeoutMs: 0 }));
    const accepted = once(http, 'connection');
    const client = await RawClient.connect(port, { allowHalfOpen: true });
    const [socket] = (await accepted) as [Socket];
    const closed = once(socket, 'close');
    client.socket.write(upgradeRequest({ path: '/' }));
    await client.rest();
    await closed;
  });

  it('outlives a client that resets the connection when it reads its 404', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({ server: http, path: '/one' });
    test.after(() => server.close({ timeoutMs: 0 }));
    const accepted = once(http, 'connection');
    const client = await RawClient.connect(port, { allowHalfOpen: true });
    const [socket] = (await accepted) as [Socket];
    const closed = new Promise((resolve) => socket.once('close', resolve));
    client.socket.write(upgradeRequest({ path: '/' }));
    await client.head();
    client.reset();
    await closed;
    assert.equal(await fetchPage(port), 'a page');
  });

  it('leaves requests for other paths to other listeners', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({ server: http, path: '/one' });
    test.after(() => server.close({ timeoutMs: 0 }));
    http.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Another Listener\r\nconnection: close\r\n\r\n');
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest({ path: '/other' }));
    assert.match((await client.rest()).toString(), /^HTTP\/1\.1 418 /);
    await client.gone();
  });

  it('lets the http server go on when it closes', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({ server: http });
    const client = await RawClient.open(port);
    const closing = server.close();
    assert.deepEqual(await client.close(), [1001, 'the server is shutting down']);
    client.sendClose(1001);
    assert.deepEqual(await closing, { closed: 1, terminated: 0 });
    assert.equal(await fetchPage(port), 'a page');
    assert.equal(http.listenerCount('upgrade'), 0);
  });
});

describe('server that is handed requests', () => {
  it('takes them over from an upgrade event', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({ open: (connection) => connection.send('welcome') });
    test.after(() => server.close({ timeoutMs: 0 }));
    http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
    assert.equal(await (await RawClient.open(port)).text(), 'welcome');
    await server.listening;
    assert.equal(server.address(), undefined);
  });

  it('refuses them with 503 when it is closed', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({ upgrade: () => assert.fail('asked') });
    http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
    await server.close();
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    assert.match((await client.rest()).toString(), /^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 1\r\n/);
  });

  it('counts nothing for a socket that is gone already', async (test) => {
    const { http, port } = await openHttp(test);
    const asked = gate();
    let isAsked = false;
    const server = new WebSocketServer({
      limits: { maxConnections: 1 },
      upgrade: () => {
        isAsked = true;
        asked.resolve();
        return new Promise<undefined>(() => undefined);
      },
    });
    test.after(() => server.close({ timeoutMs: 0 }));
    const gone = gate();
    http.once('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined);
      socket.resume();
      socket.once('close', () => {
        server.handleUpgrade(request, socket, head);
        gone.resolve();
      });
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await once(http, 'upgrade');
    client.reset();
    await gone.promise;
    assert.equal(isAsked, false);
    // The only place is free: the next one is asked about, and not refused.
    http.once('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
    const second = await RawClient.connect(port);
    second.socket.write(upgradeRequest());
    await asked.promise;
    assert.equal(server.counters.maxConnections, 0);
  });

  it('refuses a request with two Host fields, which two programs could read in two ways', async (test) => {
    const { http, port } = await openHttp(test);
    const server = new WebSocketServer({ server: http });
    test.after(() => server.close({ timeoutMs: 0 }));
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest().replace('\r\n\r\n', '\r\nHost: evil.example\r\n\r\n'));
    assert.match((await client.rest()).toString(), /^HTTP\/1\.1 400 /);
  });
});

describe('server.broadcast', () => {
  it('reaches every connection but those left out', async (test) => {
    const { server, port } = await openServer<string>(test, { upgrade: ({ path }) => ({ data: path }) });
    const clients = new Map<string, RawClient>();
    for (const path of ['/a', '/b', '/c', '/d']) clients.set(path, await RawClient.open(port, { path }));
    const byPath = (path: string) => [...server.connections].filter(({ data }) => data === path);

    server.broadcast('to all');
    server.broadcast('but a', { except: byPath('/a')[0] as never });
    server.broadcast(prepare('but b and c'), { except: [...byPath('/b'), ...byPath('/c')] });
    server.broadcast(Buffer.from('last'));

    const expected: Record<string, string[]> = {
      '/a': ['to all', 'but b and c', 'last'],
      '/b': ['to all', 'but a', 'last'],
      '/c': ['to all', 'but a', 'last'],
      '/d': ['to all', 'but a', 'but b and c', 'last'],
    };
    for (const [path, client] of clients) {
      for (const text of expected[path] as string[]) {
        assert.equal((await client.frame()).payload.toString(), text);
      }
    }
  });

  it('keeps its order with messages to one connection in between, of any size', async (test) => {
    const { server, port } = await openServer(test);
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(port)));
    const connections = [...server.connections];
    const expected = connections.map(() => [] as string[]);
    for (let round = 0; round < 60; round += 1) {
      const text = `${round} `.repeat(round % 7 === 0 ? 8000 : round);
      server.broadcast(text);
      for (const [index, connection] of connections.entries()) {
        expected[index]?.push(text);
        if ((index + round) % 3 !== 0) continue;
        const only = `only ${index} ${'x'.repeat(round * index)}`;
        connection.send(only);
        expected[index]?.push(only);
      }
    }
    const received = await Promise.all(
      clients.map(async (client) => {
        const texts: string[] = [];
        for (let count = 0; count < (expected[0] as string[]).length; count += 1)
          texts.push(await client.text());
        return texts;
      }),
    );
    // Clients were accepted in some order of their own: each must have got one of the expected rows whole.
    const keyOf = (texts: string[]): string =>
      texts.map((text) => `${text.length}:${text.slice(0, 12)}`).join();
    const rows = new Set(expected.map((texts) => keyOf(texts.slice(0, (expected[0] as string[]).length))));
    for (const texts of received) assert.ok(rows.has(keyOf(texts)));
  });
});

describe('server.close', () => {
  it('sends 1001 to each connection, waits for the answers and reports', async (test) => {
    const { server, port, calls } = await openServer(test);
    const clients = await Promise.all([RawClient.open(port), RawClient.open(port), RawClient.open(port)]);
    const closing = server.close();
    for (const client of clients) {
      assert.deepEqual(await client.close(), [1001, 'the server is shutting down']);
      client.sendClose(1001);
      await client.gone();
    }
    assert.deepEqual(await closing, { closed: 3, terminated: 0 });
    assert.equal(server.connections.size, 0);
    assert.equal(calls.filter((call) => call === 'close 1001 ""').length, 3);
  });

  it('cuts those that do not answer in time, and reports them', async (test) => {
    const { server, port, calls } = await openServer(test);
    const polite = await RawClient.open(port);
    const silent = await RawClient.open(port);
    const closing = server.close({ timeoutMs: 200, code: 4000, reason: 'over' });
    assert.deepEqual(await polite.close(), [4000, 'over']);
    polite.sendClose(4000);
    assert.deepEqual(await closing, { closed: 1, terminated: 1 });
    await silent.gone();
    assert.ok(calls.includes('close 1006 ""'));
  });

  it('gives the same promise again', async (test) => {
    const { server } = await openServer(test);
    assert.equal(server.close(), server.close());
    await server.close();
  });

  it('refuses a code that must not be sent, and goes on', async (test) => {
    const { server, port } = await openServer(test);
    await RawClient.open(port);
    assert.throws(() => server.close({ code: 1006 }), UsageError);
    assert.throws(() => server.close({ timeoutMs: -1 }), UsageError);
    await RawClient.open(port);
  });

  it('takes no new connection meanwhile', async (test) => {
    const { server, port } = await openServer(test);
    const first = await RawClient.open(port);
    const closing = server.close();
    await first.close();
    await assert.rejects(RawClient.open(port));
    first.sendClose(1001);
    await closing;
  });

  it('does not wait for a handshake that drips', async (test) => {
    const { server, port } = await openServer(test);
    const client = await RawClient.connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: ');
    const accepted = await RawClient.open(port);
    const closing = server.close({ timeoutMs: 60_000 });
    await accepted.close();
    accepted.sendClose(1001);
    assert.deepEqual(await closing, { closed: 1, terminated: 0 });
    await client.gone();
  });

  it('refuses a request that is still being decided, and accepts it no more', async (test) => {
    const decided = gate<undefined>();
    const asked = gate();
    const { server, port, calls } = await openServer(test, {
      upgrade: () => {
        asked.resolve();
        return decided.promise;
      },
    });
    const client = await RawClient.connect(port);
    client.socket.write(upgradeRequest());
    await asked.promise;
    const closing = server.close({ timeoutMs: 60_000 });
    assert.match(await client.head(), /^HTTP\/1\.1 503 /);
    decided.resolve(undefined);
    await client.gone();
    assert.deepEqual(await closing, { closed: 0, terminated: 0 });
    assert.deepEqual(calls, []);
  });

  it('is what `await using` does', async (test) => {
    const { server } = await openServer(test);
    await server[Symbol.asyncDispose]();
    assert.equal(server.address(), undefined);
  });
});
