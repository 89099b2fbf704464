import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type Connection,
  WebSocketServer,
  type WebSocketServerOptions,
} from '../../../src/websocket/index.ts';
import { Http2Stream } from '../../../src/websocket/streams/http2-stream.ts';
import { cutSession, openSession, Tunnel } from '../http2/tunnel.ts';
import { expectNoSurprises } from '../surprises.ts';

expectNoSurprises();

/** What a stream lets through before anybody reads: its window, and what Node's streams hold on both sides. */
const SLACK_BYTES = 65_535 + 3 * 65_536;
const MEBIBYTE = 1024 * 1024;

describe('flow control of HTTP/2 streams', () => {
  let server: WebSocketServer<string>;
  let session: ClientHttp2Session;
  const connections = new Map<string, Connection<string>>();

  async function serve(options: Partial<WebSocketServerOptions<string>> = {}): Promise<void> {
    server = new WebSocketServer<string>({
      port: 0,
      http2: true,
      upgrade: ({ path }) => ({ data: path }),
      open: (connection) => connections.set(connection.data, connection),
      message: (connection, data) => connection.send(data),
      ...options,
    });
    await server.listening;
    session = await openSession(`http://127.0.0.1:${server.address()?.port}`);
  }

  async function open(path: string): Promise<[Tunnel, Connection<string>]> {
    const tunnel = new Tunnel(session, path);
    await tunnel.response;
    return [tunnel, connections.get(path) as Connection<string>];
  }

  /** Nothing that was sent before is still on its way. */
  function settled(): Promise<void> {
    return new Promise((resolve) => session.ping(() => resolve()));
  }

  beforeEach(() => connections.clear());

  afterEach(async () => {
    await cutSession(session);
    await server.close({ timeoutMs: 0 });
  });

  it('is felt by a server whose client does not read: bufferedAmount is the truth', async () => {
    const drains: number[] = [];
    await serve({
      drain: ({ bufferedAmount }) => drains.push(bufferedAmount),
      limits: { maxQueuedBytes: 4 * MEBIBYTE },
    });
    const [tunnel, connection] = await open('/');
    tunnel.stream.pause();
    const chunk = new Uint8Array(MEBIBYTE / 16);
    for (let sent = 0; sent < 2 * MEBIBYTE; sent += chunk.length) connection.send(chunk);
    await settled();
    await settled();
    assert.ok(connection.bufferedAmount > 2 * MEBIBYTE - SLACK_BYTES, `${connection.bufferedAmount}`);
    assert.deepEqual(drains, []);

    const drained = connection.drained();
    const half = connection.drained({ thresholdBytes: MEBIBYTE });
    tunnel.stream.resume();
    await half;
    await drained;
    await tunnel.count(32);
    assert.equal(connection.bufferedAmount, 0);
    assert.deepEqual(drains, [0]);
    assert.equal(new Set(tunnel.log).size, 1);
  });

  it('closes with 1013 the socket that does not read, at maxQueuedBytes, and disturbs no other', async () => {
    const errors: unknown[] = [];
    const closes: string[] = [];
    await serve({
      limits: { maxQueuedBytes: MEBIBYTE },
      error: (error) => errors.push('code' in error && error.code),
      close: ({ data }) => closes.push(data),
      closeTimeoutMs: 1,
    });
    const [stalled, connection] = await open('/stalled');
    const [reading] = await open('/reading');
    stalled.stream.pause();
    const results = new Set<string>();
    let most = 0;
    for (let round = 0; round < 64; round += 1) {
      results.add(connection.send(new Uint8Array(MEBIBYTE / 16)));
      most = Math.max(most, connection.bufferedAmount);
      reading.sendText(`${round}`);
      await settled();
    }
    assert.ok(most <= MEBIBYTE + 1024, `${most}`);
    assert.deepEqual([...results].sort(), ['closed', 'queued', 'refused', 'sent']);
    assert.deepEqual(errors, ['QUEUE_FULL']);
    assert.equal(await stalled.closed, 8);
    await reading.count(64);
    assert.deepEqual(closes, ['/stalled']);
  });

  it('is felt by the client of a paused connection, which gets all when it is resumed', async () => {
    let received = 0;
    let all = (): void => undefined;
    const allReceived = new Promise<void>((resolve) => {
      all = resolve;
    });
    await serve({
      message: (connection, data) => {
        if (connection.data === '/other') return void connection.send(data);
        received += data.length;
        if (received === 2 * MEBIBYTE) all();
      },
    });
    const [paused, connection] = await open('/paused');
    const [other] = await open('/other');
    connection.pause();
    for (let sent = 0; sent < 2 * MEBIBYTE; sent += 65_536) paused.sendBinary(new Uint8Array(65_536));
    await settled();
    await settled();
    assert.equal(received, 0);
    assert.ok(paused.stream.writableLength > 2 * MEBIBYTE - SLACK_BYTES, `${paused.stream.writableLength}`);

    // The session's own window is not used up by what the paused connection has not read.
    for (let round = 0; round < 40; round += 1) {
      other.sendBinary(new Uint8Array(65_536));
      await other.count(round + 1);
    }
    assert.equal(received, 0);
    connection.resume();
    await allReceived;
  });

  it('does not let a client that reads one socket wait for another that it does not read', async () => {
    await serve({ limits: { maxQueuedBytes: 8 * MEBIBYTE } });
    const [stalled, toStalled] = await open('/stalled');
    const [reading, toReading] = await open('/reading');
    stalled.stream.pause();
    for (let sent = 0; sent < 4 * MEBIBYTE; sent += MEBIBYTE) toStalled.send(new Uint8Array(MEBIBYTE));
    for (let sent = 0; sent < 4 * MEBIBYTE; sent += MEBIBYTE) toReading.send(new Uint8Array(MEBIBYTE));
    await reading.count(4);
    await toReading.drained();
    assert.deepEqual(stalled.log, []);
    stalled.stream.resume();
    await stalled.count(4);
  });

  it('carries hundreds of sockets on one session, in order each', async () => {
    await serve();
    const tunnels = await Promise.all(Array.from({ length: 400 }, (_, index) => open(`/${index}`)));
    assert.equal(server.connections.size, 400);
    for (const [tunnel] of tunnels) {
      for (let message = 0; message < 5; message += 1) tunnel.sendText(`${message}`);
    }
    await Promise.all(tunnels.map(([tunnel]) => tunnel.count(5)));
    for (const [{ log }] of tunnels) {
      assert.deepEqual(log, ['text 0', 'text 1', 'text 2', 'text 3', 'text 4']);
    }
    server.broadcast('all');
    await Promise.all(tunnels.map(([tunnel]) => tunnel.count(6)));
  });

  it('carries a message of 16 MiB both ways', async () => {
    await serve({ limits: { maxQueuedBytes: 32 * MEBIBYTE } });
    const [tunnel] = await open('/');
    tunnel.sendBinary(new Uint8Array(16 * MEBIBYTE));
    await tunnel.count(1);
    assert.deepEqual(tunnel.log, [`binary of ${16 * MEBIBYTE} bytes`]);
  });
});

/** A stream whose writes are taken when the test says so. */
class HeldStream extends Duplex {
  readonly written: string[] = [];
  readonly #callbacks: (() => void)[] = [];

  override _read(): void {
    // Nothing comes.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.written.push(chunk.toString());
    this.#callbacks.push(callback);
  }

  takeNext(): void {
    this.#callbacks.shift()?.();
  }
}

describe('an HTTP/2 stream of bytes', () => {
  function start(): { held: HeldStream; stream: Http2Stream; calls: string[] } {
    const held = new HeldStream();
    const stream = new Http2Stream(held as never);
    const calls: string[] = [];
    stream.start({
      receiveBytes: () => calls.push('bytes'),
      receiveEnd: () => calls.push('end'),
      receiveWritten: () => calls.push('written'),
      receiveClosed: (error) => calls.push(error === undefined ? 'closed' : `closed: ${error.message}`),
    });
    return { held, stream, calls };
  }

  it('tells by an empty write when what is written before has been taken, and sends no empty frame', async () => {
    const { held, stream, calls } = start();
    stream.write(Buffer.from('a'), false);
    stream.write(Buffer.from('b'), false);
    stream.write(new Uint8Array(0), true);
    held.takeNext();
    assert.deepEqual([stream.bufferedAmount, calls], [1, []]);
    held.takeNext();
    assert.deepEqual([held.written, stream.bufferedAmount, calls], [['a', 'b'], 0, ['written']]);

    stream.write(new Uint8Array(0), true);
    assert.deepEqual(calls, ['written']);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      [held.written, calls],
      [
        ['a', 'b'],
        ['written', 'written'],
      ],
    );
  });

  it('tells once for parts that are written together', () => {
    const { held, stream, calls } = start();
    assert.equal(stream.writeParts([Buffer.from('a'), Buffer.from('b')], true), false);
    held.takeNext();
    held.takeNext();
    assert.deepEqual([held.written, calls], [['a', 'b'], ['written']]);
  });

  it('throws nothing and sends nothing once it has ended', async () => {
    const { held, stream, calls } = start();
    stream.end();
    stream.write(Buffer.from('late'), true);
    held.destroy(new Error('reset'));
    stream.write(Buffer.from('later'), true);
    stream.end();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([held.written, calls], [[], ['closed: reset']]);
  });

  it('tells of a stream that was ended before it was started', async () => {
    const held = new HeldStream();
    const ended = once(held, 'end');
    held.push(null);
    held.read(0);
    await ended;
    await new Promise<void>((resolve) => {
      new Http2Stream(held as never).start({
        receiveBytes: () => undefined,
        receiveEnd: resolve,
        receiveWritten: () => undefined,
        receiveClosed: () => undefined,
      });
    });
  });

  it('tells of a stream that was gone before it was started', async () => {
    const held = new HeldStream();
    held.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    const closed = await new Promise((resolve) => {
      new Http2Stream(held as never).start({
        receiveBytes: () => undefined,
        receiveEnd: () => undefined,
        receiveWritten: () => undefined,
        receiveClosed: resolve,
      });
    });
    assert.equal(closed, undefined);
  });
});
