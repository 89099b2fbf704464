// Fastify with @fastify/websocket, unmodified, on `tidewire/ws`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import websocket from '@fastify/websocket';
import fastify from 'fastify';
import WebSocket, { createWebSocketStream } from 'ws';
import './open-http.mjs';

async function open(test, options = {}) {
  const app = fastify();
  await app.register(websocket, options);
  app.get('/echo', { websocket: true }, (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  app.get('/stream', { websocket: true }, (socket) => {
    const stream = createWebSocketStream(socket);
    stream.pipe(stream);
  });
  app.get('/page', () => 'a page');
  app.get(
    '/guarded',
    { websocket: true, preValidation: (_request, reply) => reply.code(403).send('no') },
    () => assert.fail('let in'),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  test.after(() => app.close());
  return { app, url: `ws://127.0.0.1:${app.server.address().port}` };
}

describe('@fastify/websocket', () => {
  it('echoes text and binary messages on its routes', async (test) => {
    const { url } = await open(test);
    const socket = new WebSocket(`${url}/echo`);
    await once(socket, 'open');
    for (const [data, isBinary] of [
      ['text', false],
      [Buffer.of(1, 2), true],
    ]) {
      socket.send(data);
      assert.deepEqual(await once(socket, 'message'), [Buffer.from(data), isBinary]);
    }
    socket.close();
    assert.equal((await once(socket, 'close'))[0], 1005);
  });

  it('streams through createWebSocketStream', async (test) => {
    const { url } = await open(test);
    const stream = createWebSocketStream(new WebSocket(`${url}/stream`), { encoding: 'utf8' });
    stream.write('tide');
    assert.deepEqual(await once(stream, 'data'), ['tide']);
    stream.end();
    await once(stream, 'close');
  });

  it('runs its hooks before the handshake, and serves pages beside it', async (test) => {
    const { url } = await open(test);
    const socket = new WebSocket(`${url}/guarded`);
    const [error] = await once(socket, 'error');
    assert.equal(error.message, 'Unexpected server response: 403');
    const page = await fetch(`${url.replace('ws:', 'http:')}/page`);
    assert.equal(await page.text(), 'a page');
  });

  it('asks verifyClient of its options', async (test) => {
    const { url } = await open(test, {
      options: { verifyClient: ({ req }) => req.headers['x-key'] === 'yes' },
    });
    const refused = new WebSocket(`${url}/echo`);
    assert.equal((await once(refused, 'error'))[0].message, 'Unexpected server response: 401');
    const socket = new WebSocket(`${url}/echo`, { headers: { 'x-key': 'yes' } });
    await once(socket, 'open');
    socket.terminate();
  });

  it('injects a WebSocket without a network', async (test) => {
    const { app } = await open(test);
    const socket = await app.injectWS('/echo');
    socket.send('injected');
    assert.equal(String((await once(socket, 'message'))[0]), 'injected');
    socket.terminate();
  });

  it('says goodbye to its clients when it closes', async (test) => {
    const { app, url } = await open(test);
    const socket = new WebSocket(`${url}/echo`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await app.close();
    assert.equal((await closed)[0], 1005);
  });
});
