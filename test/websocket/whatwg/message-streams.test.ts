// When the streams of a connection stop reading, and when a write is done.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FramedStream } from '../../../src/websocket/connection/framed-stream.ts';
import type { SendResult } from '../../../src/websocket/connection/message-sender.ts';
import { MessageStreams } from '../../../src/websocket/whatwg/message-streams.ts';
import { nextTurn } from './socket-log.ts';

/** As much of a framed stream as the streams use; it takes bytes from `bufferedAmount` only when a test says so. */
class StubFramed {
  bufferedAmount = 0;
  readonly calls: string[] = [];
  readonly maxQueuedBytes = 1024 * 1024;
  #isClosing = false;

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  hasRoomFor(bytes: number): boolean {
    return this.bufferedAmount + bytes <= this.maxQueuedBytes;
  }

  sendText(text: string): SendResult {
    return this.#send(text.length);
  }

  sendBinary(bytes: Uint8Array): SendResult {
    return this.#send(bytes.length);
  }

  requestWritten(): void {
    this.calls.push('requestWritten');
  }

  close(): void {
    this.calls.push('close');
    this.#isClosing = true;
  }

  #send(byteLength: number): SendResult {
    if (this.#isClosing) return 'closed';
    this.bufferedAmount += byteLength;
    this.calls.push(`send ${byteLength}`);
    return 'queued';
  }
}

function makeStreams(): { framed: StubFramed; streams: MessageStreams } {
  const framed = new StubFramed();
  const streams = new MessageStreams(framed as unknown as FramedStream, { protocol: '', extensions: '' });
  return { framed, streams };
}

describe('reading', () => {
  it('stops when 64 KiB wait, however empty the messages are, and goes on when they are read', async () => {
    const { framed, streams } = makeStreams();
    await nextTurn();
    framed.calls.length = 0;
    for (let received = 0; received < 1023; received += 1) streams.receiveMessage('');
    assert.ok(!framed.calls.includes('pause'));
    streams.receiveMessage('');
    assert.deepEqual(
      framed.calls.filter((call) => call === 'pause'),
      ['pause'],
    );

    const { readable } = await streams.opened;
    framed.calls.length = 0;
    await readable.getReader().read();
    await nextTurn();
    assert.deepEqual(framed.calls, ['resume']);
  });

  it('stops at once behind a message of more than 64 KiB', async () => {
    const { framed, streams } = makeStreams();
    await nextTurn();
    framed.calls.length = 0;
    streams.receiveMessage(Buffer.alloc(65_536));
    assert.deepEqual(framed.calls, ['pause']);
  });

  it('goes on, and drops what comes, once it is cancelled', async () => {
    const { framed, streams } = makeStreams();
    const { readable } = await streams.opened;
    streams.receiveMessage(Buffer.alloc(65_536));
    framed.calls.length = 0;
    await readable.cancel();
    assert.deepEqual(framed.calls, ['resume', 'close']);
    streams.receiveMessage(Buffer.alloc(65_536));
    assert.ok(!framed.calls.includes('pause'));
  });
});

describe('writing', () => {
  it('is done when no more than 64 KiB wait', async () => {
    const { framed, streams } = makeStreams();
    const { writable } = await streams.opened;
    const writer = writable.getWriter();
    await writer.write('x'.repeat(65_536));
    let isDone = false;
    const writing = writer.write('y').then(() => {
      isDone = true;
    });
    await nextTurn();
    assert.equal(framed.calls.at(-1), 'requestWritten');
    framed.bufferedAmount = 65_537;
    streams.receiveWritten();
    await nextTurn();
    assert.equal(isDone, false);
    framed.bufferedAmount = 65_536;
    streams.receiveWritten();
    await writing;
  });

  it('waits for an empty queue before a message that would not find room', async () => {
    const { framed, streams } = makeStreams();
    const { writable } = await streams.opened;
    const writer = writable.getWriter();
    await writer.write('x');
    const writing = writer.write(new Uint8Array(framed.maxQueuedBytes));
    await nextTurn();
    assert.ok(!framed.calls.includes(`send ${framed.maxQueuedBytes}`));
    framed.bufferedAmount = 0;
    streams.receiveWritten();
    await nextTurn();
    assert.ok(framed.calls.includes(`send ${framed.maxQueuedBytes}`));
    framed.bufferedAmount = 0;
    streams.receiveWritten();
    await writing;
  });

  it('fails once the connection is closing', async () => {
    const { streams } = makeStreams();
    const { writable } = await streams.opened;
    streams.close();
    await assert.rejects(writable.getWriter().write('late'), { name: 'InvalidStateError' });
  });
});
