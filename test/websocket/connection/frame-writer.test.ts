import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameWriter } from '../../../src/websocket/connection/frame-writer.ts';
import { PreparedMessage } from '../../../src/websocket/connection/prepared-message.ts';
import { fc } from '../../fast-check.ts';
import { EndpointRecorder, showText } from '../../protocol/connection/endpoint-recorder.ts';
import { show } from '../../protocol/hex.ts';
import { MemoryStream } from '../memory-stream.ts';

type Sent = {
  readonly kind: 'text' | 'bytes' | 'large' | 'shared';
  readonly size: number;
  readonly seed: number;
};
type Action = Sent | { readonly kind: 'flush' | 'stall' | 'drain' };

const anyAction: fc.Arbitrary<Action & { readonly writer: number }> = fc
  .tuple(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constantFrom('text' as const, 'bytes' as const, 'shared' as const),
          size: fc.oneof(fc.nat(200), fc.nat(3000), fc.nat(20_000)),
          seed: fc.nat(25),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('large' as const), size: fc.nat(90_000), seed: fc.nat(25) }),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          { kind: 'flush' as const },
          { kind: 'stall' as const },
          { kind: 'drain' as const },
        ),
      },
    ),
    fc.nat(2),
  )
  .map(([action, writer]) => ({ ...action, writer }));

describe('frame writers that share a block', () => {
  for (const role of ['server', 'client'] as const) {
    it(`write what each was given, in order, as a ${role}, whatever stalls and whatever is flushed when`, () => {
      fc.assert(
        fc.property(fc.array(anyAction, { maxLength: 60 }), (actions) => {
          const streams = [new MemoryStream(), new MemoryStream(), new MemoryStream()];
          const writers = streams.map((stream) => new FrameWriter(stream, role));
          const expected: string[][] = [[], [], []];
          const prepared = new Map<string, PreparedMessage>();
          for (const action of actions) {
            const stream = streams[action.writer] as MemoryStream;
            const writer = writers[action.writer] as FrameWriter;
            if (action.kind === 'flush') writer.flush();
            else if (action.kind === 'stall') stream.isStalled = true;
            else if (action.kind === 'drain') stream.drain();
            else if ('size' in action) expected[action.writer]?.push(write(writer, action, prepared, role));
          }
          for (const [index, stream] of streams.entries()) {
            writers[index]?.flush();
            stream.drain();
            assert.equal(writers[index]?.bufferedAmount, 0);
            // The other end reads it.
            const recorder = new EndpointRecorder({ role: role === 'server' ? 'client' : 'server' });
            recorder.receiveAll([stream.read()]);
            assert.deepEqual(recorder.calls, expected[index]);
          }
        }),
        { numRuns: 150 },
      );
    });
  }
});

/** Writes a message, and gives the call with which it must arrive. */
function write(
  writer: FrameWriter,
  { kind, size, seed }: Sent,
  prepared: Map<string, PreparedMessage>,
  role: 'server' | 'client',
): string {
  const letter = String.fromCharCode(97 + seed);
  if (kind === 'text') {
    const text = (seed % 3 === 0 ? '€' : letter).repeat(size);
    writer.writeText(text);
    return `text ${showText(text)}`;
  }
  if (kind === 'shared' && role === 'server') {
    const key = `${size} ${seed}`;
    const message = prepared.get(key) ?? new PreparedMessage(letter.repeat(size));
    prepared.set(key, message);
    writer.writeShared(message.frame);
    return `text ${showText(letter.repeat(size))}`;
  }
  const payload = Buffer.alloc(size, seed);
  writer.writeBytes(0x82, payload);
  assert.ok(
    payload.every((byte) => byte === seed),
    "the caller's memory was altered",
  );
  return `binary ${show(payload)}`;
}

describe('a frame writer', () => {
  it('masks each frame of a client with a key of its own (5.3)', () => {
    const stream = new MemoryStream();
    const writer = new FrameWriter(stream, 'client');
    const keys = new Set<string>();
    for (let count = 0; count < 5000; count += 1) {
      writer.writeBytes(0x82, Buffer.alloc(0));
      writer.flush();
      const frame = stream.read();
      assert.equal(frame[1], 0x80);
      keys.add(frame.subarray(2).toString('hex'));
    }
    assert.ok(keys.size > 4990, `${keys.size} different keys`);
  });

  it('counts what is gathered and what the stream holds', () => {
    const stream = new MemoryStream();
    const writer = new FrameWriter(stream, 'server');
    writer.writeText('hello');
    assert.equal(writer.bufferedAmount, 7);
    stream.isStalled = true;
    writer.flush();
    assert.equal(writer.bufferedAmount, 7);
    writer.writeBytes(0x82, Buffer.alloc(20_000));
    assert.equal(writer.bufferedAmount, 7 + 20_004);
    writer.discard();
    assert.equal(writer.bufferedAmount, 7);
  });

  it('asks the stream to report only when that is wanted', () => {
    const stream = new MemoryStream();
    let reports = 0;
    stream.handler = {
      receiveBytes() {},
      receiveEnd() {},
      receiveClosed() {},
      receiveWritten: () => (reports += 1),
    };
    const writer = new FrameWriter(stream, 'server');
    stream.isStalled = true;
    writer.writeText('a');
    writer.flush();
    stream.drain();
    assert.equal(reports, 0);
    stream.isStalled = true;
    writer.wantsWritten = true;
    writer.writeText('b');
    writer.flush();
    stream.drain();
    assert.equal(reports, 1);
  });
});
