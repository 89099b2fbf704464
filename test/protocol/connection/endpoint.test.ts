import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError, UsageError } from '../../../src/protocol/errors.ts';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { chunkings } from '../chunkings.ts';
import { buildFrame, exampleKey } from '../frame-bytes.ts';
import { hex, show } from '../hex.ts';
import { EndpointRecorder, type RecorderOptions, showText } from './endpoint-recorder.ts';

interface Row extends RecorderOptions {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly calls: readonly string[];
}

/** Each row holds for the bytes as one chunk, byte by byte, and cut into two anywhere. */
function table(rows: readonly Row[]): void {
  for (const { name, bytes, calls, ...options } of rows) {
    it(name, () => {
      for (const chunks of chunkings(typeof bytes === 'string' ? hex(bytes) : bytes)) {
        assert.deepEqual(new EndpointRecorder(options).receiveAll(chunks).calls, calls);
      }
    });
  }
}

const filled = (length: number): Buffer => Buffer.alloc(length, 0xa5);

describe("endpoint receives the RFC's examples", () => {
  table([
    {
      name: 'a single-frame unmasked text message (5.7)',
      bytes: '0x81 0x05 0x48 0x65 0x6c 0x6c 0x6f',
      calls: ['text "Hello"'],
    },
    {
      name: 'a single-frame masked text message (5.7)',
      role: 'server',
      bytes: '0x81 0x85 0x37 0xfa 0x21 0x3d 0x7f 0x9f 0x4d 0x51 0x58',
      calls: ['text "Hello"'],
    },
    {
      name: 'a fragmented unmasked text message (5.7)',
      bytes: '0x01 0x03 0x48 0x65 0x6c 0x80 0x02 0x6c 0x6f',
      calls: ['text "Hello"'],
    },
    {
      name: 'an unmasked Ping, answered with its body (5.7)',
      bytes: '0x89 0x05 0x48 0x65 0x6c 0x6c 0x6f',
      calls: ['send Pong 48 65 6c 6c 6f', 'Ping 48 65 6c 6c 6f'],
    },
    {
      name: 'a masked Pong (5.7)',
      role: 'server',
      bytes: '0x8a 0x85 0x37 0xfa 0x21 0x3d 0x7f 0x9f 0x4d 0x51 0x58',
      calls: ['Pong 48 65 6c 6c 6f'],
    },
    {
      name: '256 bytes in a single unmasked frame (5.7)',
      bytes: Buffer.concat([hex('0x82 0x7E 0x0100'), filled(256)]),
      calls: [`binary ${show(filled(256))}`],
    },
  ]);
  it('64 KiB in a single unmasked frame (5.7)', () => {
    const bytes = Buffer.concat([hex('0x82 0x7F 0x0000000000010000'), filled(65_536)]);
    const recorder = new EndpointRecorder().receiveAll([bytes.subarray(0, 9), bytes.subarray(9)]);
    assert.deepEqual(recorder.calls, [`binary ${show(filled(65_536))}`]);
  });
});

describe('endpoint receives Pings and Pongs', () => {
  table([
    {
      name: 'a Ping: a Pong MUST be sent (5.5.2)',
      bytes: '89 00',
      calls: ['send Pong nothing', 'Ping nothing'],
    },
    {
      name: 'a Ping: its Pong MUST have identical application data (5.5.3)',
      role: 'server',
      bytes: buildFrame({ opcode: Opcode.Ping, payload: hex('00 ff fe 80'), maskingKey: exampleKey }),
      calls: ['send Pong 00 ff fe 80', 'Ping 00 ff fe 80'],
    },
    {
      name: 'a Ping of 125 bytes is answered with all of them (5.5, 5.5.3)',
      bytes: buildFrame({ opcode: Opcode.Ping, payload: filled(125) }),
      calls: [`send Pong ${show(filled(125))}`, `Ping ${show(filled(125))}`],
    },
    {
      name: 'several Pings: Pongs in their order (5.5.2)',
      bytes: '89 01 01 89 01 02 89 01 03',
      calls: ['send Pong 01', 'Ping 01', 'send Pong 02', 'Ping 02', 'send Pong 03', 'Ping 03'],
    },
    {
      name: 'a Pong that nobody asked for: no answer is expected (5.5.3)',
      bytes: '8a 02 61 62 8a 00',
      calls: ['Pong 61 62', 'Pong nothing'],
    },
    {
      name: 'a Ping inside a message is answered at once (5.4, 5.5.2)',
      bytes: '01 01 41 89 01 50 80 01 42',
      calls: ['send Pong 50', 'Ping 50', 'text "AB"'],
    },
    {
      name: 'a Ping behind a Close is not answered (5.5.1, 5.5.2)',
      bytes: '88 02 03 e8 89 00',
      calls: ['send Close 03 e8', 'closed 1000 ""'],
    },
  ]);

  it('a Ping after our Close went out: no frame may follow that (5.5.1)', () => {
    const recorder = new EndpointRecorder();
    recorder.endpoint.sendClose(1000);
    recorder.receiveAll([hex('89 01 01')]);
    assert.deepEqual(recorder.calls, ['send Close 03 e8', 'Ping 01']);
  });
});

describe('endpoint receives a Close', () => {
  table([
    {
      name: 'without a body: answers without a body, and tells of 1005 (5.5.1, 7.1.5)',
      bytes: '88 00',
      calls: ['send Close nothing', 'closed 1005 ""'],
    },
    {
      name: 'with a code and a reason: answers with the code (5.5.1)',
      bytes: '88 05 03 e8 62 79 65',
      calls: ['send Close 03 e8', 'closed 1000 "bye"'],
    },
    {
      name: 'that is masked (5.5.1)',
      role: 'server',
      bytes: buildFrame({ opcode: Opcode.Close, payload: hex('03 e9 c3 a9'), maskingKey: exampleKey }),
      calls: ['send Close 03 e9', 'closed 1001 "é"'],
    },
    {
      name: 'with a reason of 123 bytes (5.5)',
      bytes: buildFrame({
        opcode: Opcode.Close,
        payload: Buffer.concat([hex('0f a0'), Buffer.alloc(123, 'x')]),
      }),
      calls: ['send Close 0f a0', `closed 4000 ${showText('x'.repeat(123))}`],
    },
    {
      name: 'inside a message: the message is lost (5.4, 7.1.4)',
      bytes: '01 01 41 88 02 03 e8 80 01 42',
      calls: ['send Close 03 e8', 'closed 1000 ""'],
    },
    {
      name: 'and what follows it is not read, be it a message (5.5.1, 7.1.1)',
      bytes: '88 02 03 e8 81 01 41',
      calls: ['send Close 03 e8', 'closed 1000 ""'],
    },
    {
      name: 'and what follows it is not read, be it an error (7.1.1)',
      bytes: '88 02 03 e8 ff ff',
      calls: ['send Close 03 e8', 'closed 1000 ""'],
    },
    {
      name: 'twice: the second is nothing (5.5.1)',
      bytes: '88 02 03 e8 88 02 03 e9',
      calls: ['send Close 03 e8', 'closed 1000 ""'],
    },
    {
      name: 'of one byte: fails with 1002 (5.5.1)',
      bytes: '88 01 03',
      calls: ['send Close 03 ea', 'error CLOSE_BODY_INVALID'],
    },
    {
      name: 'whose reason is not UTF-8: fails with 1007 (5.5.1, 8.1)',
      bytes: '88 04 03 e8 c3 28',
      calls: ['send Close 03 ef', 'error INVALID_UTF8'],
    },
    {
      name: 'whose reason ends inside a character: fails with 1007 (5.5.1, 8.1)',
      bytes: '88 04 03 e8 e2 82',
      calls: ['send Close 03 ef', 'error INVALID_UTF8'],
    },
  ]);

  const legal = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ];
  const illegal = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 1999, 2000, 2999, 5000, 65_535];
  const closeOf = (code: number): Buffer => {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    return buildFrame({ opcode: Opcode.Close, payload });
  };
  table([
    ...legal.map((code) => ({
      name: `with ${code}, which is legal: the answer repeats it (5.5.1, 7.4)`,
      bytes: closeOf(code),
      calls: [`send Close ${show(closeOf(code).subarray(2))}`, `closed ${code} ""`],
    })),
    ...illegal.map((code) => ({
      name: `with ${code}, which MUST NOT be sent: fails with 1002 (7.4)`,
      bytes: closeOf(code),
      calls: ['send Close 03 ea', 'error CLOSE_CODE_INVALID'],
    })),
  ]);
});

describe('endpoint starts the closing handshake', () => {
  it('sends a Close, and is done when the answer comes (7.1.2, 7.1.4)', () => {
    const recorder = new EndpointRecorder();
    recorder.endpoint.sendClose(1001, 'bye');
    assert.equal(recorder.endpoint.isCloseSent, true);
    assert.equal(recorder.endpoint.isCloseReceived, false);
    recorder.receiveAll([hex('88 02 03 e9')]);
    assert.deepEqual(recorder.calls, ['send Close 03 e9 62 79 65', 'closed 1001 ""']);
    assert.equal(recorder.endpoint.isCloseReceived, true);
  });

  it('sends one Close, however often it is asked to (5.5.1)', () => {
    const recorder = new EndpointRecorder();
    recorder.endpoint.sendClose();
    recorder.endpoint.sendClose(1000);
    assert.deepEqual(recorder.calls, ['send Close nothing']);
  });

  it('goes on receiving until the answer comes (5.5.1)', () => {
    const recorder = new EndpointRecorder();
    recorder.endpoint.sendClose(1000);
    recorder.receiveAll([hex('81 01 41 8a 00 88 02 03 e8 81 01 42')]);
    assert.deepEqual(recorder.calls, ['send Close 03 e8', 'text "A"', 'Pong nothing', 'closed 1000 ""']);
  });

  it('at the same time as the peer: both have sent and received (5.5.1)', () => {
    const recorder = new EndpointRecorder();
    recorder.endpoint.sendClose(4001);
    recorder.receiveAll([hex('88 02 0f a2')]);
    assert.deepEqual(recorder.calls, ['send Close 0f a1', 'closed 4002 ""']);
  });

  it('from inside a message: what follows is still read, and not answered', () => {
    const recorder = new EndpointRecorder({ onMessage: (endpoint) => endpoint.sendClose(1000) });
    recorder.receiveAll([hex('81 01 41 89 00 88 00')]);
    assert.deepEqual(recorder.calls, ['text "A"', 'send Close 03 e8', 'Ping nothing', 'closed 1005 ""']);
  });

  it('and meets an error of the peer: one Close is all that is sent (7.1.7)', () => {
    const recorder = new EndpointRecorder();
    recorder.endpoint.sendClose(1000);
    recorder.receiveAll([hex('ff'), hex('88 00')]);
    assert.deepEqual(recorder.calls, ['send Close 03 e8', 'error RESERVED_BIT']);
  });

  it('not with a code that must not be sent (7.4)', () => {
    const recorder = new EndpointRecorder();
    assert.throws(() => recorder.endpoint.sendClose(1005), UsageError);
    assert.throws(() => recorder.endpoint.sendClose(1000, 'x'.repeat(124)), UsageError);
    assert.deepEqual(recorder.calls, []);
  });
});

describe('endpoint fails the connection', () => {
  const rows: [name: string, bytes: string, code: string, close: string][] = [
    ['a reserved bit', 'c1', 'RESERVED_BIT', '03 ea'],
    ['a reserved opcode', '83', 'RESERVED_OPCODE', '03 ea'],
    ['a mask where none may be', '81 80', 'MASKED_FRAME', '03 ea'],
    ['an unfinished Ping', '09', 'FRAGMENTED_CONTROL', '03 ea'],
    ['a Ping of 126 bytes', '89 7e', 'CONTROL_TOO_LONG', '03 ea'],
    ['a length in too long a form', '82 7e 00 7d', 'LENGTH_NOT_MINIMAL', '03 ea'],
    ['a length of 2^63', '82 7f 80', 'LENGTH_INVALID', '03 ea'],
    ['a continuation of nothing', '80', 'UNEXPECTED_CONTINUATION', '03 ea'],
    ['a message inside a message', '01 00 81', 'EXPECTED_CONTINUATION', '03 ea'],
    ['a frame that is too long', '82 7f 00 00 00 01', 'FRAME_TOO_BIG', '03 f1'],
    ['text that is not UTF-8', '81 01 ff', 'INVALID_UTF8', '03 ef'],
  ];
  for (const [name, bytes, code, close] of rows) {
    table([
      {
        name: `on ${name}: sends Close ${Number.parseInt(close.replace(' ', ''), 16)}, tells, and reads nothing more (7.1.7)`,
        bytes: `${bytes} 00 00 00 81 01 41 88 02 03 e8`,
        calls: [`send Close ${close}`, `error ${code}`],
      },
    ]);
  }

  it('on an unmasked frame from a client (5.1)', () => {
    const recorder = new EndpointRecorder({ role: 'server' });
    recorder.receiveAll([hex('81 05 48 65 6c 6c 6f')]);
    assert.deepEqual(recorder.calls, ['send Close 03 ea', 'error UNMASKED_FRAME']);
  });

  it('for a reason found above, once (7.1.7)', () => {
    const recorder = new EndpointRecorder();
    recorder.endpoint.fail(new ProtocolError('MESSAGE_TOO_BIG', 'inflated to more than may be'));
    recorder.endpoint.fail(new ProtocolError('INVALID_UTF8', 'again'));
    recorder.receiveAll([hex('81 01 41')]);
    assert.deepEqual(recorder.calls, ['send Close 03 f1', 'error MESSAGE_TOO_BIG']);
  });

  it('from inside a message, before the rest of the chunk (7.1.7)', () => {
    const recorder = new EndpointRecorder({
      onMessage: (endpoint) => endpoint.fail(new ProtocolError('MESSAGE_TOO_BIG', 'too big')),
    });
    recorder.receiveAll([hex('81 01 41 81 01 42')]);
    assert.deepEqual(recorder.calls, ['text "A"', 'send Close 03 f1', 'error MESSAGE_TOO_BIG']);
  });

  it('aborts without a word, from inside a message too', () => {
    const recorder = new EndpointRecorder({ onMessage: (endpoint) => endpoint.abort() });
    recorder.receiveAll([hex('81 01 41 81 01 42 ff'), hex('88 00')]);
    recorder.endpoint.sendClose(1000);
    assert.deepEqual(recorder.calls, ['text "A"']);
  });
});

describe('endpoint paused inside a message', () => {
  it('leaves the rest of the chunk, and goes on with it', () => {
    const recorder = new EndpointRecorder({ onMessage: (endpoint) => endpoint.pause() });
    const chunk = hex('81 01 41 81 01 42 88 00');
    assert.equal(recorder.endpoint.receive(chunk), 3);
    assert.deepEqual(recorder.calls, ['text "A"']);
    recorder.endpoint.resume();
    assert.equal(recorder.endpoint.receive(chunk, 3), 6);
    recorder.endpoint.resume();
    assert.equal(recorder.endpoint.receive(chunk, 6), 8);
    assert.deepEqual(recorder.calls, ['text "A"', 'text "B"', 'send Close nothing', 'closed 1005 ""']);
  });
});
