import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { fc } from '../../fast-check.ts';
import { cutBy } from '../chunkings.ts';
import { buildFrame, type FrameShape, type MaskingKey } from '../frame-bytes.ts';
import { show } from '../hex.ts';
import { EndpointRecorder, showText } from './endpoint-recorder.ts';

/** A stretch of a legal stream, and what an endpoint must call for it. */
interface Step {
  readonly frames: readonly FrameShape[];
  readonly calls: readonly string[];
}

const byte = fc.integer({ min: 0, max: 255 });
const anyKey: fc.Arbitrary<MaskingKey> = fc.tuple(byte, byte, byte, byte);

const anyControl: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom(Opcode.Ping, Opcode.Pong), fc.uint8Array({ maxLength: 125 }))
  .map(([opcode, payload]) => ({
    frames: [{ opcode, payload }],
    calls:
      opcode === Opcode.Ping
        ? [`send Pong ${show(payload)}`, `Ping ${show(payload)}`]
        : [`Pong ${show(payload)}`],
  }));

const anyPayload = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 140 }) },
  { weight: 1, arbitrary: fc.nat(70_000).map((length) => new Uint8Array(length).fill(0xc3)) },
);

const anyMessage: fc.Arbitrary<Step> = fc
  .tuple(
    anyPayload,
    fc.array(fc.nat(200), { maxLength: 5 }),
    fc.array(fc.option(anyControl), { maxLength: 5 }),
  )
  .map(([data, cuts, between]) => {
    const isText = typeof data === 'string';
    const payload = isText ? Buffer.from(data) : data;
    const edges = [...cuts.map((cut) => Math.min(cut, payload.length)).sort((a, b) => a - b), payload.length];
    const frames: FrameShape[] = [];
    const calls: string[] = [];
    let from = 0;
    for (const [index, to] of edges.entries()) {
      const control = index === 0 ? undefined : between[index - 1];
      frames.push(...(control?.frames ?? []));
      calls.push(...(control?.calls ?? []));
      const first = isText ? Opcode.Text : Opcode.Binary;
      frames.push({
        opcode: index === 0 ? first : Opcode.Continuation,
        payload: payload.subarray(from, to),
        isFinal: index === edges.length - 1,
      });
      from = to;
    }
    calls.push(isText ? `text ${showText(data)}` : `binary ${show(payload)}`);
    return { frames, calls };
  });

const anyStream = fc.record({
  role: fc.constantFrom('client' as const, 'server' as const),
  steps: fc.array(fc.oneof(anyControl, anyMessage), { maxLength: 6 }),
  keys: fc.array(anyKey, { minLength: 1, maxLength: 5 }),
});

function bytesOf({ role, steps, keys }: typeof anyStream extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const frames = steps.flatMap((step) => step.frames);
  return Buffer.concat(
    frames.map((frame, index) =>
      buildFrame(role === 'server' ? { ...frame, maskingKey: keys[index % keys.length] } : frame),
    ),
  );
}

const anySizes = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 8 }),
  fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 4 }),
);

describe('endpoint, for any stream', () => {
  it('that is legal, in any chunks, calls what was sent (5.4)', () => {
    fc.assert(
      fc.property(anyStream, anySizes, (stream, sizes) => {
        const recorder = new EndpointRecorder({ role: stream.role });
        recorder.receiveAll(cutBy(bytesOf(stream), sizes));
        assert.deepEqual(
          recorder.calls,
          stream.steps.flatMap((step) => step.calls),
        );
        assert.equal(recorder.endpoint.unfinishedBytes, 0);
      }),
      { numRuns: 300 },
    );
  });

  it('that is paused after each message, calls the same', () => {
    fc.assert(
      fc.property(anyStream, anySizes, (stream, sizes) => {
        const recorder = new EndpointRecorder({
          role: stream.role,
          onMessage: (endpoint) => endpoint.pause(),
        });
        for (const chunk of cutBy(bytesOf(stream), sizes)) {
          let at = recorder.endpoint.receive(chunk);
          for (let turn = 0; at < chunk.length; turn += 1) {
            assert.ok(turn <= chunk.length, 'each turn consumes something');
            recorder.endpoint.resume();
            at = recorder.endpoint.receive(chunk, at);
          }
          recorder.endpoint.resume();
        }
        assert.deepEqual(
          recorder.calls,
          stream.steps.flatMap((step) => step.calls),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('that is damaged, throws nothing, and calls nothing after an error or a Close', () => {
    const damage = fc.array(fc.tuple(fc.nat(), byte), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyStream, damage, anySizes, (stream, changes, sizes) => {
        const bytes = bytesOf(stream);
        for (const [place, value] of changes) if (bytes.length > 0) bytes[place % bytes.length] = value;
        const limits = { maxMessageBytes: 100_000 };
        const recorder = new EndpointRecorder({ role: stream.role, limits });
        recorder.receiveAll(cutBy(bytes, sizes));
        const last = recorder.calls.findIndex(
          (call) => call.startsWith('error') || call.startsWith('closed'),
        );
        if (last !== -1) {
          assert.equal(last, recorder.calls.length - 1, recorder.calls.join('\n'));
          assert.equal(recorder.endpoint.isCloseSent, true);
          assert.match(recorder.calls[last - 1] as string, /^send Close/);
        }
        assert.ok(recorder.endpoint.unfinishedBytes <= 100_000);
      }),
      { numRuns: 500 },
    );
  });

  it('of any bytes at all, answers the same in any chunks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('client' as const, 'server' as const),
        fc.uint8Array({ maxLength: 200 }),
        anySizes,
        (role, bytes, sizes) => {
          const whole = new EndpointRecorder({ role }).receiveAll([new Uint8Array(bytes)]);
          const cut = new EndpointRecorder({ role }).receiveAll(cutBy(bytes, sizes));
          assert.deepEqual(cut.calls, whole.calls);
        },
      ),
      { numRuns: 500 },
    );
  });
});
