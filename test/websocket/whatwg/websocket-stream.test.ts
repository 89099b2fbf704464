// WebSocketStream and the streams of a server's connection.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import {
  type Connection,
  ConnectionError,
  type ConnectionStream,
  WebSocketError,
  type WebSocketOpenInfo,
  WebSocketServer,
  WebSocketStream,
} from '../../../src/websocket/index.ts';
import { acceptingServer, fakeServer } from '../client/fake-server.ts';
import { binaryFrame, closeFrame, readFrames, textFrame } from '../client/raw-frames.ts';
import { collectGarbage } from '../collect-garbage.ts';
import { expectNoSurprises } from '../surprises.ts';
import { nextTurn } from './socket-log.ts';

expectNoSurprises();

interface Pair extends WebSocketOpenInfo {
  readonly stream: WebSocketStream;
  readonly peer: Socket;
}

/** A stream that is open, and the server's end of its socket. */
async function openPair(t: TestContext): Promise<Pair> {
  const server = await acceptingServer(t);
  const stream = new WebSocketStream(`ws://${server.authority}/`, { perMessageDeflate: false });
  const info = await stream.opened;
  const [peer] = server.sockets;
  if (peer === undefined) throw new Error('the server has no socket');
  return { ...info, stream, peer };
}

function isWebSocketError(error: unknown): error is WebSocketError {
  return error instanceof WebSocketError;
}

describe('opening a WebSocketStream', () => {
  it('throws as WebSocket does for URLs, subprotocols and options that cannot be', () => {
    assert.throws(() => new WebSocketStream('chat'), { name: 'SyntaxError' });
    assert.throws(() => new WebSocketStream('ws://a/#b'), { name: 'SyntaxError' });
    assert.throws(() => new WebSocketStream('ws://a/', { protocols: ['a', 'a'] }), { name: 'SyntaxError' });
    assert.throws(() => new WebSocketStream('ws://a/', { handshakeTimeoutMs: -1 }), { name: 'UsageError' });
  });

  it('resolves opened with the streams and what was agreed on', async (t) => {
    const server = await acceptingServer(t, undefined, [
      'Sec-WebSocket-Protocol: chat',
      'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover',
    ]);
    const stream = new WebSocketStream(`http://${server.authority}/a`, { protocols: ['chat'] });
    assert.equal(stream.url, `ws://${server.authority}/a`);
    const { readable, writable, protocol, extensions } = await stream.opened;
    assert.ok(readable instanceof ReadableStream);
    assert.ok(writable instanceof WritableStream);
    assert.equal(protocol, 'chat');
    assert.equal(extensions, 'permessage-deflate; client_no_context_takeover');
  });

  it('rejects opened and closed with a WebSocketError when it fails; its cause has code and status', async (t) => {
    const server = await fakeServer(t, (socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const stream = new WebSocketStream(`ws://${server.authority}/`);
    for (const promise of [stream.opened, stream.closed]) {
      await assert.rejects(promise, (error) => {
        assert.ok(isWebSocketError(error));
        assert.equal(error.closeCode, 1006);
        assert.ok(error.cause instanceof ConnectionError);
        assert.deepEqual([error.cause.code, error.cause.status], ['HANDSHAKE_FAILED', 403]);
        return true;
      });
    }
  });

  it('is given up when the signal aborts, and both promises reject with its reason', async (t) => {
    const server = await fakeServer(t, () => undefined);
    const controller = new AbortController();
    const stream = new WebSocketStream(`ws://${server.authority}/`, { signal: controller.signal });
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await assert.rejects(stream.opened, (error) => error === reason);
    await assert.rejects(stream.closed, (error) => error === reason);
  });

  it('is not begun when the signal is aborted already', async (t) => {
    const server = await fakeServer(t, () => assert.fail('a request came'));
    const stream = new WebSocketStream(`ws://${server.authority}/`, { signal: AbortSignal.abort() });
    await assert.rejects(stream.opened, { name: 'AbortError' });
    await assert.rejects(stream.closed, { name: 'AbortError' });
  });

  it('takes no notice of the signal once it is done', async (t) => {
    const server = await acceptingServer(t);
    const controller = new AbortController();
    const stream = new WebSocketStream(`ws://${server.authority}/`, { signal: controller.signal });
    const { readable } = await stream.opened;
    controller.abort();
    const [peer] = server.sockets;
    peer?.write(textFrame('still here'));
    const { value } = await readable.getReader().read();
    assert.equal(value, 'still here');
  });

  it('is given up by close(), with a WebSocketError', async (t) => {
    const server = await fakeServer(t, () => undefined);
    const stream = new WebSocketStream(`ws://${server.authority}/`);
    assert.throws(() => stream.close({ closeCode: 1001 }), { name: 'InvalidAccessError' });
    stream.close();
    await assert.rejects(stream.opened, isWebSocketError);
    await assert.rejects(stream.closed, isWebSocketError);
  });
});

describe('the readable', () => {
  it('gives strings for text and bytes of their own for binary', async (t) => {
    const { readable, peer } = await openPair(t);
    peer.write(Buffer.concat([textFrame('grün'), binaryFrame(Uint8Array.of(1, 2)), textFrame('')]));
    const reader = readable.getReader();
    assert.equal((await reader.read()).value, 'grün');
    const { value } = await reader.read();
    assert.ok(value instanceof Uint8Array);
    assert.equal(value.constructor, Uint8Array);
    assert.equal(value.buffer.byteLength, 2);
    assert.deepEqual([...value], [1, 2]);
    assert.equal((await reader.read()).value, '');
  });

  it('gives what had arrived and then ends, when the connection is closed properly', async (t) => {
    const { readable, stream, peer } = await openPair(t);
    peer.end(Buffer.concat([textFrame('1'), textFrame('2'), closeFrame(4000, 'over')]));
    assert.deepEqual(await stream.closed, { closeCode: 4000, reason: 'over' });
    const messages: unknown[] = [];
    for await (const message of readable) messages.push(message);
    assert.deepEqual(messages, ['1', '2']);
  });

  it('fails with a WebSocketError when the connection is lost', async (t) => {
    for (const lose of [(peer: Socket) => peer.end(), (peer: Socket) => peer.resetAndDestroy()]) {
      const { readable, stream, peer } = await openPair(t);
      const reading = readable.getReader().read();
      lose(peer);
      await assert.rejects(reading, (error) => isWebSocketError(error) && error.closeCode === 1006);
      await assert.rejects(stream.closed, isWebSocketError);
    }
  });

  it('closes the connection when it is cancelled, with the code of a WebSocketError', async (t) => {
    for (const [reason, frame] of [
      [new WebSocketError('', { closeCode: 3001, reason: 'enough' }), 'close 3001 enough'],
      [new WebSocketError('no code'), 'close 1005'],
      [new Error('whatever'), 'close 1005'],
      [undefined, 'close 1005'],
    ] as const) {
      const { readable, stream, peer } = await openPair(t);
      const frames = readFrames(peer);
      await readable.cancel(reason);
      await frames.count(1);
      assert.deepEqual(frames.log, [frame]);
      peer.end(Buffer.concat([textFrame('unread'), closeFrame(1000)]));
      assert.deepEqual(await stream.closed, { closeCode: 1000, reason: '' });
    }
  });
});

describe('the writable', () => {
  it('sends strings as text, buffers and views as binary', async (t) => {
    const { writable, peer } = await openPair(t);
    const frames = readFrames(peer);
    const writer = writable.getWriter();
    await writer.write('grün');
    await writer.write(Uint8Array.of(1, 2));
    await writer.write(new ArrayBuffer(1));
    await frames.count(3);
    assert.deepEqual(frames.log, ['text grün', 'binary 0102', 'binary 00']);
  });

  it('fails when something else is written', async (t) => {
    const { writable } = await openPair(t);
    const writer = writable.getWriter();
    await assert.rejects(writer.write(5 as unknown as string), { name: 'UsageError' });
    await assert.rejects(writer.closed, { name: 'UsageError' });
  });

  it('starts the closing handshake when it is closed, and is closed when that is done', async (t) => {
    const { writable, stream, peer } = await openPair(t);
    const frames = readFrames(peer);
    const writer = writable.getWriter();
    void writer.write('last');
    const closing = writer.close();
    await frames.count(2);
    assert.deepEqual(frames.log, ['text last', 'close 1005']);
    peer.end(closeFrame());
    await closing;
    assert.deepEqual(await stream.closed, { closeCode: 1005, reason: '' });
  });

  it('closes with the code of a WebSocketError when it is aborted', async (t) => {
    const { writable, peer } = await openPair(t);
    const frames = readFrames(peer);
    await writable.abort(new WebSocketError('', { closeCode: 3002 }));
    await frames.count(1);
    assert.deepEqual(frames.log, ['close 3002']);
  });

  it('closes without a code when the error is that of a failed connection', async (t) => {
    const lost = await openPair(t);
    lost.peer.end();
    const failure: unknown = await lost.stream.closed.catch((error: unknown) => error);
    const { writable, peer } = await openPair(t);
    const frames = readFrames(peer);
    await writable.abort(failure);
    await frames.count(1);
    assert.deepEqual(frames.log, ['close 1005']);
  });

  it('fails with an InvalidStateError when the peer has closed the connection', async (t) => {
    const { writable, stream, peer } = await openPair(t);
    const writer = writable.getWriter();
    peer.end(closeFrame(1000));
    await stream.closed;
    await assert.rejects(writer.write('late'), { name: 'InvalidStateError' });
  });

  it('rejects a write that waits when the connection is lost', async (t) => {
    const { writable, stream, peer } = await openPair(t);
    const writer = writable.getWriter();
    const failures: unknown[] = [];
    for (let written = 0; written < 64; written += 1) {
      writer.write(new Uint8Array(1024 * 1024)).catch((error: unknown) => failures.push(error));
    }
    await nextTurn();
    peer.resetAndDestroy();
    await assert.rejects(stream.closed, isWebSocketError);
    await nextTurn();
    assert.ok(failures.length > 0);
    assert.ok(failures.every(isWebSocketError));
  });
});

describe('close()', () => {
  it('starts the closing handshake with code and reason; a reason alone goes with 1000', async (t) => {
    for (const [info, frame] of [
      [{ closeCode: 3003, reason: 'bye' }, 'close 3003 bye'],
      [{ reason: 'bye' }, 'close 1000 bye'],
      [{}, 'close 1005'],
      [undefined, 'close 1005'],
    ] as const) {
      const { stream, peer } = await openPair(t);
      const frames = readFrames(peer);
      stream.close(info);
      await frames.count(1);
      assert.deepEqual(frames.log, [frame]);
      peer.end(closeFrame(1000));
      await stream.closed;
    }
  });

  it('throws for a code or a reason that nobody may close with', async (t) => {
    const { stream } = await openPair(t);
    assert.throws(() => stream.close({ closeCode: 1006 }), { name: 'InvalidAccessError' });
    assert.throws(() => stream.close({ reason: 'a'.repeat(124) }), { name: 'SyntaxError' });
  });
});

/** A server whose connections are streams, and one of them. */
async function streamPair(
  t: TestContext,
): Promise<{ client: WebSocketStream; server: ConnectionStream; connection: Connection }> {
  let found: ((connection: Connection) => void) | undefined;
  const opening = new Promise<Connection>((resolve) => {
    found = resolve;
  });
  const server = new WebSocketServer({
    port: 0,
    perMessageDeflate: false,
    open: (connection) => {
      connection.stream();
      found?.(connection);
    },
    message: () => assert.fail('a message went to the handler'),
  });
  t.after(() => server.close({ timeoutMs: 1 }));
  await server.listening;
  const client = new WebSocketStream(`ws://127.0.0.1:${server.address()?.port}/`);
  const connection = await opening;
  return { client, connection, server: connection.stream() };
}

describe("a server's connection.stream()", () => {
  it('echoes by a pipe, and closes when the client does', async (t) => {
    const { client, server } = await streamPair(t);
    const { readable, writable } = await server.opened;
    const echoing = readable.pipeTo(writable);
    const { readable: replies, writable: requests } = await client.opened;
    const writer = requests.getWriter();
    const reader = replies.getReader();
    await writer.write('one');
    await writer.write(Uint8Array.of(2));
    assert.equal((await reader.read()).value, 'one');
    assert.deepEqual((await reader.read()).value, Uint8Array.of(2));
    client.close({ closeCode: 4001, reason: 'done' });
    assert.deepEqual(await server.closed, { closeCode: 4001, reason: 'done' });
    await client.closed;
    // The server's writable ended with the connection, before the pipe could close it, or just then.
    await echoing.catch(() => undefined);
  });

  it('is the same object every time', async (t) => {
    const { server, connection } = await streamPair(t);
    assert.equal(connection.stream(), server);
  });

  it('cannot be had for the first time once the connection is closed', async (t) => {
    const connections: Connection[] = [];
    const server = new WebSocketServer({ port: 0, open: (connection) => void connections.push(connection) });
    t.after(() => server.close());
    await server.listening;
    const client = new WebSocketStream(`ws://127.0.0.1:${server.address()?.port}/`);
    await client.opened;
    client.close();
    await client.closed;
    while (connections[0]?.readyState !== 'closed') await nextTurn();
    assert.throws(() => connections[0]?.stream(), { code: 'CONNECTION_CLOSED' });
  });
});

describe('backpressure', () => {
  const MESSAGE_BYTES = 256 * 1024;
  const MESSAGES = 512;
  /** What may be on the way, kernel buffers included, though nobody reads: far below all that is written. */
  const MOST_MESSAGES_ON_THE_WAY = 256;

  /** Writes all messages; resolves when nothing moved for many turns, with the number of writes that were done. */
  async function stalledWrites(writable: WebSocketOpenInfo['writable']): Promise<() => number> {
    const writer = writable.getWriter();
    let done = 0;
    void (async () => {
      for (let number = 0; number < MESSAGES; number += 1) {
        const message = new Uint8Array(MESSAGE_BYTES);
        new DataView(message.buffer).setUint32(0, number);
        await writer.write(message);
        done += 1;
      }
    })();
    for (let before = -1, turns = 0; turns < 500; turns += 1) {
      if (before !== done) turns = 0;
      before = done;
      await nextTurn();
    }
    return () => done;
  }

  async function check(from: ConnectionStream, to: ConnectionStream): Promise<void> {
    const [{ writable }, { readable }] = await Promise.all([from.opened, to.opened]);
    await collectGarbage();
    const before = process.memoryUsage();
    const done = await stalledWrites(writable);
    assert.ok(done() < MOST_MESSAGES_ON_THE_WAY, `${done()} writes were done`);
    await collectGarbage();
    const after = process.memoryUsage();
    const heldBytes = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    // Both ends are in this process.
    assert.ok(heldBytes < 8 * 1024 * 1024, `${heldBytes} bytes are held`);

    let expected = 0;
    const reader = readable.getReader();
    while (expected < MESSAGES) {
      const { value } = await reader.read();
      assert.ok(value instanceof Uint8Array);
      assert.equal(new DataView(value.buffer).getUint32(0), expected);
      expected += 1;
    }
    assert.ok(done() >= MESSAGES - 1);
  }

  it('stops a client that writes to a server which does not read, with bounded memory at both ends', async (t) => {
    const { client, server } = await streamPair(t);
    await check(client, server);
  });

  it('stops a server that writes to a client which does not read, with bounded memory at both ends', async (t) => {
    const { client, server } = await streamPair(t);
    await check(server, client);
  });
});
