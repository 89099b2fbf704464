// Redirects of an opening handshake: which are followed, and what is not told to another origin.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { HeaderList } from '../../../src/protocol/index.ts';
import { resolveClientOptions } from '../../../src/websocket/client/client-options.ts';
import { type Hop, redirectedHop } from '../../../src/websocket/client/redirect.ts';
import { ConnectionError, WebSocket, type WebSocketOptions } from '../../../src/websocket/index.ts';
import { expectNoSurprises } from '../surprises.ts';
import { closed, failed, opened } from '../whatwg/socket-log.ts';
import { acceptingServer, type FakeServer, fakeServer } from './fake-server.ts';

expectNoSurprises();

function redirectingServer(t: TestContext, status: number, location: string): Promise<FakeServer> {
  return fakeServer(t, (socket) => {
    socket.end(`HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
  });
}

async function failureOf(url: string, options: WebSocketOptions): Promise<ConnectionError> {
  const { error } = await failed(new WebSocket(url, options));
  assert.ok(error instanceof ConnectionError);
  return error;
}

describe('a redirect', () => {
  it('is followed for each of the five statuses when followRedirects is on', async (t) => {
    const target = await acceptingServer(t);
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await redirectingServer(t, status, `http://${target.authority}/here`);
      const socket = new WebSocket(`ws://${server.authority}/there`, { followRedirects: true });
      await opened(socket);
      assert.equal(socket.url, `ws://${server.authority}/there`);
      socket.terminate();
      await closed(socket);
    }
    assert.deepEqual(
      target.requests.map((request) => request.lines[0]),
      Array(5).fill('GET /here HTTP/1.1'),
    );
    const keys = target.requests.map((request) => request.field('Sec-WebSocket-Key'));
    assert.equal(new Set(keys).size, 5);
  });

  it('is followed maxRedirects times', async (t) => {
    const server = await redirectingServer(t, 302, '/again');
    const error = await failureOf(`ws://${server.authority}/`, { followRedirects: true, maxRedirects: 3 });
    assert.match(error.message, /maxRedirects \(3\)/);
    assert.equal(error.status, 302);
    assert.equal(server.requests.length, 4);
  });

  it('without Location, or with a status such as 304, is a refusal', async (t) => {
    const server = await fakeServer(t, (socket) => socket.end('HTTP/1.1 302 Found\r\n\r\n'));
    const other = await redirectingServer(t, 304, '/');
    for (const [{ authority }, status] of [
      [server, 302],
      [other, 304],
    ] as const) {
      assert.equal((await failureOf(`ws://${authority}/`, { followRedirects: true })).status, status);
    }
  });

  it('keeps credentials on the way to the same origin', async (t) => {
    const server = await fakeServer(t, (socket, request) => {
      if (request.lines[0] === 'GET / HTTP/1.1') socket.end('HTTP/1.1 307 Moved\r\nLocation: /chat\r\n\r\n');
      else socket.write(request.accept());
    });
    const socket = new WebSocket(`ws://user:pass@${server.authority}/`, {
      followRedirects: true,
      headers: { Cookie: 'a=b', 'X-Test': 'yes' },
    });
    await opened(socket);
    socket.terminate();
    const [, second] = server.requests;
    assert.equal(second?.field('Cookie'), 'a=b');
    assert.equal(second?.field('X-Test'), 'yes');
    assert.equal(second?.field('Authorization'), 'Basic dXNlcjpwYXNz');
  });

  it('drops credentials on the way to another origin, and only those', async (t) => {
    const target = await acceptingServer(t);
    const server = await redirectingServer(t, 302, `ws://${target.authority}/`);
    const socket = new WebSocket(`ws://user:pass@${server.authority}/`, {
      followRedirects: true,
      origin: 'https://page.example',
      headers: { COOKIE: 'a=b', Host: 'first.example', 'Proxy-Authorization': 'Basic eA==', 'X-Test': 'yes' },
    });
    await opened(socket);
    socket.terminate();
    const [request] = target.requests;
    for (const name of ['Cookie', 'Authorization', 'Proxy-Authorization']) {
      assert.equal(request?.field(name), undefined, name);
    }
    assert.equal(request?.field('Host'), target.authority);
    assert.equal(request?.field('X-Test'), 'yes');
    assert.equal(request?.field('Origin'), 'https://page.example');
  });

  it('drops subprotocols that are credentials', async (t) => {
    const target = await fakeServer(t, (socket, request) =>
      socket.write(request.accept(['Sec-WebSocket-Protocol: chat'])),
    );
    const server = await redirectingServer(t, 302, `ws://${target.authority}/`);
    const protocols = ['bearer.c2VjcmV0', 'chat', 'base64url.Bearer.authorization.example.c2VjcmV0'];
    const socket = new WebSocket(`ws://${server.authority}/`, { followRedirects: true, protocols });
    await opened(socket);
    socket.terminate();
    assert.equal(server.requests[0]?.field('Sec-WebSocket-Protocol'), protocols.join(', '));
    assert.equal(target.requests[0]?.field('Sec-WebSocket-Protocol'), 'chat');
  });

  it('drops Authorization that was given as a header, too', async (t) => {
    const target = await acceptingServer(t);
    const server = await redirectingServer(t, 302, `ws://${target.authority}/`);
    const socket = new WebSocket(`ws://${server.authority}/`, {
      followRedirects: true,
      headers: { authorization: 'Bearer secret' },
    });
    await opened(socket);
    socket.terminate();
    assert.equal(server.requests[0]?.field('Authorization'), 'Bearer secret');
    assert.equal(target.requests[0]?.field('Authorization'), undefined);
  });
});

describe('redirectedHop', () => {
  const hop = (url: string, options: WebSocketOptions = {}): Hop => ({
    url: new URL(url),
    settings: resolveClientOptions(options, undefined),
  });
  const to = (location: string): { status: number; headers: HeaderList } => {
    const headers = new HeaderList();
    headers.append('location', location);
    return { status: 302, headers };
  };

  it('resolves Location against the URL that was asked', () => {
    for (const [location, href] of [
      ['/b', 'ws://example.com/b'],
      ['c?d', 'ws://example.com/a/c?d'],
      ['https://example.com/e', 'wss://example.com/e'],
      ['//other.example:81/f', 'ws://other.example:81/f'],
    ] as const) {
      const next = redirectedHop(hop('ws://example.com/a/b'), to(location));
      assert.equal((next as Hop).url.href, href);
    }
  });

  it('never leads from wss: to ws:', () => {
    for (const location of ['ws://example.com/', 'http://example.com/']) {
      assert.ok(redirectedHop(hop('wss://example.com/'), to(location)) instanceof ConnectionError, location);
    }
  });

  it('never leads to what is no WebSocket URL', () => {
    for (const location of ['ftp://example.com/', 'javascript:alert(1)', 'http://', 'http://a:b/']) {
      assert.ok(redirectedHop(hop('ws://example.com/'), to(location)) instanceof ConnectionError, location);
    }
  });

  it('keeps client certificates for their origin', () => {
    const options = {
      cert: 'c',
      key: 'k',
      passphrase: 'p',
      servername: 's',
      ca: 'a',
      rejectUnauthorized: true,
    };
    const same = redirectedHop(hop('wss://example.com/', options), to('/b')) as Hop;
    assert.deepEqual(same.settings.tls, options);
    const other = redirectedHop(hop('wss://example.com/', options), to('https://example.com:444/')) as Hop;
    assert.deepEqual(other.settings.tls, { ca: 'a', rejectUnauthorized: true });
  });

  it('leaves the Unix socket of the origin behind', () => {
    const { url, settings } = hop('ws://localhost/');
    const request = { socketPath: '/run/chat.sock' };
    const local: Hop = {
      url,
      settings: { ...settings, route: { type: 'agent', agent: undefined, request } },
    };
    const socketPathOf = (location: string): string | undefined => {
      const next = redirectedHop(local, to(location));
      assert.ok(!(next instanceof ConnectionError) && next.settings.route.type === 'agent');
      return next.settings.route.request?.socketPath;
    };
    assert.equal(socketPathOf('/b'), '/run/chat.sock');
    assert.equal(socketPathOf('ws://other.example/'), undefined);
  });

  it('shows no secret of the address when it refuses', () => {
    const refused = redirectedHop(hop('wss://example.com/'), to('ws://me:secret@example.com/?token=secret'));
    assert.ok(refused instanceof ConnectionError);
    assert.doesNotMatch(refused.message, /secret/);
  });
});
