import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isUtf8 } from '../../../src/protocol/bytes/utf8.ts';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { resolveMessageLimits } from '../../../src/protocol/limits.ts';
import { keepingDefaults } from '../../../src/protocol/message/fragment-buffer.ts';
import { type MessageHandler, MessageReader } from '../../../src/protocol/message/message-reader.ts';
import { chunkings, cutBy } from '../chunkings.ts';
import { EndpointRecorder, type RecorderOptions } from '../connection/endpoint-recorder.ts';
import { buildFrame, exampleKey } from '../frame-bytes.ts';
import { hex, show } from '../hex.ts';

interface Row extends RecorderOptions {
  readonly name: string;
  readonly bytes: string;
  readonly calls: readonly string[];
}

function table(rows: readonly Row[]): void {
  for (const { name, bytes, calls, ...options } of rows) {
    it(name, () => {
      for (const chunks of chunkings(hex(bytes))) {
        assert.deepEqual(new EndpointRecorder(options).receiveAll(chunks).calls, calls);
      }
    });
  }
}

describe('messages', () => {
  table([
    { name: 'of one frame (5.4)', bytes: '81 01 41', calls: ['text "A"'] },
    { name: 'of no bytes (5.6)', bytes: '81 00 82 00', calls: ['text ""', 'binary nothing'] },
    { name: 'of two fragments (5.4)', bytes: '01 01 41 80 01 42', calls: ['text "AB"'] },
    {
      name: 'of many fragments, in the order sent (5.4)',
      bytes: '02 01 01 00 01 02 00 02 03 04 00 01 05 80 01 06',
      calls: ['binary 01 02 03 04 05 06'],
    },
    {
      name: 'of fragments that are masked each with a key of its own (5.3, 5.4)',
      role: 'server',
      bytes: '01 81 01 02 03 04 40 80 82 ff 00 ff 00 bd 43',
      calls: ['text "ABC"'],
    },
    {
      name: 'with empty fragments at the beginning, within and at the end (5.4)',
      bytes: '01 00 00 00 00 01 41 00 00 80 00',
      calls: ['text "A"'],
    },
    { name: 'of empty fragments only (5.4)', bytes: '02 00 00 00 80 00', calls: ['binary nothing'] },
    {
      name: 'take the type of their first fragment (5.4, 6.2)',
      bytes: '02 01 41 80 01 42 01 01 41 80 01 42',
      calls: ['binary 41 42', 'text "AB"'],
    },
    {
      name: 'with every control frame between their fragments (5.4)',
      bytes: '01 01 41 89 01 50 00 01 42 8a 01 51 80 01 43',
      calls: ['send Pong 50', 'Ping 50', 'Pong 51', 'text "ABC"'],
    },
    {
      name: 'with empty control frames between empty fragments (5.4)',
      bytes: '01 00 89 00 00 00 8a 00 80 00',
      calls: ['send Pong nothing', 'Ping nothing', 'Pong nothing', 'text ""'],
    },
    {
      name: 'keep a byte order mark (5.6)',
      bytes: '81 04 ef bb bf 41',
      calls: ['text "\ufeffA"'],
    },
    {
      name: 'that are compressed are handed up unchecked (RFC 7692, section 6)',
      allowRsv1: true,
      bytes: 'c1 01 ff 41 01 ff 80 01 fe 81 01 41',
      calls: ['compressed text ff', 'compressed text ff fe', 'text "A"'],
    },
  ]);
});

describe('text MUST be UTF-8', () => {
  table([
    {
      name: 'a character of each length passes (5.6)',
      bytes: '81 0a 24 c3 a9 e2 82 ac f0 9f 98 80',
      calls: ['text "$é€😀"'],
    },
    {
      name: 'a character may be cut by fragments anywhere (5.6)',
      bytes: '01 01 f0 00 01 9f 00 00 00 01 98 80 01 80',
      calls: ['text "😀"'],
    },
    {
      name: 'a character may be cut by fragments with control frames between (5.4, 5.6)',
      bytes: '01 02 41 e2 89 01 ff 00 01 82 8a 00 80 01 ac',
      calls: ['send Pong ff', 'Ping ff', 'Pong nothing', 'text "A€"'],
    },
    {
      name: 'a character begun must be ended by the end of the message (8.1)',
      bytes: '81 02 e2 82',
      calls: ['send Close 03 ef', 'error INVALID_UTF8'],
    },
    {
      name: 'a character begun must be ended though the last fragment is empty (8.1)',
      bytes: '01 02 e2 82 80 00',
      calls: ['send Close 03 ef', 'error INVALID_UTF8'],
    },
    {
      name: 'a character cut by two messages is none (8.1)',
      bytes: '81 01 e2 81 02 82 ac',
      calls: ['send Close 03 ef', 'error INVALID_UTF8'],
    },
    {
      name: 'binary messages may hold anything (5.6)',
      bytes: '82 01 ff 02 01 c0 80 01 80',
      calls: ['binary ff', 'binary c0 80'],
    },
    {
      name: 'the next text begins afresh after a binary message',
      bytes: '02 01 e2 80 01 82 81 01 41',
      calls: ['binary e2 82', 'text "A"'],
    },
  ]);

  /** Ill-formed text, and the byte that makes it so. */
  const faults: [name: string, text: string, at: number][] = [
    ['a lone continuation byte', '41 80 42 43', 1],
    ['an overlong form', 'c0 af 41', 0],
    ['a surrogate', '41 ed a0 80 41', 2],
    ['a value beyond Unicode', 'f4 90 80 80', 1],
    ['a truncated character', 'ce ba e1 bd 41 42', 4],
    ['a byte that is never UTF-8', 'ce ba ff 41', 2],
  ];
  for (const role of ['client', 'server'] as const) {
    const maskingKey = role === 'server' ? exampleKey : undefined;
    for (const [name, text, at] of faults) {
      it(`${role} fails on ${name} with the byte that makes it one, inside a single frame (8.1)`, () => {
        const frame = buildFrame({ opcode: Opcode.Text, payload: hex(text), maskingKey });
        const headerBytes = frame.length - hex(text).length;
        const recorder = new EndpointRecorder({ role });
        const failedAt = frame.findIndex((byte) => {
          recorder.endpoint.receive(Uint8Array.of(byte));
          return recorder.error !== undefined;
        });
        assert.equal(failedAt, headerBytes + at);
        assert.deepEqual(recorder.calls, ['send Close 03 ef', 'error INVALID_UTF8']);
      });

      it(`${role} fails on ${name} with the fragment that makes it one (8.1)`, () => {
        const recorder = new EndpointRecorder({ role });
        const bytes = hex(text);
        const failedAt = bytes.findIndex((byte, index) => {
          recorder.endpoint.receive(
            buildFrame({
              opcode: index === 0 ? Opcode.Text : Opcode.Continuation,
              payload: Uint8Array.of(byte),
              isFinal: false,
              maskingKey,
            }),
          );
          return recorder.error !== undefined;
        });
        assert.equal(failedAt, at);
      });
    }

    it(`${role} fails on the chunk that makes a long frame ill-formed, before the frame is whole (8.1)`, () => {
      const payload = Buffer.concat([Buffer.alloc(3000, 'é'), hex('ff'), Buffer.alloc(3000, 'é')]);
      const frame = buildFrame({ opcode: Opcode.Text, payload, maskingKey });
      const recorder = new EndpointRecorder({ role });
      const chunks = cutBy(frame, [100]);
      const failedAt = chunks.findIndex((chunk) => {
        recorder.endpoint.receive(chunk);
        return recorder.error !== undefined;
      });
      assert.equal(failedAt, Math.floor((frame.length - 3001) / 100));
    });
  }
});

describe('a reader by itself', () => {
  it('hands over nothing behind text that is not UTF-8, whether its handler stops it or not (7.1.7)', () => {
    const calls: string[] = [];
    const handler: MessageHandler = {
      receiveMessage: () => calls.push('message'),
      receiveFragment: () => undefined,
      receiveControl: () => calls.push('control'),
      receiveError: ({ code }) => calls.push(code),
    };
    for (const bytes of ['81 01 ff 81 01 41 89 00', '01 01 ff 80 01 41 81 01 41']) {
      calls.length = 0;
      const limits = resolveMessageLimits();
      const reader = new MessageReader(handler, { role: 'client', limits, isUtf8, keeping: keepingDefaults });
      reader.receive(hex(bytes));
      reader.receive(hex('81 01 41'));
      assert.deepEqual(calls, ['INVALID_UTF8']);
    }
  });
});

describe('fragments', () => {
  it('are told of when they are complete, but the last, in whatever chunks they come', () => {
    const bytes = hex('01 03 61 62 63 89 00 00 00 00 01 64 80 01 65');
    for (const size of [1, 2, 5, bytes.length]) {
      const calls: string[] = [];
      const handler: MessageHandler = {
        receiveMessage: (_, start, end) => calls.push(`message ${end - start}`),
        receiveFragment: () => calls.push('fragment'),
        receiveControl: () => calls.push('control'),
        receiveError: ({ code }) => calls.push(code),
      };
      const limits = resolveMessageLimits();
      const reader = new MessageReader(handler, { role: 'client', limits, isUtf8, keeping: keepingDefaults });
      for (let at = 0; at < bytes.length; at += size) reader.receive(bytes.subarray(at, at + size));
      assert.deepEqual(calls, ['fragment', 'control', 'fragment', 'fragment', 'message 5']);
    }
  });
});

describe('unfinished messages', () => {
  it('4 MiB in 64-byte fragments are legal by default (5.4)', () => {
    const recorder = new EndpointRecorder({ role: 'server' });
    const payload = Buffer.alloc(4 * 1024 * 1024, 'tidewire');
    for (let at = 0; at < payload.length; at += 64) {
      recorder.endpoint.receive(
        buildFrame({
          opcode: at === 0 ? Opcode.Text : Opcode.Continuation,
          payload: payload.subarray(at, at + 64),
          isFinal: at + 64 === payload.length,
          maskingKey: exampleKey,
        }),
      );
    }
    assert.deepEqual(recorder.calls, [`text ${show(payload)}`]);
    assert.equal(recorder.endpoint.unfinishedBytes, 0);
  });

  it('tell what they hold, and hold nothing when the connection is over', () => {
    const recorder = new EndpointRecorder();
    assert.equal(recorder.endpoint.unfinishedBytes, 0);
    recorder.receiveAll([hex('01 02 41 42 00 03 43')]);
    // A block of 4 KiB holds the three bytes: memory is what counts.
    assert.equal(recorder.endpoint.unfinishedBytes, 4096);
    recorder.endpoint.abort();
    assert.equal(recorder.endpoint.unfinishedBytes, 0);
  });

  it('are forgotten when the peer breaks a rule', () => {
    const recorder = new EndpointRecorder().receiveAll([hex('01 02 41 42 81')]);
    assert.equal(recorder.error?.code, 'EXPECTED_CONTINUATION');
    assert.equal(recorder.endpoint.unfinishedBytes, 0);
  });

  it('do not change with the chunk that they came in', () => {
    const recorder = new EndpointRecorder();
    const chunk = hex('01 02 41 42');
    recorder.endpoint.receive(chunk);
    chunk.fill(0);
    recorder.endpoint.receive(hex('80 01 43'));
    assert.deepEqual(recorder.calls, ['text "ABC"']);
  });

  it('may be control frames too, cut anywhere', () => {
    const frame = buildFrame({ opcode: Opcode.Ping, payload: Buffer.alloc(125, 7), maskingKey: exampleKey });
    for (const size of [1, 2, 3, 7, 64, 124, 130]) {
      const recorder = new EndpointRecorder({ role: 'server' }).receiveAll(cutBy(frame, [size]));
      const payload = show(Buffer.alloc(125, 7));
      assert.deepEqual(recorder.calls, [`send Pong ${payload}`, `Ping ${payload}`]);
    }
  });
});
