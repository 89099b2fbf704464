import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import type { ByteStreamHandler } from '../../../src/websocket/byte-stream.ts';
import { DuplexStream } from '../../../src/websocket/streams/duplex-stream.ts';

class Recorder implements ByteStreamHandler {
  readonly calls: string[] = [];
  bytes = '';
  async untilBytes(bytes: string): Promise<void> {
    while (this.bytes !== bytes) await new Promise(setImmediate);
  }
  receiveBytes(chunk: Buffer): void {
    this.bytes += chunk.toString();
    this.calls.push(`bytes ${chunk.toString()}`);
  }
  receiveEnd(): void {
    this.calls.push('end');
  }
  receiveWritten(): void {
    this.calls.push('written');
  }
  receiveClosed(error: (Error & { code?: string }) | undefined): void {
    this.calls.push(`closed${error === undefined ? '' : ` ${error.code ?? error.message}`}`);
  }
  async until(call: string): Promise<void> {
    while (!this.calls.includes(call)) await new Promise(setImmediate);
  }
}

/** A socket of another class, as those of other libraries: how it is read is left to Node. */
class OtherSocket extends Socket {}

async function openPair(test: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const [near] = (await once(server, 'connection')) as [Socket];
  test.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  far.on('error', () => undefined);
  return { near, far };
}

/** A stream that keeps what is written, as a pipe in memory does, and calls back at once. */
class KeepingDuplex extends Duplex {
  readonly kept: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.kept.push(chunk);
    done();
  }
}

for (const { name, prototype } of [
  { name: 'a duplex stream on a socket that is read into shared memory', prototype: Socket.prototype },
  { name: 'a duplex stream on a socket that emits data', prototype: OtherSocket.prototype },
]) {
  const open = async (test: TestContext): ReturnType<typeof openPair> => {
    const pair = await openPair(test);
    Object.setPrototypeOf(pair.near, prototype);
    return pair;
  };

  describe(name, () => {
    it('says whether it uses its memory again', async (test) => {
      const { near } = await open(test);
      assert.equal(new DuplexStream(near).reusesMemory, prototype === Socket.prototype);
    });

    it('delivers what came before the start, and what comes while it is paused, in order', async (test) => {
      const { near, far } = await open(test);
      far.write('1');
      await once(near, 'readable');
      const recorder = new Recorder();
      const stream = new DuplexStream(near);
      stream.start(recorder);
      far.write('2');
      stream.pause();
      await new Promise(setImmediate);
      far.write('3');
      await new Promise(setImmediate);
      assert.deepEqual(recorder.calls, []);
      stream.resume();
      await recorder.untilBytes('123');
      stream.pause();
      await new Promise<void>((resolve) => far.write('4', () => resolve()));
      await new Promise(setImmediate);
      assert.equal(recorder.bytes, '123');
      stream.resume();
      await recorder.untilBytes('1234');
    });

    it('puts nothing into the room that it was given, once our side has ended', async (test) => {
      const { near, far } = await open(test);
      const room = Buffer.alloc(8);
      const recorder = Object.assign(new Recorder(), { roomForMore: () => room });
      const stream = new DuplexStream(near);
      stream.start(recorder);
      far.write('first');
      await recorder.untilBytes('first');
      stream.end();
      far.write('second');
      await recorder.untilBytes('firstsecond');
      assert.equal(room.toString('latin1'), '\0'.repeat(8));
    });

    it('holds no room when the stream is gone', async (test) => {
      const { near, far } = await open(test);
      const room = Buffer.alloc(8);
      const recorder = Object.assign(new Recorder(), { roomForMore: () => room });
      const stream = new DuplexStream(near);
      stream.start(recorder);
      far.write('first');
      await recorder.untilBytes('first');
      stream.destroy();
      await recorder.until('closed');
      const held = Object.getOwnPropertySymbols(near).map((symbol) => Reflect.get(near, symbol));
      assert.ok(!held.includes(room));
    });

    it('delivers bytes, the end and the close, each in its turn', async (test) => {
      const { near, far } = await open(test);
      const recorder = new Recorder();
      const stream = new DuplexStream(near);
      stream.start(recorder);
      far.end('hello');
      await recorder.until('end');
      stream.end();
      await recorder.until('closed');
      assert.deepEqual(recorder.calls, ['bytes hello', 'end', 'closed']);
    });

    it('tells of a reset, once, and throws nothing', async (test) => {
      const { near, far } = await open(test);
      const recorder = new Recorder();
      new DuplexStream(near).start(recorder);
      far.resetAndDestroy();
      await recorder.until('closed ECONNRESET');
      assert.deepEqual(recorder.calls, ['closed ECONNRESET']);
    });

    it('that was gone before the start is closed soon after it', async (test) => {
      const { near } = await open(test);
      near.destroy();
      await once(near, 'close');
      const recorder = new Recorder();
      new DuplexStream(near).start(recorder);
      assert.deepEqual(recorder.calls, []);
      await recorder.until('closed');
      assert.deepEqual(recorder.calls, ['closed']);
    });

    it('that was ended while nobody listened tells of it after the start', async (test) => {
      const { near, far } = await open(test);
      near.pause();
      const ended = once(near, 'end');
      far.end();
      await ended;
      const recorder = new Recorder();
      const stream = new DuplexStream(near);
      stream.start(recorder);
      assert.deepEqual(recorder.calls, []);
      await recorder.until('end');
      stream.end();
      await recorder.until('closed');
      assert.deepEqual(recorder.calls, ['end', 'closed']);
    });

    it('that was paused is read after the start', async (test) => {
      const { near, far } = await open(test);
      near.pause();
      far.write('early');
      const recorder = new Recorder();
      new DuplexStream(near).start(recorder);
      await recorder.until('bytes early');
    });

    it('reports what was written when it was asked to', async (test) => {
      const { near, far } = await open(test);
      const recorder = new Recorder();
      const stream = new DuplexStream(near);
      stream.start(recorder);
      assert.equal(stream.write(Buffer.from('a'), false), true);
      stream.writeParts([Buffer.from('b'), Buffer.from('c')], true);
      await recorder.until('written');
      assert.deepEqual(recorder.calls, ['written']);
      let received = '';
      far.on('data', (chunk) => {
        received += chunk;
      });
      while (received !== 'abc') await new Promise(setImmediate);
    });

    it('sends in order, and the end behind it, whatever the system takes at once', async (test) => {
      const { near, far } = await open(test);
      const stream = new DuplexStream(near);
      stream.start(new Recorder());
      let received = '';
      let longBytes = 0;
      const size = 16 * 1024 * 1024;
      assert.equal(stream.write(Buffer.from('a'), false), true);
      assert.equal(stream.write(Buffer.alloc(size, 'x'), false), false);
      const waiting = stream.bufferedAmount;
      assert.ok(waiting > 0);
      assert.equal(stream.write(Buffer.from('b'), false), false);
      assert.equal(stream.bufferedAmount, waiting + 1);
      stream.writeParts([Buffer.from('c'), Buffer.from('d')], false);
      stream.end();
      far.on('data', (chunk: Buffer) => {
        const others = chunk.toString('latin1').replaceAll('x', '');
        received += others;
        longBytes += chunk.length - others.length;
      });
      await once(far, 'end');
      assert.deepEqual([received, longBytes], ['abcd', size]);
      assert.equal(stream.bufferedAmount, 0);
    });

    it('has nothing left once the system has taken what it did not take at once', async (test) => {
      const { near, far } = await open(test);
      const recorder = new Recorder();
      const stream = new DuplexStream(near);
      stream.start(recorder);
      assert.equal(stream.write(Buffer.alloc(16 * 1024 * 1024), false), false);
      stream.write(Buffer.alloc(0), true);
      far.resume();
      await recorder.until('written');
      assert.equal(stream.bufferedAmount, 0);
      assert.equal(stream.write(Buffer.from('more'), false), true);
    });

    it('is closed, once, when it is written to after the peer has cut it', async (test) => {
      const { near, far } = await open(test);
      const recorder = new Recorder();
      const stream = new DuplexStream(near);
      stream.start(recorder);
      stream.pause();
      far.resetAndDestroy();
      await once(far, 'close');
      while (!near.destroyed) {
        stream.write(Buffer.from('x'), false);
        await new Promise(setImmediate);
      }
      while (recorder.calls.length === 0) await new Promise(setImmediate);
      stream.write(Buffer.from('x'), false);
      await new Promise(setImmediate);
      assert.equal(recorder.calls.length, 1);
      assert.match(recorder.calls[0] as string, /^closed (ECONNRESET|EPIPE)$/);
    });

    it('does not report what it lost when it was cut', async (test) => {
      const { near } = await open(test);
      const recorder = new Recorder();
      const stream = new DuplexStream(near);
      stream.start(recorder);
      assert.equal(stream.write(Buffer.alloc(64 * 1024 * 1024), true), false);
      assert.ok(stream.bufferedAmount > 0);
      stream.destroy();
      await recorder.until('closed');
      assert.deepEqual(recorder.calls, ['closed']);
    });
  });
}

describe('a duplex stream', () => {
  it('never says that memory may be used again while the stream may still keep it', () => {
    const duplex = new KeepingDuplex();
    const stream = new DuplexStream(duplex);
    stream.start(new Recorder());
    const memory = Buffer.from('first');
    if (stream.write(memory, false)) memory.write('SECND');
    const parts = [Buffer.from('one'), Buffer.from('two')];
    if (stream.writeParts(parts, false)) parts[0]?.write('BAD');
    assert.equal(Buffer.concat(duplex.kept).toString(), 'firstonetwo');
  });
});
