import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeData, encodeData } from '../../../src/broker/sqlite/publication-data.ts';
import type { PlainData } from '../../../src/channel/index.ts';
import { fc } from '../../fast-check.ts';

const plainData: fc.Arbitrary<PlainData> = fc.letrec<{ data: PlainData }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.array(tie('data')),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('data')),
  ),
})).data;

/** Prototypes are no data. */
function bare(data: PlainData): unknown {
  if (data instanceof Uint8Array) return new Uint8Array(data);
  if (Array.isArray(data)) return data.map(bare);
  if (typeof data !== 'object' || data === null) return data;
  return new Map(Object.entries(data).map(([name, value]) => [name, bare(value)]));
}

describe('data of a publication in the file', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(plainData, (data) => assert.deepEqual(bare(decodeData(encodeData(data))), bare(data))),
    );
  });

  it('is JSON that people can read, unless that would lose something', () => {
    assert.equal(encodeData({ text: 'zażółć', at: [1, null] }), '{"text":"zażółć","at":[1,null]}');
    assert.equal(typeof encodeData([new Uint8Array([1])]), 'object');
    assert.ok(Object.is(decodeData(encodeData(-0)), -0));
  });

  it('takes no more room than it needs', () => {
    const encoded = encodeData(new Uint8Array(3));
    assert.ok(encoded instanceof Uint8Array && encoded.buffer.byteLength === encoded.byteLength);
  });
});
