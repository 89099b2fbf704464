import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maskingKeyFrom } from '../../../src/protocol/bytes/masking.ts';
import {
  FIN,
  headerBytes,
  RSV1,
  serializeFrame,
  writeHeader,
} from '../../../src/protocol/frame/frame-serializer.ts';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { fc } from '../../fast-check.ts';
import { buildFrame, exampleKey, type MaskingKey } from '../frame-bytes.ts';
import { hex, show } from '../hex.ts';
import { FrameRecorder } from './frame-recorder.ts';

describe('a serialised header', () => {
  const rows: [length: number, header: string][] = [
    [0, '82 00'],
    [1, '82 01'],
    [125, '82 7d'],
    [126, '82 7e 00 7e'],
    [256, '82 7e 01 00'],
    [65_535, '82 7e ff ff'],
    [65_536, '82 7f 00 00 00 00 00 01 00 00'],
    [2 ** 31 - 1, '82 7f 00 00 00 00 7f ff ff ff'],
    [2 ** 31, '82 7f 00 00 00 00 80 00 00 00'],
    [2 ** 32 - 1, '82 7f 00 00 00 00 ff ff ff ff'],
    [2 ** 32, '82 7f 00 00 00 01 00 00 00 00'],
    [2 ** 53 - 1, '82 7f 00 1f ff ff ff ff ff ff'],
  ];
  for (const [length, header] of rows) {
    it(`has ${length} in its shortest form, in network byte order (5.2)`, () => {
      const target = Buffer.alloc(16, 0xee);
      const end = writeHeader(target, 1, FIN | Opcode.Binary, length);
      assert.equal(end - 1, headerBytes(length, false));
      if (length < 2 ** 48) assert.equal(show(target.subarray(1, end)), header);
      assert.equal(target[0], 0xee);
      assert.equal(target[end], 0xee);
    });
  }
});

describe('a serialised frame', () => {
  const examples: [name: string, frame: Uint8Array, bytes: string][] = [
    [
      'a single-frame unmasked text message',
      serializeFrame(FIN | Opcode.Text, Buffer.from('Hello')),
      '81 05 48 65 6c 6c 6f',
    ],
    [
      'a single-frame masked text message',
      serializeFrame(FIN | Opcode.Text, Buffer.from('Hello'), maskingKeyFrom(...exampleKey)),
      '81 85 37 fa 21 3d 7f 9f 4d 51 58',
    ],
    [
      'the first half of a fragmented message',
      serializeFrame(Opcode.Text, Buffer.from('Hel')),
      '01 03 48 65 6c',
    ],
    ['the second half', serializeFrame(FIN | Opcode.Continuation, Buffer.from('lo')), '80 02 6c 6f'],
    ['an unmasked Ping', serializeFrame(FIN | Opcode.Ping, Buffer.from('Hello')), '89 05 48 65 6c 6c 6f'],
    [
      'a masked Pong',
      serializeFrame(FIN | Opcode.Pong, Buffer.from('Hello'), maskingKeyFrom(...exampleKey)),
      '8a 85 37 fa 21 3d 7f 9f 4d 51 58',
    ],
    [
      'a compressed frame',
      serializeFrame(FIN | RSV1 | Opcode.Text, Buffer.from('Hello')),
      'c1 05 48 65 6c 6c 6f',
    ],
  ];
  for (const [name, frame, bytes] of examples) {
    it(`is ${name} as section 5.7 prints it`, () => assert.equal(show(frame), show(hex(bytes))));
  }

  it('leaves the payload of the caller as it was (5.3)', () => {
    const payload = Buffer.from('Hello');
    serializeFrame(FIN | Opcode.Text, payload, 0x01020304);
    assert.equal(payload.toString(), 'Hello');
  });

  const byte = fc.integer({ min: 0, max: 255 });
  const anyFrame = fc.record({
    opcode: fc.constantFrom(Opcode.Text, Opcode.Binary),
    length: fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 127, 65_535, 65_536, 65_537)),
    fill: byte,
    maskingKey: fc.option(fc.tuple(byte, byte, byte, byte), { nil: undefined }),
  });

  it('equals one that is built byte by byte, and parses back to what it was', () => {
    fc.assert(
      fc.property(anyFrame, ({ opcode, length, fill, maskingKey }) => {
        const payload = Buffer.alloc(length, fill);
        const key = maskingKey === undefined ? undefined : maskingKeyFrom(...(maskingKey as MaskingKey));
        const frame = serializeFrame(FIN | opcode, payload, key);
        assert.ok(buildFrame({ opcode, payload, maskingKey }).equals(frame));

        const recorder = new FrameRecorder({ role: key === undefined ? 'client' : 'server' });
        recorder.parser.receive(frame);
        assert.deepEqual(recorder.calls, [`${opcode === Opcode.Text ? 'Text' : 'Binary'}: ${show(payload)}`]);
      }),
    );
  });
});
