import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { chunkings } from '../chunkings.ts';
import { buildFrame, exampleKey } from '../frame-bytes.ts';
import { hex, show } from '../hex.ts';
import { FrameRecorder, indexOfError, type RecorderOptions } from './frame-recorder.ts';

interface Row extends RecorderOptions {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly calls: readonly string[];
}

interface ErrorRow extends RecorderOptions {
  readonly name: string;
  readonly bytes: string;
  readonly code: string;
  /** The index of the first byte that can tell; the last one given, unless it says otherwise. */
  readonly at?: number;
}

const bytesOf = (bytes: string | Buffer): Buffer => (typeof bytes === 'string' ? hex(bytes) : bytes);

function accepts(rows: readonly Row[]): void {
  for (const { name, bytes, calls, ...options } of rows) {
    it(name, () => {
      for (const chunks of chunkings(bytesOf(bytes))) {
        assert.deepEqual(new FrameRecorder(options).receiveAll(chunks).calls, calls);
      }
    });
  }
}

function refuses(rows: readonly ErrorRow[]): void {
  for (const { name, bytes, code, at, ...options } of rows) {
    it(name, () => {
      const stream = hex(bytes);
      assert.equal(indexOfError(stream, options), at ?? stream.length - 1);
      // Whatever follows the error, and in whatever chunks, nothing more is called.
      const followed = Buffer.concat([stream, hex('81 05 48 65 6c 6c 6f 81 85 37 fa 21 3d 7f 9f 4d 51 58')]);
      for (const chunks of chunkings(followed)) {
        const recorder = new FrameRecorder(options).receiveAll(chunks);
        assert.equal(recorder.calls.filter((call) => call.startsWith('error')).length, 1);
        assert.equal(recorder.calls.at(-1), `error ${code}`);
      }
    });
  }
}

const mask = '37 fa 21 3d';

describe('frames: the first byte', () => {
  accepts([
    { name: 'FIN alone ends a message of one frame (5.2)', bytes: '81 01 41', calls: ['Text: 41'] },
    { name: 'no FIN begins a fragmented message (5.2)', bytes: '01 01 41', calls: ['Text unfinished: 41'] },
    { name: 'opcode 2 is binary (5.2)', bytes: '82 01 ff', calls: ['Binary: ff'] },
    { name: 'opcode 8 is Close (5.2)', bytes: '88 00', calls: ['Close: nothing'] },
    { name: 'opcode 9 is Ping (5.2)', bytes: '89 00', calls: ['Ping: nothing'] },
    { name: 'opcode A is Pong (5.2)', bytes: '8a 00', calls: ['Pong: nothing'] },
    {
      name: 'RSV1 is legal on the first frame when an extension defines it (5.2; RFC 7692, section 6)',
      bytes: 'c1 01 41',
      allowRsv1: true,
      calls: ['Text compressed: 41'],
    },
    {
      name: 'RSV1 stands for its whole message and not for the next one (RFC 7692, section 6)',
      bytes: '42 01 41 80 01 42 82 01 43',
      allowRsv1: true,
      calls: ['Binary unfinished compressed: 41', 'Continuation compressed: 42', 'Binary: 43'],
    },
  ]);

  refuses([
    { name: 'RSV1 without an extension fails (5.2)', bytes: 'c1', code: 'RESERVED_BIT' },
    { name: 'RSV2 fails (5.2)', bytes: 'a1', code: 'RESERVED_BIT' },
    { name: 'RSV3 fails (5.2)', bytes: '91', code: 'RESERVED_BIT' },
    { name: 'all reserved bits fail (5.2)', bytes: 'f1', code: 'RESERVED_BIT' },
    { name: 'RSV2 fails although RSV1 is agreed (5.2)', bytes: 'a1', allowRsv1: true, code: 'RESERVED_BIT' },
    { name: 'RSV3 beside an agreed RSV1 fails (5.2)', bytes: 'd1', allowRsv1: true, code: 'RESERVED_BIT' },
    { name: 'a reserved bit on a Ping fails (5.2)', bytes: 'c9', code: 'RESERVED_BIT' },
    { name: 'a reserved bit on a Close fails (5.2)', bytes: '98', code: 'RESERVED_BIT' },
    {
      name: 'RSV1 on a control frame fails though it is agreed (RFC 7692, section 6)',
      bytes: 'c9',
      allowRsv1: true,
      code: 'RESERVED_BIT',
    },
    {
      name: 'RSV1 on a continuation fails though it is agreed (RFC 7692, section 6)',
      bytes: '41 01 41 c0',
      allowRsv1: true,
      code: 'RESERVED_BIT',
    },
    {
      name: 'a continuation of nothing fails (5.4)',
      bytes: '80',
      code: 'UNEXPECTED_CONTINUATION',
    },
    {
      name: 'an unfinished continuation of nothing fails (5.4)',
      bytes: '00',
      code: 'UNEXPECTED_CONTINUATION',
    },
    {
      name: 'a continuation after a finished message fails (5.4)',
      bytes: '81 00 80',
      code: 'UNEXPECTED_CONTINUATION',
    },
    {
      name: 'a continuation after a fragmented message has ended fails (5.4)',
      bytes: '01 00 80 00 80',
      code: 'UNEXPECTED_CONTINUATION',
    },
    {
      name: 'a text frame inside a text message fails (5.4)',
      bytes: '01 01 41 81',
      code: 'EXPECTED_CONTINUATION',
    },
    {
      name: 'a binary frame inside a text message fails (5.4)',
      bytes: '01 01 41 02',
      code: 'EXPECTED_CONTINUATION',
    },
    {
      name: 'a new message behind a control frame inside another fails (5.4)',
      bytes: '02 00 89 00 82',
      code: 'EXPECTED_CONTINUATION',
    },
    { name: 'an unfinished Ping fails (5.5)', bytes: '09', code: 'FRAGMENTED_CONTROL' },
    { name: 'an unfinished Pong fails (5.5)', bytes: '0a', code: 'FRAGMENTED_CONTROL' },
    { name: 'an unfinished Close fails (5.5)', bytes: '08', code: 'FRAGMENTED_CONTROL' },
  ]);

  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    refuses([
      {
        name: `the reserved opcode ${opcode} fails (5.2)`,
        bytes: `8${opcode.toString(16)}`,
        code: 'RESERVED_OPCODE',
      },
      {
        name: `the reserved opcode ${opcode} fails without FIN too (5.2)`,
        bytes: `0${opcode.toString(16)}`,
        code: 'RESERVED_OPCODE',
      },
      {
        name: `the reserved opcode ${opcode} fails to a server too (5.2)`,
        bytes: `8${opcode.toString(16)}`,
        role: 'server',
        code: 'RESERVED_OPCODE',
      },
    ]);
  }
});

describe('frames: the mask', () => {
  accepts([
    {
      name: 'server unmasks what a client sends (5.1, 6.2)',
      role: 'server',
      bytes: `81 85 ${mask} 7f 9f 4d 51 58`,
      calls: [`Text: ${show(Buffer.from('Hello'))}`],
    },
    {
      name: 'server accepts a key of zeros (5.3)',
      role: 'server',
      bytes: '81 85 00 00 00 00 48 65 6c 6c 6f',
      calls: [`Text: ${show(Buffer.from('Hello'))}`],
    },
    {
      name: 'server accepts an empty masked frame (5.2)',
      role: 'server',
      bytes: `81 80 ${mask} 82 80 ${mask}`,
      calls: ['Text: nothing', 'Binary: nothing'],
    },
    {
      name: 'each frame has a key of its own (5.3)',
      role: 'server',
      bytes: '82 82 01 02 03 04 00 00 82 82 ff ff ff ff 00 00',
      calls: ['Binary: 01 02', 'Binary: ff ff'],
    },
    { name: 'client accepts an unmasked frame (5.1)', bytes: '82 02 01 02', calls: ['Binary: 01 02'] },
  ]);
  refuses([
    {
      name: 'server fails on an unmasked text frame (5.1)',
      role: 'server',
      bytes: '81 05',
      code: 'UNMASKED_FRAME',
    },
    {
      name: 'server fails on an unmasked empty frame (5.1)',
      role: 'server',
      bytes: '82 00',
      code: 'UNMASKED_FRAME',
    },
    {
      name: 'server fails on an unmasked Close (5.1)',
      role: 'server',
      bytes: '88 00',
      code: 'UNMASKED_FRAME',
    },
    {
      name: 'server fails on an unmasked Ping (5.1)',
      role: 'server',
      bytes: '89 00',
      code: 'UNMASKED_FRAME',
    },
    {
      name: 'server fails on an unmasked continuation (5.1)',
      role: 'server',
      bytes: `01 80 ${mask} 80 00`,
      code: 'UNMASKED_FRAME',
    },
    { name: 'client fails on a masked text frame (5.1)', bytes: '81 85', code: 'MASKED_FRAME' },
    { name: 'client fails on a masked Close (5.1)', bytes: '88 80', code: 'MASKED_FRAME' },
  ]);
});

describe('frames: the length', () => {
  const filled = (length: number): Buffer => Buffer.alloc(length, 0xa5);
  for (const [length, form] of [
    [0, '7 bits'],
    [1, '7 bits'],
    [125, '7 bits'],
    [126, '16 bits'],
    [127, '16 bits'],
    [255, '16 bits'],
    [256, '16 bits'],
  ] as const) {
    accepts([
      {
        name: `client reads ${length} bytes with the length in ${form} (5.2)`,
        bytes: buildFrame({ opcode: Opcode.Binary, payload: filled(length) }),
        calls: [`Binary: ${show(filled(length))}`],
      },
      {
        name: `server reads ${length} bytes with the length in ${form} (5.2)`,
        role: 'server',
        bytes: buildFrame({ opcode: Opcode.Binary, payload: filled(length), maskingKey: exampleKey }),
        calls: [`Binary: ${show(filled(length))}`],
      },
    ]);
  }

  for (const role of ['client', 'server'] as const) {
    for (const length of [65_535, 65_536, 65_537, 200_000]) {
      it(`${role} reads ${length} bytes in chunks of 1 000, behind a header in single bytes (5.2)`, () => {
        const frame = buildFrame({
          opcode: Opcode.Binary,
          payload: filled(length),
          maskingKey: role === 'server' ? exampleKey : undefined,
        });
        const recorder = new FrameRecorder({ role });
        for (const byte of frame.subarray(0, 14)) recorder.parser.receive(Uint8Array.of(byte));
        for (let at = 14; at < frame.length; at += 1000) {
          recorder.parser.receive(frame.subarray(at, at + 1000));
        }
        assert.deepEqual(recorder.calls, [`Binary: ${show(filled(length))}`]);
      });
    }
  }

  accepts([
    {
      name: 'a length in 16 bits is in network byte order (5.2)',
      bytes: Buffer.concat([hex('82 7e 01 02'), filled(258)]),
      calls: [`Binary: ${show(filled(258))}`],
    },
    {
      name: 'a length that is too long in form is accepted where a device asks for it',
      bytes: '82 7e 00 01 ff 82 7f 00 00 00 00 00 00 00 01 fe',
      requireMinimalLength: false,
      calls: ['Binary: ff', 'Binary: fe'],
    },
  ]);

  refuses([
    { name: 'a length of 0 in 16 bits fails (5.2)', bytes: '82 7e 00 00', code: 'LENGTH_NOT_MINIMAL' },
    { name: 'a length of 125 in 16 bits fails (5.2)', bytes: '82 7e 00 7d', code: 'LENGTH_NOT_MINIMAL' },
    {
      name: 'a length of 0 in 64 bits fails where it cannot become minimal any more (5.2)',
      bytes: '82 7f 00 00 00 00 00 00',
      code: 'LENGTH_NOT_MINIMAL',
    },
    {
      name: 'a length of 65 535 in 64 bits fails (5.2)',
      bytes: '82 7f 00 00 00 00 00 00 ff ff',
      at: 7,
      code: 'LENGTH_NOT_MINIMAL',
    },
    {
      name: 'the most significant bit of 64 must be 0 (5.2)',
      bytes: '82 7f 80',
      code: 'LENGTH_INVALID',
    },
    { name: 'a Ping of 126 bytes fails (5.5)', bytes: '89 7e', code: 'CONTROL_TOO_LONG' },
    { name: 'a Pong of 126 bytes fails (5.5)', bytes: '8a 7e', code: 'CONTROL_TOO_LONG' },
    { name: 'a Close of 126 bytes fails (5.5)', bytes: '88 7e', code: 'CONTROL_TOO_LONG' },
    { name: 'a Ping with a length of 64 bits fails (5.5)', bytes: '89 7f', code: 'CONTROL_TOO_LONG' },
    {
      name: 'a masked Ping of 126 bytes fails (5.5)',
      role: 'server',
      bytes: '89 fe',
      code: 'CONTROL_TOO_LONG',
    },
  ]);

  accepts([
    {
      name: 'control frames of 125 bytes are legal (5.5)',
      bytes: buildFrame({ opcode: Opcode.Ping, payload: filled(125) }),
      calls: [`Ping: ${show(filled(125))}`],
    },
  ]);
});

describe('frames: limits, at the first byte that can break them', () => {
  const limits = { maxMessageBytes: 1000, maxFrameBytes: 500, maxMessageCostBytes: 2000 };
  refuses([
    {
      name: 'a frame above maxFrameBytes fails at its second length byte (7.1.7, 10.4)',
      bytes: '82 7e 01 f5',
      limits,
      code: 'FRAME_TOO_BIG',
    },
    {
      name: 'a frame whose first length byte is above maxFrameBytes fails there',
      bytes: '82 7e 02',
      limits,
      code: 'FRAME_TOO_BIG',
    },
    {
      name: 'a 7-bit length above maxFrameBytes fails at the second byte',
      bytes: '82 65',
      limits: { maxFrameBytes: 100 },
      code: 'FRAME_TOO_BIG',
    },
    {
      name: 'a masked frame above the limit fails before its masking key',
      role: 'server',
      bytes: '82 fe 01 f5',
      limits,
      code: 'FRAME_TOO_BIG',
    },
    {
      name: 'a message above maxMessageBytes fails at the length of the fragment that exceeds it',
      bytes: '02 01 61 00 02 61 62 00 01 63 80 01',
      limits: { maxMessageBytes: 4 },
      code: 'MESSAGE_TOO_BIG',
    },
  ]);
  accepts([
    {
      name: 'a frame of exactly maxFrameBytes is accepted',
      bytes: buildFrame({ opcode: Opcode.Binary, payload: Buffer.alloc(500) }),
      limits,
      calls: [`Binary: ${show(Buffer.alloc(500))}`],
    },
    {
      name: 'a message of exactly maxMessageBytes is accepted, and so is the next',
      bytes: '02 02 61 62 80 02 63 64 82 04 61 62 63 64',
      limits: { maxMessageBytes: 4 },
      calls: ['Binary unfinished: 61 62', 'Continuation: 63 64', 'Binary: 61 62 63 64'],
    },
    {
      name: 'control frames count against no limit',
      bytes: '02 02 61 62 89 05 61 62 63 64 65 80 02 63 64',
      limits: { maxMessageBytes: 4, maxFrameBytes: 2 },
      calls: ['Binary unfinished: 61 62', 'Ping: 61 62 63 64 65', 'Continuation: 63 64'],
    },
  ]);

  it('empty fragments without end exceed maxMessageCostBytes at the frame that the limit says', () => {
    // 64 bytes a frame: 31 of them fit into 2 000.
    const stream = Buffer.concat([hex('02 00'), ...Array(40).fill(hex('00 00'))]);
    assert.equal(indexOfError(stream, { limits }), 31 * 2 + 1);
  });

  it('one-byte fragments exceed the default cost after twice the longest message', () => {
    const recorder = new FrameRecorder({ limits: { maxMessageBytes: 65_536 } });
    recorder.parser.receive(hex('02 01 00'));
    let frames = 1;
    while (recorder.error === undefined) {
      recorder.parser.receive(hex('00 01 00'));
      frames += 1;
    }
    assert.equal(recorder.error.code, 'MESSAGE_TOO_COSTLY');
    assert.equal(frames, Math.floor((2 * 65_536) / 65) + 1);
  });

  const declared: [string, bigint][] = [
    ['2^31 - 1', 2n ** 31n - 1n],
    ['2^31', 2n ** 31n],
    ['2^31 + 1', 2n ** 31n + 1n],
    ['2^32 - 1', 2n ** 32n - 1n],
    ['2^32', 2n ** 32n],
    ['2^32 + 1', 2n ** 32n + 1n],
    ['2^53 - 1', 2n ** 53n - 1n],
    ['2^53', 2n ** 53n],
    ['2^53 + 1', 2n ** 53n + 1n],
    ['2^63 - 1', 2n ** 63n - 1n],
  ];
  for (const role of ['client', 'server'] as const) {
    const maskingKey = role === 'server' ? exampleKey : undefined;
    for (const [name, declaredLength] of declared) {
      it(`${role} refuses a declared length of ${name} by the header alone (10.4)`, () => {
        const header = buildFrame({ opcode: Opcode.Binary, declaredLength, maskingKey });
        const at = indexOfError(header, { role });
        // The first byte of the length that is not zero, unless that still leaves it within 16 MiB.
        const expected = 2 + [...header.subarray(2, 10)].findIndex((byte) => byte !== 0);
        assert.equal(at, expected);
        const recorder = new FrameRecorder({ role }).receiveAll([header]);
        assert.deepEqual(recorder.calls, ['error FRAME_TOO_BIG']);
        assert.equal(recorder.error?.closeCode, 1009);
      });
    }
    for (const [name, declaredLength] of [
      ['2^63', 2n ** 63n],
      ['2^64 - 1', 2n ** 64n - 1n],
    ] as const) {
      it(`${role} refuses a declared length of ${name} as no length at all (5.2)`, () => {
        const header = buildFrame({ opcode: Opcode.Binary, declaredLength, maskingKey });
        assert.equal(indexOfError(header, { role }), 2);
        assert.equal(new FrameRecorder({ role }).receiveAll([header]).error?.code, 'LENGTH_INVALID');
      });
    }
  }

  it('the longest length that may be allowed, 2^31 - 1, is accepted by its header', () => {
    const header = buildFrame({ opcode: Opcode.Binary, declaredLength: 2n ** 31n - 1n });
    assert.equal(indexOfError(header, { limits: { maxMessageBytes: 2 ** 31 - 1 } }), -1);
  });
});

describe('frames: where parsing stops', () => {
  it('a paused parser leaves the rest of the chunk, and goes on there', () => {
    const recorder = new FrameRecorder();
    const chunk = hex('81 01 41 81 01 42 81 00 81 01 43');
    const { receivePayload } = recorder;
    recorder.receivePayload = (...piece) => {
      receivePayload.apply(recorder, piece);
      recorder.parser.pause();
    };
    const ends: number[] = [];
    for (let at = 0; at < chunk.length; ) {
      at = recorder.parser.receive(chunk, at);
      ends.push(at);
      assert.equal(recorder.parser.receive(chunk, at), at, 'nothing is taken while it is paused');
      recorder.parser.resume();
    }
    assert.deepEqual(ends, [3, 6, 8, 11]);
    assert.deepEqual(recorder.calls, ['Text: 41', 'Text: 42', 'Text: nothing', 'Text: 43']);
  });

  it('a stopped parser takes all that comes and calls nothing', () => {
    const recorder = new FrameRecorder();
    recorder.parser.stop();
    assert.equal(recorder.parser.receive(hex('81 01 41')), 3);
    assert.equal(recorder.parser.receive(hex('ff ff')), 2);
    assert.deepEqual(recorder.calls, []);
  });

  it('an empty chunk is nothing', () => {
    const recorder = new FrameRecorder();
    assert.equal(recorder.parser.receive(hex('')), 0);
    assert.deepEqual(recorder.calls, []);
  });

  it('payload is a view of the chunk it arrived in, not a copy', () => {
    const recorder = new FrameRecorder();
    const views: ArrayBufferLike[] = [];
    recorder.receivePayload = (bytes) => views.push(bytes.buffer);
    const chunk = hex('81 05 48 65 6c 6c 6f');
    recorder.parser.receive(chunk);
    assert.deepEqual(views, [chunk.buffer]);
  });
});
