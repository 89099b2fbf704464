import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import {
  canChooseMemory,
  chooseNext,
  leaveRoom,
  readIntoSharedMemory,
} from '../../../src/websocket/streams/chosen-memory.ts';

/** A socket that a server accepted, read into the shared memory, and what was read. */
class Reading {
  readonly near: Socket;
  readonly far: Socket;
  readonly memories: ArrayBufferLike[] = [];
  room: Buffer | undefined;
  text = '';

  constructor(near: Socket, far: Socket) {
    this.near = near;
    this.far = far;
    const reading = this;
    readIntoSharedMemory(near, function (length, memory) {
      reading.text += memory.toString('latin1', 0, length);
      reading.memories.push(memory.buffer);
      chooseNext(memory, reading.room);
      return !this.isPaused();
    });
  }

  async until(text: string): Promise<void> {
    while (this.text !== text) await new Promise(setImmediate);
  }
}

async function openPair(test: TestContext): Promise<Reading> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  test.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  assert.ok(canChooseMemory(near), 'this runtime has the fields');
  return new Reading(near, far);
}

function holds(socket: Socket, memory: Buffer): boolean {
  return Object.getOwnPropertySymbols(socket).some((symbol) => Reflect.get(socket, symbol) === memory);
}

describe('memory chosen for reads', () => {
  it('is the same for all sockets', async (test) => {
    const one = await openPair(test);
    const other = await openPair(test);
    one.far.write('one');
    await one.until('one');
    other.far.write('other');
    await other.until('other');
    one.far.write(' again');
    await one.until('one again');
    assert.equal(new Set([...one.memories, ...other.memories]).size, 1);
  });

  it('is the room that is given, for one read, and the shared memory again after it', async (test) => {
    const reading = await openPair(test);
    reading.room = Buffer.alloc(5);
    reading.far.write('a');
    await reading.until('a');
    const room = reading.room;
    reading.room = undefined;
    reading.far.write('12345bc');
    await reading.until('a12345bc');
    assert.equal(room.toString(), '12345');
    assert.deepEqual(
      reading.memories.map((memory) => memory === room.buffer),
      [false, true, false],
    );
  });

  it('is the shared memory again at once, when the room is let go', async (test) => {
    const reading = await openPair(test);
    reading.room = Buffer.alloc(5);
    reading.far.write('a');
    await reading.until('a');
    const { room } = reading;
    assert.ok(holds(reading.near, room));
    leaveRoom(reading.near);
    assert.ok(!holds(reading.near, room));
    reading.room = undefined;
    reading.far.write('12345');
    await reading.until('a12345');
    assert.equal(room.toString('latin1'), '\0'.repeat(5));
    assert.equal(reading.memories[0], reading.memories[1]);
  });

  it('leaves backpressure as it is: a paused socket is not read', async (test) => {
    const reading = await openPair(test);
    reading.near.pause();
    await new Promise<void>((resolve) => reading.far.write('waits', () => resolve()));
    await new Promise(setImmediate);
    assert.equal(reading.text, '');
    reading.near.resume();
    await reading.until('waits');
  });

  it('leaves the end and the close as they are', async (test) => {
    const { near, far } = await openPair(test);
    far.end('bye');
    near.resume();
    await once(near, 'end');
    near.end();
    await once(near, 'close');
  });

  it('is not for other streams, nor for a socket that has no handle', () => {
    assert.equal(canChooseMemory(new PassThrough()), false);
    assert.equal(canChooseMemory(new Socket()), false);
    class OtherSocket extends Socket {}
    assert.equal(canChooseMemory(new OtherSocket()), false);
  });
});
