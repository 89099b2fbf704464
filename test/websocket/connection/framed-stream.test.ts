import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveConnectionOptions } from '../../../src/websocket/connection/connection-options.ts';
import { FramedStream, type FramedStreamHandler } from '../../../src/websocket/connection/framed-stream.ts';
import { PauseReason } from '../../../src/websocket/connection/pause-reason.ts';
import { prepare } from '../../../src/websocket/connection/prepared-message.ts';
import type { ConnectionOptions } from '../../../src/websocket/index.ts';
import { buildFrame, exampleKey } from '../../protocol/frame-bytes.ts';
import { hex, show } from '../../protocol/hex.ts';
import { MemoryStream } from '../memory-stream.ts';

class Recorder implements FramedStreamHandler {
  readonly calls: string[] = [];
  onMessage: (() => void) | undefined;

  receiveMessage(data: string | Buffer): void {
    this.calls.push(`message ${typeof data === 'string' ? JSON.stringify(data) : show(data)}`);
    this.onMessage?.();
  }
  receivePing(payload: Buffer): void {
    this.calls.push(`ping ${show(payload)}`);
  }
  receivePong(payload: Buffer): void {
    this.calls.push(`pong ${show(payload)}`);
  }
  receiveWritten(): void {}
  receiveDrain(): void {
    this.calls.push('drain');
  }
  receiveClosing(): void {
    this.calls.push('closing');
  }
  receiveError(error: Error & { code: string }): void {
    this.calls.push(`error ${error.code}`);
  }
  receiveClosed(code: number, reason: string, wasClean: boolean): void {
    this.calls.push(`closed ${code} ${JSON.stringify(reason)}${wasClean ? '' : ' unclean'}`);
  }
}

function openStream(options: ConnectionOptions = {}, role: 'client' | 'server' = 'server') {
  const stream = new MemoryStream();
  const handler = new Recorder();
  const settings = resolveConnectionOptions({ keepalive: { intervalMs: 0 }, ...options });
  const framed = new FramedStream(stream, handler, { role, settings });
  framed.start();
  return { stream, handler, framed };
}

const frameOf = (opcode: number, payload: string | Uint8Array = ''): Buffer =>
  buildFrame({ opcode, payload: Buffer.from(payload), maskingKey: exampleKey });
const text = (content: string): Buffer => frameOf(1, content);
const ping = (content: string): Buffer => frameOf(9, content);
const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('framed stream: what one chunk or one tick sends leaves in one write', () => {
  it('answers to the messages of one chunk', () => {
    const { stream, handler, framed } = openStream();
    handler.onMessage = () => framed.sendText('ok');
    stream.receive(Buffer.concat([text('a'), text('b'), text('c')]));
    assert.equal(stream.writeCount, 1);
    assert.equal(show(stream.read()), show(hex('81 02 6f 6b 81 02 6f 6b 81 02 6f 6b')));
  });

  it('messages of one tick', async () => {
    const { stream, framed } = openStream();
    framed.sendText('a');
    framed.sendBinary(hex('01'));
    framed.sendPrepared(prepare('b'));
    assert.equal(stream.writeCount, 0);
    assert.equal(framed.bufferedAmount, 9);
    await microtasks();
    assert.equal(stream.writeCount, 1);
    assert.equal(show(stream.read()), show(hex('81 01 61 82 01 01 81 01 62')));
    assert.equal(framed.bufferedAmount, 0);
  });

  it('but never more than a little over 64 KiB without a write', () => {
    const { stream, framed } = openStream();
    for (let count = 0; count < 100; count += 1) framed.sendText('x'.repeat(1000));
    assert.ok(stream.writeCount >= 1);
    assert.ok(framed.bufferedAmount < 66_000);
  });
});

describe('framed stream: a peer that does not read', () => {
  it('gets one Pong for a flood of Pings, the newest, and nothing piles up (5.5.3)', async () => {
    const { stream, handler, framed } = openStream();
    stream.isStalled = true;
    framed.sendText('stalls');
    await microtasks();
    const before = framed.bufferedAmount;
    for (let count = 0; count < 2_000; count += 1) stream.receive(ping(String(count)));
    // A flood is read in several turns.
    while (handler.calls.length < 2_000) await microtasks();
    assert.equal(framed.bufferedAmount, before);
    stream.drain();
    await microtasks();
    assert.equal(show(stream.read()), show(hex('81 06 73 74 61 6c 6c 73 8a 04 31 39 39 39')));
  });

  it('gets the Pong that waited with the bytes that its Ping had, whatever came since', async () => {
    const { stream, framed } = openStream();
    stream.reusesMemory = true;
    stream.isStalled = true;
    framed.sendText('a');
    await microtasks();
    stream.receive(ping('abc'));
    stream.drain();
    await microtasks();
    assert.equal(show(stream.read()), show(hex('81 01 61 8a 03 61 62 63')));
  });

  it('is sent no Blob that does not fit any more', async () => {
    const { stream, framed } = openStream({ limits: { maxQueuedBytes: 100 }, whenQueueFull: 'refuse' });
    stream.isStalled = true;
    framed.sendText('x'.repeat(90));
    await microtasks();
    assert.equal(framed.sendBlob(new Blob(['x'.repeat(50)])), 'refused');
    assert.equal(framed.sendText('short'), 'queued');
  });

  it('is sent up to the cap; then the connection is closed with 1013', async () => {
    const { stream, handler, framed } = openStream({ limits: { maxQueuedBytes: 100 } });
    stream.isStalled = true;
    assert.equal(framed.sendText('x'.repeat(50)), 'sent');
    await microtasks();
    assert.equal(framed.sendText('x'.repeat(40)), 'queued');
    await microtasks();
    assert.equal(framed.bufferedAmount, 94);
    assert.equal(framed.sendText('x'.repeat(10)), 'refused');
    assert.deepEqual(handler.calls, ['closing', 'error QUEUE_FULL']);
    assert.equal(framed.sendText('late'), 'closed');
    assert.equal(framed.isOpen, false);
    stream.drain();
    await microtasks();
    assert.ok(stream.read().subarray(94).includes(hex('88')));
  });

  it("is sent up to the cap; with 'refuse' only the sender learns of it", async () => {
    const { stream, handler, framed } = openStream({
      limits: { maxQueuedBytes: 100 },
      whenQueueFull: 'refuse',
    });
    stream.isStalled = true;
    framed.sendText('x'.repeat(90));
    await microtasks();
    assert.equal(framed.sendText('x'.repeat(20)), 'refused');
    assert.equal(framed.sendBinary(Buffer.alloc(20)), 'refused');
    assert.equal(framed.sendPrepared(prepare('x'.repeat(20))), 'refused');
    assert.equal(framed.sendPingOrPong(9, Buffer.alloc(20)), 'refused');
    assert.equal(framed.sendText('x'), 'queued');
    assert.deepEqual(handler.calls, []);
    stream.drain();
    await microtasks();
    assert.deepEqual(handler.calls, ['drain']);
    assert.equal(framed.sendText('x'.repeat(2000)), 'sent');
  });

  it('may be sent one message of any size when nothing waits', async () => {
    const { stream, framed } = openStream({ limits: { maxQueuedBytes: 10 } });
    stream.isStalled = true;
    assert.equal(framed.sendBinary(Buffer.alloc(100_000)), 'sent');
    assert.equal(framed.bufferedAmount, 100_010);
  });

  it('does not see its memory used again before it has read it', async () => {
    const slow = openStream();
    slow.stream.isStalled = true;
    const quick = openStream();
    const expected: string[] = [];
    for (let round = 0; round < 300; round += 1) {
      slow.framed.sendText(`slow ${round}`);
      expected.push(`slow ${round}`);
      await microtasks();
      quick.framed.sendText(`QUICK ${round}`.repeat(200));
      await microtasks();
    }
    slow.stream.drain();
    const bytes = slow.stream.read();
    assert.deepEqual(
      bytes,
      Buffer.concat(expected.map((content) => buildFrame({ opcode: 1, payload: Buffer.from(content) }))),
    );
  });

  it("hears 'drain' once, when all has left", async () => {
    const { stream, handler, framed } = openStream();
    stream.isStalled = true;
    framed.sendText('a');
    await microtasks();
    for (let count = 0; count < 5; count += 1) {
      assert.equal(framed.sendText('b'), 'queued');
      await microtasks();
    }
    assert.deepEqual(handler.calls, []);
    stream.drain();
    assert.deepEqual(handler.calls, ['drain']);
  });

  it("hears 'drain' after a ping that answered 'queued'", async () => {
    const { stream, handler, framed } = openStream();
    stream.isStalled = true;
    framed.sendText('a');
    await microtasks();
    assert.equal(framed.sendPingOrPong(9, hex('')), 'queued');
    await microtasks();
    stream.drain();
    await microtasks();
    assert.deepEqual(handler.calls, ['drain']);
  });
});

describe('framed stream: what is not ready yet keeps its place', () => {
  it('a Blob, what is sent behind it, and the Close', async () => {
    const { stream, handler, framed } = openStream();
    assert.equal(framed.sendText('1'), 'sent');
    assert.equal(framed.sendBlob(new Blob(['2'])), 'queued');
    assert.equal(framed.sendText('3'), 'queued');
    assert.equal(framed.sendBlob(new Blob(['4'])), 'queued');
    assert.equal(framed.sendBinary(Buffer.from('5')), 'queued');
    assert.equal(framed.sendPrepared(prepare('6')), 'queued');
    framed.close(1000);
    while (framed.isOpen) await microtasks();
    await microtasks();
    const payloads = hex('81 01 31 82 01 32 81 01 33 82 01 34 82 01 35 81 01 36 88 02 03 e8');
    assert.equal(show(stream.read()), show(payloads));
    assert.ok(handler.calls.includes('closing'));
  });

  it("a Blob that answered 'queued' is followed by 'drain'", async () => {
    const { handler, framed } = openStream();
    framed.sendBlob(new Blob(['x']));
    while (handler.calls.length === 0) await microtasks();
    assert.deepEqual(handler.calls, ['drain']);
  });

  it('Pings may overtake a Blob', async () => {
    const { stream, framed } = openStream();
    framed.sendBlob(new Blob(['x']));
    framed.sendPingOrPong(9, hex(''));
    while (framed.bufferedAmount > 0) await microtasks();
    assert.equal(show(stream.read()), '89 00 82 01 78');
  });

  it('a Blob that is queued counts against the cap', () => {
    const { framed } = openStream({ limits: { maxQueuedBytes: 100 }, whenQueueFull: 'refuse' });
    assert.equal(framed.sendBlob(new Blob(['x'.repeat(90)])), 'queued');
    assert.equal(framed.bufferedAmount, 90);
    assert.equal(framed.sendText('x'.repeat(20)), 'refused');
  });

  it('what was queued behind a Blob is never refused afterwards', async () => {
    const { stream, framed, handler } = openStream({
      limits: { maxQueuedBytes: 1000 },
      whenQueueFull: 'refuse',
    });
    framed.sendBlob(new Blob(['x'.repeat(10)]));
    stream.isStalled = true;
    let queued = 0;
    while (framed.sendText('€'.repeat(30)) === 'queued') queued += 1;
    assert.ok(queued > 5);
    while (stream.bufferedAmount === 0) await microtasks();
    stream.drain();
    await microtasks();
    assert.deepEqual(handler.calls, ['drain']);
    const bytes = stream.read();
    let frames = 0;
    for (let at = 0; at < bytes.length; at += 2 + (bytes[at + 1] as number))
      if (bytes[at] === 0x81) frames += 1;
    assert.equal(frames, queued);
  });

  it('a connection that is gone meanwhile forgets it', async () => {
    const { stream, handler, framed } = openStream();
    framed.sendBlob(new Blob(['x']));
    framed.sendText('y');
    stream.close();
    await microtasks();
    await microtasks();
    assert.equal(stream.read().length, 0);
    assert.equal(framed.bufferedAmount, 0);
    assert.deepEqual(handler.calls, ['closed 1006 "" unclean']);
  });
});

describe('framed stream: memory that is used again for what arrives next', () => {
  const frame = (opcode: number, payload: string, more: { isFinal?: boolean } = {}): Buffer =>
    buildFrame({ opcode, payload: Buffer.from(payload), maskingKey: exampleKey, ...more });

  class Keeper extends Recorder {
    readonly kept: Buffer[] = [];
    override receiveMessage(data: string | Buffer): void {
      super.receiveMessage(data);
      if (typeof data !== 'string') this.kept.push(data);
    }
    override receivePing(payload: Buffer): void {
      this.kept.push(payload);
    }
    override receivePong(payload: Buffer): void {
      this.kept.push(payload);
    }
    get texts(): string[] {
      return this.kept.map(String);
    }
  }

  function openReusing() {
    const stream = new MemoryStream();
    stream.reusesMemory = true;
    const handler = new Keeper();
    const settings = resolveConnectionOptions({ keepalive: { intervalMs: 0 } });
    const framed = new FramedStream(stream, handler, { role: 'server', settings });
    framed.start();
    return { stream, handler, framed };
  }

  it('does not show in binary messages, Pings and Pongs that are kept', () => {
    const { stream, handler } = openReusing();
    stream.receive(Buffer.concat([frame(2, 'one'), frame(9, 'two'), frame(10, 'three')]));
    stream.receive(frame(2, 'four'));
    assert.deepEqual(handler.texts, ['one', 'two', 'three', 'four']);
  });

  it('does not show in messages that come in pieces, short or long', () => {
    const { stream, handler } = openReusing();
    const long = 'x'.repeat(50_000);
    const bytes = Buffer.concat([
      frame(2, 'a', { isFinal: false }),
      frame(0, 'b'),
      frame(2, long),
      frame(2, long, { isFinal: false }),
      frame(0, long),
    ]);
    for (let at = 0; at < bytes.length; at += 9_999) stream.receive(bytes.subarray(at, at + 9_999));
    assert.deepEqual(handler.texts, ['ab', long, long + long]);
  });

  it('does not show in what arrives while reading is paused', async () => {
    const { stream, handler, framed } = openReusing();
    handler.onMessage = () => framed.pause(PauseReason.Application);
    stream.receive(Buffer.concat([frame(2, 'one'), frame(2, 'two')]));
    stream.receive(frame(2, 'three'));
    framed.resume(PauseReason.Application);
    await microtasks();
    stream.receive(frame(2, 'four'));
    for (let count = 0; count < 3; count += 1) {
      framed.resume(PauseReason.Application);
      await microtasks();
    }
    assert.deepEqual(handler.texts, ['one', 'two', 'three', 'four']);
  });

  it('does not show in what arrives when reading was paused before', async () => {
    const { stream, handler, framed } = openStream();
    stream.reusesMemory = true;
    framed.pause(PauseReason.Application);
    stream.receive(text('hello'));
    framed.resume(PauseReason.Application);
    await microtasks();
    assert.deepEqual(handler.calls, ['message "hello"']);
  });

  it('is told where the rest of a long message is kept, and what is put there is not copied', () => {
    const { stream, handler, framed } = openReusing();
    const long = Buffer.alloc(40_000, 'y');
    const bytes = frame(2, long.toString());
    assert.equal(framed.roomForMore(), undefined);
    stream.receive(bytes.subarray(0, 100));
    assert.equal(framed.roomForMore(), undefined, 'too little has come to hold memory for all');
    stream.receive(bytes.subarray(100, 30_000));
    const room = framed.roomForMore();
    assert.ok(room !== undefined);
    assert.equal(room.length, bytes.length - 30_000);
    room.set(bytes.subarray(30_000));
    stream.handler?.receiveBytes(room, true);
    assert.equal(framed.roomForMore(), undefined);
    assert.deepEqual(handler.kept, [long]);
    assert.equal(handler.kept[0]?.buffer, room.buffer);
  });

  it('is not told so while bytes before that rest wait to be parsed', async () => {
    const { stream, handler, framed } = openReusing();
    const long = Buffer.alloc(40_000, 'z');
    const bytes = frame(2, long.toString());
    stream.receive(bytes.subarray(0, 100));
    stream.receive(bytes.subarray(100, 30_000));
    framed.pause(PauseReason.Application);
    const room = framed.roomForMore();
    assert.ok(room !== undefined);
    room.set(bytes.subarray(30_000, 35_000));
    stream.handler?.receiveBytes(room.subarray(0, 5_000), true);
    assert.equal(framed.roomForMore(), undefined);
    framed.resume(PauseReason.Application);
    await microtasks();
    stream.receive(bytes.subarray(35_000));
    assert.deepEqual(handler.kept, [long]);
  });
});

describe('framed stream: pausing', () => {
  it('inside a chunk leaves the messages behind it, in order', async () => {
    const { stream, handler, framed } = openStream();
    handler.onMessage = () => framed.pause(PauseReason.Application);
    stream.receive(Buffer.concat([text('a'), text('b'), text('c')]));
    assert.deepEqual(handler.calls, ['message "a"']);
    assert.equal(stream.isPaused, true);
    framed.resume(PauseReason.Application);
    assert.deepEqual(handler.calls, ['message "a"'], 'not inside the call');
    await microtasks();
    assert.deepEqual(handler.calls, ['message "a"', 'message "b"']);
    assert.equal(stream.isPaused, true);
    handler.onMessage = undefined;
    framed.resume(PauseReason.Application);
    await microtasks();
    assert.deepEqual(handler.calls, ['message "a"', 'message "b"', 'message "c"']);
    assert.equal(stream.isPaused, false);
  });

  it('holds while any reason is left', async () => {
    const { stream, handler, framed } = openStream();
    framed.pause(PauseReason.Application);
    framed.pause(PauseReason.Handlers);
    stream.receive(text('a'));
    framed.resume(PauseReason.Handlers);
    await microtasks();
    assert.deepEqual(handler.calls, []);
    assert.equal(stream.isPaused, true);
    framed.resume(PauseReason.Application);
    await microtasks();
    assert.deepEqual(handler.calls, ['message "a"']);
  });

  it('before the start holds after it', async () => {
    const stream = new MemoryStream();
    const handler = new Recorder();
    const settings = resolveConnectionOptions({ keepalive: { intervalMs: 0 } });
    const framed = new FramedStream(stream, handler, { role: 'server', settings });
    framed.pause(PauseReason.Application);
    framed.start(text('a'));
    assert.equal(stream.isPaused, true);
    assert.deepEqual(handler.calls, []);
    framed.resume(PauseReason.Application);
    await microtasks();
    assert.deepEqual(handler.calls, ['message "a"']);
    assert.equal(stream.isPaused, false);
  });

  it('meets the end of the peer: what it sent before still counts', async () => {
    const { stream, handler, framed } = openStream();
    handler.onMessage = () => framed.pause(PauseReason.Application);
    stream.receive(Buffer.concat([text('a'), text('b')]));
    stream.handler?.receiveEnd();
    assert.equal(stream.isEnded, false);
    handler.onMessage = undefined;
    framed.resume(PauseReason.Application);
    await microtasks();
    assert.deepEqual(handler.calls, ['message "a"', 'message "b"']);
    assert.equal(stream.isEnded, true);
  });
});

describe('framed stream: the end', () => {
  it('answers a Close and ends its side; the code and the reason are told when it is gone', () => {
    const { stream, handler } = openStream();
    stream.receive(frameOf(8, Buffer.concat([hex('0f a0'), Buffer.from('bye')])));
    assert.equal(show(stream.read()), '88 02 0f a0');
    assert.equal(stream.isEnded, true);
    assert.deepEqual(handler.calls, ['closing']);
    stream.close();
    assert.deepEqual(handler.calls, ['closing', 'closed 4000 "bye"']);
  });

  it('cuts a peer that does not answer a Close when the deadline comes', () => {
    const { stream, handler, framed } = openStream();
    framed.close(1000);
    assert.notEqual(framed.wheelTick, 0);
    framed.receiveDeadline();
    assert.equal(stream.isDestroyed, true);
    stream.close();
    assert.deepEqual(handler.calls, ['closing', 'closed 1006 "" unclean']);
  });

  it('keeps the deadline of a Close that was sent before the start', () => {
    const stream = new MemoryStream();
    const settings = resolveConnectionOptions({ keepalive: { intervalMs: 1_000_000 }, closeTimeoutMs: 1 });
    const framed = new FramedStream(stream, new Recorder(), { role: 'server', settings });
    framed.close(1000);
    const deadline = framed.wheelTick;
    framed.start();
    assert.equal(framed.wheelTick, deadline);
    stream.close();
  });

  it('cuts a peer that goes on sending after the closing handshake, and hears nothing of it', () => {
    const { stream, handler, framed } = openStream();
    stream.receive(frameOf(8, hex('03 e8')));
    for (let count = 0; count < 100; count += 1) stream.receive(text('more'));
    assert.equal(stream.isPaused, false, 'it is read, and forgotten');
    framed.receiveDeadline();
    assert.equal(stream.isDestroyed, true);
    assert.deepEqual(handler.calls, ['closing']);
  });

  it('tells of an error of the peer, sends its code, ends, and has a deadline', () => {
    const { stream, handler, framed } = openStream();
    stream.receive(hex('81 05 48'));
    assert.equal(show(stream.read()), '88 02 03 ea');
    assert.deepEqual(handler.calls, ['closing', 'error UNMASKED_FRAME']);
    assert.equal(stream.isEnded, true);
    assert.notEqual(framed.wheelTick, 0);
    stream.close();
    assert.equal(handler.calls.at(-1), 'closed 1006 "" unclean');
    assert.equal(framed.wheelTick, 0, 'it has left the wheel');
  });

  it('ends when the peer ends without a Close, after what it has to send', async () => {
    const { stream, handler, framed } = openStream();
    framed.sendText('last');
    stream.handler?.receiveEnd();
    assert.equal(stream.read().subarray(2).toString(), 'last');
    assert.equal(stream.isEnded, true);
    stream.close();
    assert.deepEqual(handler.calls, ['closed 1006 "" unclean']);
  });

  it('is quiet after terminate', async () => {
    const { stream, handler, framed } = openStream();
    handler.onMessage = () => framed.terminate();
    stream.receive(Buffer.concat([text('a'), text('b'), ping('c')]));
    assert.equal(stream.isDestroyed, true);
    assert.equal(framed.sendText('x'), 'closed');
    assert.equal(framed.sendPingOrPong(9, hex('')), 'closed');
    stream.close();
    assert.deepEqual(handler.calls, ['message "a"', 'closed 1006 "" unclean']);
  });
});

describe('framed stream: keepalive', () => {
  const options = { keepalive: { intervalMs: 1000, maxMisses: 2 } };

  it('pings a silent peer, and cuts it after its misses', async () => {
    const { stream, handler, framed } = openStream(options);
    framed.receiveDeadline();
    await microtasks();
    assert.equal(stream.read().length, 0, 'the opening handshake was a sign of life');
    framed.receiveDeadline();
    await microtasks();
    assert.equal(show(stream.read()), '89 00');
    framed.receiveDeadline();
    await microtasks();
    assert.equal(show(stream.read()), '89 00');
    assert.equal(stream.isDestroyed, false);
    framed.receiveDeadline();
    assert.equal(stream.isDestroyed, true);
    assert.deepEqual(handler.calls, ['error KEEPALIVE_TIMEOUT']);
    stream.close();
  });

  it('takes any byte for a sign of life', async () => {
    const { stream, framed } = openStream(options);
    for (let round = 0; round < 10; round += 1) {
      framed.receiveDeadline();
      framed.receiveDeadline();
      framed.receiveDeadline();
      stream.receive(hex('81'.slice(0, round === 0 ? 2 : 0)));
    }
    assert.equal(stream.isDestroyed, false);
    stream.close();
  });

  it('spares a peer that we do not read', () => {
    const { stream, framed } = openStream(options);
    framed.pause(PauseReason.Application);
    for (let round = 0; round < 10; round += 1) framed.receiveDeadline();
    assert.equal(stream.isDestroyed, false);
    stream.close();
  });

  it('is off at 0', () => {
    const { framed } = openStream({ keepalive: { intervalMs: 0 } });
    assert.equal(framed.wheelTick, 0);
  });
});
