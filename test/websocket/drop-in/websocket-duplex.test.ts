import assert from 'node:assert/strict';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import WebSocket, { createWebSocketStream } from '../../../src/websocket/drop-in/index.ts';
import { expectNoSurprises } from '../surprises.ts';
import { openDoor, openPair } from './opened-pair.ts';

expectNoSurprises();

describe('createWebSocketStream', () => {
  it('carries bytes both ways, and ends with the closing handshake', async (test) => {
    const { server, url } = await openDoor(test);
    server.on('connection', (peer) => {
      const echo = createWebSocketStream(peer);
      echo.pipe(echo);
    });
    const stream = createWebSocketStream(new WebSocket(url));
    const sent = Buffer.alloc(300_000, 'tide');
    stream.write(sent);
    const received: Buffer[] = [];
    let length = 0;
    for await (const chunk of stream) {
      received.push(chunk);
      length += chunk.length;
      if (length === sent.length) break;
    }
    assert.deepEqual(Buffer.concat(received), sent);
  });

  it('reads to the end of what the other side sent before it closed', async (test) => {
    const { client, peer } = await openPair(test);
    const stream = createWebSocketStream(client);
    for (let index = 0; index < 100; index += 1) peer.send(Buffer.alloc(10_000));
    peer.close();
    assert.equal((await buffer(stream)).length, 1_000_000);
  });

  it('closes the connection when it is ended', async (test) => {
    const { client, peer } = await openPair(test);
    const closed = once(peer, 'close');
    const received: string[] = [];
    peer.on('message', (data) => received.push(String(data)));
    await pipeline(['a', 'b'], createWebSocketStream(client).resume());
    assert.equal((await closed)[0], 1005);
    assert.deepEqual(received, ['a', 'b']);
  });

  it('gives text as strings in object mode', async (test) => {
    const { client, peer } = await openPair(test);
    const stream = createWebSocketStream(client, { readableObjectMode: true });
    peer.send('text');
    peer.send(Buffer.of(1));
    peer.close();
    const chunks: unknown[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.deepEqual(chunks, ['text', Buffer.of(1)]);
  });

  it('pauses the connection while nobody reads', async (test) => {
    const { client, peer } = await openPair(test);
    const stream = createWebSocketStream(client);
    peer.send(Buffer.alloc(1024 * 1024));
    await once(stream, 'readable');
    assert.equal(client.isPaused, true);
    stream.destroy();
    await once(stream, 'close');
  });

  it('cuts the connection when it is destroyed', async (test) => {
    const { client, peer } = await openPair(test);
    const closed = once(peer, 'close');
    const stream = createWebSocketStream(client).destroy(new Error('enough'));
    assert.match(String((await once(stream, 'error'))[0]), /enough/);
    assert.equal((await closed)[0], 1006);
  });

  it('fails with what keeps the connection from opening', async (test) => {
    const { url } = await openDoor(test, { verifyClient: () => false });
    const stream = createWebSocketStream(new WebSocket(url));
    assert.match(String((await once(stream, 'error'))[0]), /Unexpected server response: 401/);
  });
});
