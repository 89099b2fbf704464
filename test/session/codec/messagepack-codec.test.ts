import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PlainData, UsageError } from '../../../src/channel/index.ts';
import { maxPacketDepth, messagePackCodec, type Packet, PacketError } from '../../../src/session/index.ts';
import { fc } from '../../fast-check.ts';
import { hasPrototype, likeness, plainValue } from './plain-value.ts';

const packetOf = (d: unknown): Packet => ({ t: 'pub', ch: 'a', d: d as PlainData });
const encode = (data: unknown): Uint8Array => messagePackCodec.encode(packetOf(data)) as Uint8Array;

function nested(depth: number): PlainData {
  let data: PlainData = [];
  for (let count = 1; count < depth; count++) data = [data];
  return data;
}

/** Decodes, and takes nothing but an answer or a packet error for one. */
function decodeSafely(bytes: Uint8Array): unknown {
  try {
    return messagePackCodec.decode(bytes);
  } catch (error) {
    assert.ok(error instanceof PacketError, String(error));
    return undefined;
  }
}

describe('messagepack codec', () => {
  it('decodes what it encoded, bytes too, without a prototype anywhere', () => {
    fc.assert(
      fc.property(plainValue, (data) => {
        const decoded = messagePackCodec.decode(encode(data));
        assert.deepEqual(likeness(decoded), likeness(packetOf(data)));
        assert.equal(hasPrototype(decoded), false);
      }),
      { numRuns: 300 },
    );
  });

  it('every packet that is cut short, at any byte, is refused', () => {
    fc.assert(
      fc.property(
        plainValue,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (data, where) => {
          const bytes = encode(data);
          const cut = bytes.subarray(0, Math.floor(bytes.length * where));
          assert.throws(() => messagePackCodec.decode(cut), PacketError);
        },
      ),
    );
  });

  it('any bytes at all give plain data or a packet error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) =>
        assert.equal(hasPrototype(decodeSafely(bytes)), false),
      ),
      {
        numRuns: 2_000,
      },
    );
  });

  it('a valid packet with any byte changed gives plain data or a packet error', () => {
    fc.assert(
      fc.property(plainValue, fc.nat(), fc.nat(255), (data, index, byte) => {
        const bytes = encode(data);
        bytes[index % bytes.length] = byte;
        assert.equal(hasPrototype(decodeSafely(bytes)), false);
      }),
      { numRuns: 500 },
    );
  });

  it('a message is as good in the middle of a larger buffer', () => {
    const bytes = encode({ a: [1, 'ü', new Uint8Array([7])] });
    const block = new Uint8Array(bytes.length + 64).fill(0xc1);
    block.set(bytes, 32);
    const view = block.subarray(32, 32 + bytes.length);
    assert.deepEqual(likeness(messagePackCodec.decode(view)), likeness(messagePackCodec.decode(bytes)));
  });

  it('bytes that come out are their own: a reused receive buffer does not change them', () => {
    const bytes = encode(new Uint8Array([1, 2, 3]));
    const { d } = messagePackCodec.decode(bytes) as { d: Uint8Array };
    bytes.fill(0);
    assert.deepEqual([...d], [1, 2, 3]);
  });

  it('a length that announces more than there is costs nothing but the error', () => {
    for (const head of ['dd', 'df', 'db', 'c6']) {
      const bytes = Buffer.from(`83a174a3707562a26368a161a164${head}ffffffff`, 'hex');
      assert.throws(() => messagePackCodec.decode(bytes), PacketError);
    }
  });

  it('nests as deep as allowed in both directions, and no deeper', () => {
    assert.deepEqual(
      likeness(messagePackCodec.decode(encode(nested(maxPacketDepth - 1)))),
      likeness(packetOf(nested(maxPacketDepth - 1))),
    );
    assert.throws(() => encode(nested(maxPacketDepth)), UsageError);
    const deep = Buffer.from(`83a174a3707562a26368a161a164${'91'.repeat(maxPacketDepth - 1)}90`, 'hex');
    assert.throws(() => messagePackCodec.decode(deep), PacketError);
  });

  it('refuses to encode what is not plain data', () => {
    for (const data of [() => 1, Symbol('s'), 1n]) assert.throws(() => encode(data), UsageError);
  });

  it('takes each value in its shortest form', () => {
    const table: [unknown, string][] = [
      [0, '00'],
      [127, '7f'],
      [128, 'cc80'],
      [256, 'cd0100'],
      [65_536, 'ce00010000'],
      [-1, 'ff'],
      [-32, 'e0'],
      [-33, 'd0df'],
      [-129, 'd1ff7f'],
      [0.5, 'cb3fe0000000000000'],
      ['', 'a0'],
      ['x'.repeat(32), `d920${'78'.repeat(32)}`],
      [null, 'c0'],
      [new Uint8Array([1]), 'c40101'],
    ];
    const prefix = '83a174a3707562a26368a161a164';
    for (const [data, hex] of table) assert.equal(Buffer.from(encode(data)).toString('hex'), prefix + hex);
  });

  it('refuses a text message', () => assert.throws(() => messagePackCodec.decode('{}'), PacketError));
});
