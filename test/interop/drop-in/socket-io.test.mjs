// Socket.IO 4 and its client, unmodified, on `tidewire/ws`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { WebSocketServer } from 'ws';
import { openHttp } from './open-http.mjs';

async function open(test, serverOptions = {}, clientOptions = {}) {
  const http = createServer();
  const server = new Server(http, { wsEngine: WebSocketServer, ...serverOptions });
  const address = await openHttp(test, http);
  test.after(() => server.close());
  assert.ok(server.engine.ws instanceof WebSocketServer);
  const connected = new Promise((resolve) => server.on('connection', resolve));
  const client = io(`http://${address}`, { transports: ['websocket'], ...clientOptions });
  test.after(() => client.close());
  const opened = once(client, 'connect');
  const socket = await connected;
  await opened;
  return { server, client, socket };
}

describe('Socket.IO', () => {
  it('carries events, binary data and acknowledgements both ways', async (test) => {
    const { client, socket } = await open(test);
    socket.on('echo', (...values) => values.pop()(...values));
    const answer = await client.emitWithAck('echo', { text: 'grüße' });
    assert.deepEqual(answer, { text: 'grüße' });
    assert.deepEqual(await client.emitWithAck('echo', Buffer.of(1, 2, 3)), Buffer.of(1, 2, 3));
    client.on('question', (answerWith) => answerWith(42));
    assert.equal(await socket.timeout(10_000).emitWithAck('question'), 42);
  });

  it('carries large payloads in order', async (test) => {
    const { client, socket } = await open(test, { maxHttpBufferSize: 2 ** 24 });
    const lengths = [];
    const done = new Promise((resolve) => {
      socket.on('data', (data, isLast) => {
        lengths.push(data.length);
        if (isLast) resolve();
      });
    });
    for (const length of [1, 70_000, 4_000_000, 126])
      client.emit('data', Buffer.alloc(length), length === 126);
    await done;
    assert.deepEqual(lengths, [1, 70_000, 4_000_000, 126]);
  });

  it('upgrades from long polling', async (test) => {
    const { client, socket } = await open(test, {}, { transports: ['polling', 'websocket'] });
    if (client.io.engine.transport.name !== 'websocket') await once(client.io.engine, 'upgrade');
    assert.equal(client.io.engine.transport.name, 'websocket');
    socket.emit('news', 'upgraded');
    assert.deepEqual(await once(client, 'news'), ['upgraded']);
  });

  it('compresses', async (test) => {
    const { client, socket } = await open(test, { perMessageDeflate: { threshold: 100 } });
    assert.match(client.io.engine.transport.ws.extensions, /^permessage-deflate/);
    socket.on('echo', (value, answerWith) => answerWith(value));
    const text = 'tide '.repeat(20_000);
    assert.equal(await client.emitWithAck('echo', text), text);
  });

  it('broadcasts to rooms, and sends the headers that are added', async (test) => {
    const { server, client, socket } = await open(test);
    socket.join('harbour');
    const heard = once(client, 'tide');
    server.to('harbour').emit('tide', 'high');
    assert.deepEqual(await heard, ['high']);
    const headers = new Promise((resolve) => server.engine.once('headers', resolve));
    const second = io(client.io.uri, { transports: ['websocket'], forceNew: true });
    test.after(() => second.close());
    await Promise.all([headers, once(second, 'connect')]);
  });

  it('tells both ends why they are disconnected', async (test) => {
    const { client, socket } = await open(test);
    const reasons = Promise.all([once(socket, 'disconnect'), once(client, 'disconnect')]);
    client.disconnect();
    const [[atServer], [atClient]] = await reasons;
    assert.deepEqual([atServer, atClient], ['client namespace disconnect', 'io client disconnect']);
  });

  it('notices a transport that is cut', async (test) => {
    const { client, socket } = await open(test, {}, { reconnection: false });
    const reason = once(socket, 'disconnect');
    client.io.engine.transport.ws.terminate();
    assert.equal((await reason)[0], 'transport close');
  });
});
