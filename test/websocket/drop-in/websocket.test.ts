import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import WebSocket, { type VerifyClient, WebSocketServer } from '../../../src/websocket/drop-in/index.ts';
import { expectNoSurprises } from '../surprises.ts';
import { openDoor, openPair } from './opened-pair.ts';

expectNoSurprises();

/** What a `send` gives to its callback. */
function sent(act: (callback: (error?: Error) => void) => void): Promise<Error | undefined> {
  return new Promise((resolve) => act(resolve));
}

/** Unlike `once`, not rejected by the event `error`. */
function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve));
}

async function listening(test: TestContext, http: Server): Promise<void> {
  await once(http, 'listening');
  test.after(() => http.close());
}

describe('a WebSocket of the drop-in door', () => {
  it('emits text as a Buffer, and says that it is not binary', async (test) => {
    const { client, peer } = await openPair(test);
    client.send('grüße');
    assert.deepEqual(await once(peer, 'message'), [Buffer.from('grüße'), false]);
  });

  for (const [name, data, bytes] of [
    ['a Buffer', Buffer.of(1, 2), [1, 2]],
    ['an ArrayBuffer', Uint8Array.of(3, 4).buffer, [3, 4]],
    ['a view', new Uint16Array([0x0605]), [5, 6]],
    ['a list of bytes', [7, 8], [7, 8]],
    ['a Blob', new Blob([Uint8Array.of(9)]), [9]],
    ['nothing', undefined, []],
  ] as const) {
    it(`sends ${name} as a binary message`, async (test) => {
      const { client, peer } = await openPair(test);
      client.send(data);
      assert.deepEqual(await once(peer, 'message'), [Buffer.from(bytes), true]);
    });
  }

  it('sends a number as text, and a string as binary where it is told so', async (test) => {
    const { client, peer } = await openPair(test);
    client.send(42);
    assert.deepEqual(await once(peer, 'message'), [Buffer.from('42'), false]);
    client.send('42', { binary: true });
    assert.deepEqual(await once(peer, 'message'), [Buffer.from('42'), true]);
  });

  it('sends the pieces of a message, begun with fin: false, as one', async (test) => {
    const { client, peer } = await openPair(test);
    client.send('a', { fin: false });
    client.send('b', { fin: false });
    client.send('c');
    assert.deepEqual(await once(peer, 'message'), [Buffer.from('abc'), false]);
  });

  it('keeps no more than 100 MiB of such pieces, and counts them', async (test) => {
    const { client } = await openPair(test);
    client.send(Buffer.alloc(100 * 1024 * 1024), { fin: false });
    assert.equal(client.bufferedAmount, 100 * 1024 * 1024);
    assert.throws(() => client.send('x', { fin: false }), RangeError);
    client.terminate();
    await closeCode(client);
  });

  it('calls back once a message is sent, in the order of the messages', async (test) => {
    const { client, peer } = await openPair(test);
    const calls: string[] = [];
    const last = new Promise<void>((resolve) => {
      client.send('one', (error) => calls.push(`one ${error}`));
      client.send(Buffer.alloc(1024 * 1024), {}, (error) => calls.push(`two ${error}`));
      client.ping('', false, (error) => {
        calls.push(`three ${error}`);
        resolve();
      });
    });
    peer.resume();
    await last;
    assert.deepEqual(calls, ['one undefined', 'two undefined', 'three undefined']);
  });

  it('calls back with an error, and counts the bytes, when it is closed', async (test) => {
    const { client } = await openPair(test);
    client.close();
    const error = await sent((callback) => client.send('late', callback));
    assert.match(String(error), /not open: readyState 2 \(CLOSING\)/);
    assert.equal(client.bufferedAmount >= 4, true);
    await once(client, 'close');
  });

  it('calls back with an error for what was not sent when the connection is cut', async (test) => {
    const { client, peer } = await openPair(test);
    peer.pause();
    const error = sent((callback) => client.send(Buffer.alloc(64 * 1024 * 1024), callback));
    client.terminate();
    assert.match(String(await error), /not open/);
  });

  it('throws on what is sent before it is open', async (test) => {
    const { url } = await openDoor(test);
    const client = new WebSocket(url);
    assert.throws(() => client.send('early'), /readyState 0 \(CONNECTING\)/);
    assert.throws(() => client.ping(), /readyState 0 \(CONNECTING\)/);
    await once(client, 'open');
  });

  it('answers Pings, and emits both', async (test) => {
    const { client, peer } = await openPair(test);
    client.ping('?');
    const [[pinged], [ponged]] = await Promise.all([once(peer, 'ping'), once(client, 'pong')]);
    assert.deepEqual([pinged, ponged], [Buffer.from('?'), Buffer.from('?')]);
  });

  it('closes with a code and a reason, which the other end emits as a Buffer', async (test) => {
    const { client, peer } = await openPair(test);
    client.close(4001, Buffer.from('bye'));
    assert.equal(client.readyState, WebSocket.CLOSING);
    assert.deepEqual(await once(peer, 'close'), [4001, Buffer.from('bye')]);
    assert.equal(peer.readyState, peer.CLOSED);
  });

  it('closes with 1005 when it is given no code, and refuses codes that must not be sent', async (test) => {
    const { client, peer } = await openPair(test);
    assert.throws(() => client.close(1006), /must not be sent/);
    assert.equal(client.readyState, client.OPEN);
    client.close();
    const [code] = await once(peer, 'close');
    assert.equal(code, 1005);
  });

  it('terminates, which both ends see as 1006 and not as an error', async (test) => {
    const { client, peer } = await openPair(test);
    client.terminate();
    const [[code], [peerCode]] = await Promise.all([once(client, 'close'), once(peer, 'close')]);
    assert.deepEqual([code, peerCode], [1006, 1006]);
  });

  it('emits no message while it is paused', async (test) => {
    const { client, peer } = await openPair(test);
    const received: string[] = [];
    peer.on('message', (data) => received.push(String(data)));
    peer.pause();
    assert.equal(peer.isPaused, true);
    client.send('waiting');
    // The Pong of the other direction comes when the message has long arrived.
    peer.ping();
    await once(client, 'ping');
    assert.deepEqual(received, []);
    const message = once(peer, 'message');
    peer.resume();
    await message;
    assert.deepEqual([peer.isPaused, received], [false, ['waiting']]);
  });

  for (const [type, expected] of [
    ['nodebuffer', Buffer.of(1)],
    ['arraybuffer', Uint8Array.of(1).buffer],
    ['fragments', [Buffer.of(1)]],
  ] as const) {
    it(`emits binary messages as binaryType ${type} says`, async (test) => {
      const { client, peer } = await openPair(test);
      peer.binaryType = type;
      peer.binaryType = 'nonsense' as 'blob';
      client.send(Buffer.of(1));
      const [data] = await once(peer, 'message');
      assert.deepEqual(data, expected);
    });
  }

  it('compresses where both ends agreed, unless it is told not to', async (test) => {
    const { client, peer } = await openPair(test, { server: { perMessageDeflate: true } });
    assert.match(client.extensions, /^permessage-deflate/);
    const socket = peer._socket as Socket;
    const long = 'a'.repeat(100_000);
    client.send(long);
    await once(peer, 'message');
    const compressedBytes = socket.bytesRead;
    client.send(long, { compress: false });
    const [data] = await once(peer, 'message');
    assert.equal(String(data), long);
    assert.ok(compressedBytes < 10_000 && socket.bytesRead > 100_000);
  });

  it('leaves what a listener throws to the process, and goes on', async (test) => {
    const { client, peer } = await openPair(test);
    peer.once('message', () => {
      throw new Error('from a listener');
    });
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught = once(process, 'uncaughtException');
    client.send('one');
    assert.match(String((await uncaught)[0]), /from a listener/);
    for (const other of others) process.on('uncaughtException', other);
    client.send('two');
    assert.deepEqual(await once(peer, 'message'), [Buffer.from('two'), false]);
  });

  it('tells of a peer that breaks the protocol with the codes of ws', async (test) => {
    const { client, peer } = await openPair(test);
    (client._socket as Socket).write(Buffer.of(0x83, 0x80, 0, 0, 0, 0));
    const [error] = await once(peer, 'error');
    assert.equal(error.code, 'WS_ERR_INVALID_OPCODE');
    assert.equal(error.cause.code, 'RESERVED_OPCODE');
    const [code] = await once(client, 'close');
    assert.equal(code, 1002);
  });
});

describe('a client of the drop-in door', () => {
  it('emits the answer, then open', async (test) => {
    const { url } = await openDoor(test);
    const client = new WebSocket(url);
    const log: string[] = [];
    client.on('upgrade', ({ statusCode, headers }) => log.push(`upgrade ${statusCode} ${headers.upgrade}`));
    client.on('open', () => log.push('open'));
    await once(client, 'open');
    assert.deepEqual(log, ['upgrade 101 websocket', 'open']);
    assert.deepEqual([client.url, client.protocol], [url, '']);
  });

  it('sends the fields, origin and subprotocols that it is given', async (test) => {
    const { server, url } = await openDoor(test);
    const connected = once(server, 'connection');
    const client = new WebSocket(url, ['b', 'a'], { headers: { 'X-Count': 1 }, origin: 'https://a.example' });
    const [[, request]] = await Promise.all([connected, once(client, 'open')]);
    assert.equal(request.headers['x-count'], '1');
    assert.equal(request.headers.origin, 'https://a.example');
    assert.equal(client.protocol, 'b');
  });

  it('throws SyntaxError on a URL that cannot be', () => {
    assert.throws(() => new WebSocket('nowhere'), SyntaxError);
    assert.throws(() => new WebSocket('ws://host/#part'), SyntaxError);
    assert.throws(() => new WebSocket('ws://host/', 'no token'), SyntaxError);
  });

  it('emits the error of the system, then close 1006, when nobody listens there', async (test) => {
    const { server, url } = await openDoor(test);
    server.close();
    const client = new WebSocket(url);
    const closed = closeCode(client);
    const [error] = await once(client, 'error');
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(await closed, 1006);
  });

  it('emits an error that names the status of an answer that refuses', async (test) => {
    const { url } = await openDoor(test, { verifyClient: () => false });
    const client = new WebSocket(url);
    const [error] = await once(client, 'error');
    assert.equal(error.message, 'Unexpected server response: 401');
  });

  it('emits unexpected-response in the place of that error, where somebody listens', async (test) => {
    const verifyClient: VerifyClient = (_info, done) =>
      done(false, 418, 'I am', { 'X-Why': 'short and stout' });
    const { url } = await openDoor(test, { verifyClient });
    const client = new WebSocket(`${url}pot`);
    const closed = closeCode(client);
    const [request, response] = await once(client, 'unexpected-response');
    assert.equal(request.path, '/pot');
    assert.equal(request.getHeader('sec-websocket-version'), '13');
    assert.deepEqual([response.statusCode, response.headers['x-why']], [418, 'short and stout']);
    assert.equal(client.readyState, WebSocket.CONNECTING);
    assert.equal(Buffer.concat(await response.toArray()).toString(), 'I am');
    assert.equal(await closed, 1006);
  });

  it('closes without an error when a listener of unexpected-response destroys the request', async (test) => {
    const { url } = await openDoor(test, { verifyClient: () => false });
    const client = new WebSocket(url);
    client.on('error', assert.fail);
    client.on('unexpected-response', (request) => request.destroy());
    assert.equal(await closeCode(client), 1006);
  });

  it('emits an error when such a listener terminates the WebSocket', async (test) => {
    const { url } = await openDoor(test, { verifyClient: () => false });
    const client = new WebSocket(url);
    const closed = closeCode(client);
    client.on('unexpected-response', () => client.terminate());
    const [error] = await once(client, 'error');
    assert.equal(error.message, 'WebSocket was closed before the connection was established');
    assert.equal(await closed, 1006);
  });

  it('emits redirect with the request to there, which may be changed', async (test) => {
    const { url, server } = await openDoor(test);
    const http = createServer((_request, response) => {
      response.writeHead(302, { Location: `${url.replace('ws:', 'http:')}there` }).end();
    });
    await listening(test, http.listen(0, '127.0.0.1'));
    const { port } = http.address() as AddressInfo;
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, { followRedirects: true });
    client.on('unexpected-response', () => assert.fail('it is followed'));
    client.on('redirect', (to, request) => {
      assert.equal(to, `${url}there`);
      assert.equal(client.url, to);
      request.setHeader('X-Late', 'yes');
    });
    const [[, request]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
    assert.deepEqual([request.url, request.headers['x-late']], ['/there', 'yes']);
  });

  it('has finishRequest finish its requests', async (test) => {
    const { url, server } = await openDoor(test);
    const client: WebSocket = new WebSocket(url, {
      finishRequest: (request, webSocket) => {
        assert.ok(webSocket instanceof WebSocket);
        setImmediate(() => request.setHeader('X-Signed', 'yes').end());
      },
    });
    const [[, request]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
    assert.equal(request.headers['x-signed'], 'yes');
  });

  it('connects to a Unix socket', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidewire-'));
    test.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'socket');
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    await listening(test, http.listen(path));
    const client = new WebSocket(`ws+unix:${path}:/room?a`);
    const [[peer, request]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
    assert.deepEqual([request.url, request.headers.host], ['/room?a', 'localhost']);
    assert.equal(client.url, `ws+unix:${path}:/room?a`);
    peer.terminate();
    await closeCode(client);
  });

  it('connects through what createConnection makes', async (test) => {
    const { url } = await openDoor(test);
    const asked: unknown[] = [];
    const client = new WebSocket('ws://elsewhere.example:81/p?q', {
      createConnection: ({ host, port }) => {
        asked.push([host, port]);
        return connect(Number(new URL(url).port), '127.0.0.1');
      },
    });
    await once(client, 'open');
    assert.deepEqual(asked, [['elsewhere.example', 81]]);
    client.terminate();
    await closeCode(client);
  });

  it('gives up when it is closed or terminated before it is open', async (test) => {
    const { url } = await openDoor(test);
    for (const method of ['close', 'terminate'] as const) {
      const client = new WebSocket(url);
      const closed = closeCode(client);
      client[method]();
      const [error] = await once(client, 'error');
      assert.equal(error.message, 'WebSocket was closed before the connection was established');
      assert.equal(await closed, 1006);
    }
  });

  it('gives up after handshakeTimeout', async (test) => {
    const silent = createServer();
    test.after(() => silent.close());
    silent.on('upgrade', (_request, socket) => test.after(() => socket.destroy()));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, { handshakeTimeout: 1 });
    const [error] = await once(client, 'error');
    assert.equal(error.message, 'Opening handshake has timed out');
  });

  it('refuses a version of the protocol that was never a standard', () => {
    assert.throws(() => new WebSocket('ws://127.0.0.1/', { protocolVersion: 8 }), /protocolVersion/);
  });
});

describe('the listeners of the DOM', () => {
  it('get strings for text, and events with a target', async (test) => {
    const { client, peer } = await openPair(test);
    const events: unknown[] = [];
    const closed = once(peer, 'close');
    peer.onmessage = ({ type, data, target }) => events.push([type, data, target === peer]);
    peer.addEventListener('close', ({ code, reason, wasClean }) => events.push([code, reason, wasClean]));
    client.send('text');
    client.close(1000, 'done');
    await closed;
    assert.deepEqual(events, [
      ['message', 'text', true],
      [1000, 'done', true],
    ]);
  });

  it('are called once where that is asked for, and never after they are removed', async (test) => {
    const { client, peer } = await openPair(test);
    const calls: string[] = [];
    const removed = (): unknown => calls.push('removed');
    peer.addEventListener('message', () => calls.push('once'), { once: true });
    peer.addEventListener('message', removed);
    peer.addEventListener('message', removed);
    peer.addEventListener('message', { handleEvent: ({ data }) => calls.push(`object ${data}`) });
    peer.removeEventListener('message', removed);
    peer.onmessage = () => calls.push('first attribute');
    peer.onmessage = () => calls.push('attribute');
    for (const text of ['1', '2']) {
      client.send(text);
      await once(peer, 'message');
    }
    assert.deepEqual(calls, ['once', 'object 1', 'attribute', 'object 2', 'attribute']);
    peer.onmessage = null;
    assert.equal(peer.onmessage, null);
  });

  it('get the error', async (test) => {
    const { url } = await openDoor(test, { verifyClient: () => false });
    const client = new WebSocket(url);
    const message = await new Promise((resolve) => {
      client.onerror = (event) => resolve(event.message);
    });
    assert.equal(message, 'Unexpected server response: 401');
  });
});
