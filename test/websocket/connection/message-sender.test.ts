// Compressed messages leave in the order in which they were sent, however long each takes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, inflateRawSync } from 'node:zlib';
import { resolveConnectionOptions } from '../../../src/websocket/connection/connection-options.ts';
import { FramedStream, type FramedStreamHandler } from '../../../src/websocket/connection/framed-stream.ts';
import { prepare } from '../../../src/websocket/connection/prepared-message.ts';
import { DeflatePool } from '../../../src/websocket/deflate/deflate-pool.ts';
import { createMessageDeflate } from '../../../src/websocket/deflate/message-deflate.ts';
import { MemoryStream } from '../memory-stream.ts';

const agreed = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const handler: FramedStreamHandler = {
  receiveMessage: () => undefined,
  receivePing: () => undefined,
  receivePong: () => undefined,
  receiveWritten: () => undefined,
  receiveDrain: () => undefined,
  receiveClosing: () => undefined,
  receiveError: (error) => assert.fail(error),
  receiveClosed: () => undefined,
};

/** A server's end in memory that agreed to permessage-deflate. */
function open(parameters: Partial<typeof agreed> = {}): { stream: MemoryStream; framed: FramedStream } {
  const settings = resolveConnectionOptions({
    keepalive: { intervalMs: 0 },
    perMessageDeflate: { thresholdBytes: 0 },
    limits: { maxQueuedBytes: 64 * 1024 * 1024 },
  });
  const stream = new MemoryStream();
  const deflate = createMessageDeflate('server', { ...agreed, ...parameters }, settings);
  const framed = new FramedStream(stream, handler, { role: 'server', settings, deflate });
  framed.start();
  return { stream, framed };
}

/** What went out, as a receiver with a window reads it. */
class Receiver {
  readonly messages: string[] = [];
  readonly #window: Buffer[] = [];

  read(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      const [first, second] = [bytes[at]!, bytes[at + 1]!];
      const [length, header] =
        second === 127
          ? [Number(bytes.readBigUInt64BE(at + 2)), 10]
          : second === 126
            ? [bytes.readUInt16BE(at + 2), 4]
            : [second, 2];
      this.#take(first, bytes.subarray(at + header, at + header + length));
      at += header + length;
    }
  }

  #take(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode > 2)
      this.messages.push(opcode === 8 ? `close ${payload.readUInt16BE(0)}` : `control ${opcode}`);
    else if ((first & 0x40) === 0) this.messages.push(short(payload));
    else {
      const dictionary = Buffer.concat(this.#window).subarray(-32_768);
      const inflated = inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), {
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(dictionary.length > 0 && { dictionary }),
      });
      this.#window.push(inflated);
      this.messages.push(short(inflated));
    }
  }
}

const short = (bytes: Buffer): string =>
  bytes.length > 100 ? `${bytes.subarray(0, 5)} of ${bytes.length}` : String(bytes);

async function until(stream: MemoryStream, receiver: Receiver, count: number): Promise<void> {
  while (receiver.messages.length < count) {
    await new Promise((resolve) => setImmediate(resolve));
    receiver.read(stream.read());
  }
}

describe('a message that is compressed in the thread pool', () => {
  const long = (name: string): string => `${name.padEnd(5)}${'a tide comes and goes '.repeat(100_000)}`;

  it('lets no later message pass, nor the Close', async () => {
    const { stream, framed } = open();
    const receiver = new Receiver();
    framed.sendText('first');
    framed.sendText(long('one'));
    framed.sendText('second');
    framed.sendText('uncompressed', false);
    framed.sendText(long('two'));
    framed.sendPrepared(prepare('prepared for many'));
    framed.sendText('last');
    framed.close(1000);
    await until(stream, receiver, 8);
    assert.deepEqual(receiver.messages, [
      'first',
      'one   of 2200005',
      'second',
      'uncompressed',
      'two   of 2200005',
      'prepared for many',
      'last',
      'close 1000',
    ]);
  });
});

describe('binary data that waits to be compressed', () => {
  it('is what it was when it was sent, whatever becomes of its memory', async () => {
    const { stream, framed } = open();
    const receiver = new Receiver();
    for (const length of [100_000, 50]) {
      const bytes = Buffer.from(new ArrayBuffer(length)).fill('a');
      framed.sendBinary(bytes);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    }
    await until(stream, receiver, 2);
    assert.deepEqual(receiver.messages, ['aaaaa of 100000', 'a'.repeat(50)]);
  });
});

describe('a Blob that is compressed in the thread pool', () => {
  it('lets no later message pass, nor the Close', async () => {
    const { stream, framed } = open();
    const receiver = new Receiver();
    const blob = (name: string): Blob => new Blob([name, 'a tide comes and goes '.repeat(10_000)]);
    framed.sendBlob(blob('one  '));
    framed.sendText('second');
    framed.sendBlob(blob('two  '));
    framed.sendBlob(blob('three'));
    framed.sendText('last');
    framed.close(1000);
    await until(stream, receiver, 6);
    assert.deepEqual(receiver.messages, [
      'one   of 220005',
      'second',
      'two   of 220005',
      'three of 220005',
      'last',
      'close 1000',
    ]);
  });
});

describe('a message prepared for many', () => {
  it('is compressed once for all connections that agreed on the same parameters', () => {
    const message = prepare('the same words for everybody, the same words');
    const pool = new DeflatePool();
    const frameFor = (windowBits: number) =>
      message.compressed(pool.parameters({ windowBits, level: 1, memLevel: 8 }), pool);
    assert.equal(frameFor(15), frameFor(15));
    assert.notEqual(frameFor(15), frameFor(10));
    assert.equal(frameFor(15).bytes[0], 0xc1);
  });

  it('can be read between messages that keep a window', async () => {
    const { stream, framed } = open();
    const receiver = new Receiver();
    const words = 'the same words for everybody, the same words';
    framed.sendText(words);
    framed.sendPrepared(prepare(words));
    framed.sendText(words);
    await until(stream, receiver, 3);
    assert.deepEqual(receiver.messages, [words, words, words]);
  });
});
