import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { PermessageDeflate } from '../../../src/protocol/index.ts';
import { resolveConnectionOptions } from '../../../src/websocket/connection/connection-options.ts';
import { FramedStream, type FramedStreamHandler } from '../../../src/websocket/connection/framed-stream.ts';
import { createMessageDeflate } from '../../../src/websocket/deflate/message-deflate.ts';
import { buildFrame, exampleKey } from '../../protocol/frame-bytes.ts';
import { show } from '../../protocol/hex.ts';
import { MemoryStream } from '../memory-stream.ts';

const RSV1 = 0x40;
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const plainAgreement: PermessageDeflate = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

type Role = 'client' | 'server';

/** An endpoint in memory. Without an agreement, permessage-deflate was not negotiated. */
class Endpoint {
  readonly calls: string[] = [];
  readonly framed: FramedStream;
  readonly #stream = new MemoryStream();
  readonly #role: Role;

  constructor(role: Role, agreed?: Partial<PermessageDeflate>) {
    const settings = resolveConnectionOptions({
      keepalive: { intervalMs: 0 },
      perMessageDeflate: { thresholdBytes: 0 },
    });
    const handler: FramedStreamHandler = {
      receiveMessage: (data) =>
        this.calls.push(typeof data === 'string' ? `text ${data}` : `binary ${show(data)}`),
      receivePing: () => {},
      receivePong: () => {},
      receiveWritten: () => {},
      receiveDrain: () => {},
      receiveClosing: () => {},
      receiveError: ({ code }) => this.calls.push(`error ${code}`),
      receiveClosed: () => {},
    };
    const deflate =
      agreed === undefined
        ? undefined
        : createMessageDeflate(role, { ...plainAgreement, ...agreed }, settings);
    this.#role = role;
    this.framed = new FramedStream(this.#stream, handler, { role, settings, deflate });
    this.framed.start();
  }

  receive(opcode: number, payload: Uint8Array, reserved: number): this {
    const maskingKey = this.#role === 'server' ? exampleKey : undefined;
    this.#stream.receive(buildFrame({ opcode, payload, reserved, maskingKey }));
    return this;
  }

  /** Sends text and gives what went out: whether it is compressed, and its payload. Texts are below 64 KiB. */
  async send(text: string): Promise<{ isCompressed: boolean; payload: Buffer }> {
    this.framed.sendText(text);
    await new Promise((resolve) => setImmediate(resolve));
    const frame = this.#stream.read();
    let at = (frame[1]! & 0x7f) === 126 ? 4 : 2;
    const isMasked = (frame[1]! & 0x80) !== 0;
    const key = frame.subarray(at, at + 4);
    if (isMasked) at += 4;
    const payload = frame.subarray(at).map((byte, index) => (isMasked ? byte ^ key[index % 4]! : byte));
    return { isCompressed: (frame[0]! & RSV1) !== 0, payload: Buffer.from(payload) };
  }
}

function compress(text: string | Uint8Array): Buffer {
  const flushed = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  return flushed.subarray(0, flushed.length - TAIL.length);
}

/** Inflates one message as an endpoint does that knows no other. */
function inflate(payload: Buffer, windowBits = 15): string {
  const bytes = Buffer.concat([payload, TAIL]);
  // Zlib looks at distances only where it has handed out the output before: in small steps, it keeps to its window.
  const options = { windowBits, chunkSize: 64, finishFlush: constants.Z_SYNC_FLUSH };
  return inflateRawSync(bytes, options).toString();
}

/** Lines of which no two are the same, and that look alike. */
function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => `${index * 7919}: the tide comes in and goes out`).join(
    '\n',
  );
}

for (const role of ['client', 'server'] as const) {
  describe(`permessage-deflate as a ${role}`, () => {
    it('a message with RSV1 is inflated, one without is taken as it is (RFC 7692, 6.2)', () => {
      const endpoint = new Endpoint(role, {});
      endpoint.receive(1, compress('tide'), RSV1).receive(1, Buffer.from('wire'), 0);
      assert.deepEqual(endpoint.calls, ['text tide', 'text wire']);
    });

    it('without an agreement RSV1 fails the connection (RFC 7692, 7)', () => {
      assert.deepEqual(new Endpoint(role).receive(1, compress('tide'), RSV1).calls, ['error RESERVED_BIT']);
    });

    it('inflated text that is not UTF-8 fails the connection (RFC 6455, 8.1)', () => {
      for (const bytes of [[0xff], [0x41, 0xc3], [0xed, 0xa0, 0x80]]) {
        const endpoint = new Endpoint(role, {});
        endpoint.receive(1, compress(Uint8Array.from(bytes)), RSV1);
        assert.deepEqual(endpoint.calls, ['error INVALID_UTF8']);
      }
    });

    it('the same bytes pass as a binary message', () => {
      const endpoint = new Endpoint(role, {});
      endpoint.receive(2, compress(Uint8Array.of(0xff)), RSV1);
      assert.deepEqual(endpoint.calls, ['binary ff']);
    });

    const own = role === 'server' ? 'serverNoContextTakeover' : 'clientNoContextTakeover';

    it(`with ${own} each message that it sends can be read by itself (RFC 7692, 7.1.1)`, async () => {
      const endpoint = new Endpoint(role, { [own]: true });
      const text = lines(20);
      for (let count = 0; count < 3; count += 1) {
        const { isCompressed, payload } = await endpoint.send(text);
        assert.equal(isCompressed, true);
        assert.equal(inflate(payload), text);
      }
    });

    it('without it a message may refer to the one before, from the third on', async () => {
      const endpoint = new Endpoint(role, {});
      const text = lines(20);
      const first = await endpoint.send(text);
      const second = await endpoint.send(text);
      const third = await endpoint.send(text);
      // A window is kept from the second message on: the first may have been the only one.
      assert.deepEqual([inflate(first.payload), inflate(second.payload)], [text, text]);
      assert.ok(third.payload.length < first.payload.length / 4);
      assert.throws(() => inflate(third.payload), { code: 'Z_DATA_ERROR' });
    });

    const bits = role === 'server' ? 'serverMaxWindowBits' : 'clientMaxWindowBits';

    it(`it compresses with no larger window than ${bits} says (RFC 7692, 7.1.2)`, async () => {
      // What comes again is further back than the window reaches.
      const noise = Array.from({ length: 1_500 }, (_, index) =>
        String.fromCharCode(33 + ((index * index * 31) % 94)),
      ).join('');
      const text = `${lines(3)}${noise}${lines(3)}`;
      for (const agreed of [9, 10]) {
        const { isCompressed, payload } = await new Endpoint(role, { [bits]: agreed }).send(text);
        assert.equal(isCompressed, true);
        assert.equal(inflate(payload, agreed), text);
      }
    });
  });
}
