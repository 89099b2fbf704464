import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlainData } from '../../../src/channel/index.ts';
import { jsonCodec, type Packet, PacketError } from '../../../src/session/index.ts';
import { fc } from '../../fast-check.ts';
import { hasPrototype, jsonValue, likeness } from './plain-value.ts';

const packetOf = (d: PlainData): Packet => ({ t: 'pub', ch: 'a', d });

describe('json codec', () => {
  it('decodes what it encoded, without a prototype anywhere', () => {
    fc.assert(
      fc.property(jsonValue, (data) => {
        const decoded = jsonCodec.decode(jsonCodec.encode(packetOf(data)));
        assert.deepEqual(likeness(decoded), likeness(packetOf(data)));
        assert.equal(hasPrototype(decoded), false);
      }),
    );
  });

  it('writes bytes as base64 text (RFC 4648, section 4), as Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (data) => {
        const decoded = jsonCodec.decode(jsonCodec.encode(packetOf([{ data }]))) as { d: { data: string }[] };
        assert.equal(decoded.d[0]?.data, Buffer.from(data).toString('base64'));
      }),
    );
  });

  it('refuses whatever is not JSON, and only by a packet error', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'{}[]",:0123456789.eE+-\\ntrufalse \u0000é') }),
        (text) => {
          try {
            assert.equal(hasPrototype(jsonCodec.decode(text)), false);
          } catch (error) {
            assert.ok(error instanceof PacketError, String(error));
          }
        },
      ),
    );
  });

  it('refuses a binary message', () => {
    assert.throws(() => jsonCodec.decode(new Uint8Array([0x7b, 0x7d])), PacketError);
  });

  it('does not quote the message in the error that a peer may see', () => {
    assert.throws(
      () => jsonCodec.decode('{"token":"secret-secret-secret-secret'),
      (error: Error) => error.message.length < 200,
    );
  });
});
