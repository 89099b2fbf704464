import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findUnplain, maxPayloadDepth } from '../../src/channel/index.ts';
import { asServerPacket, jsonCodec, messagePackCodec } from '../../src/session/index.ts';

function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

describe('plain data', () => {
  const bare = Object.assign(Object.create(null), { __proto__: 1, a: undefined });
  for (const value of [null, true, -0, 1.5, '', [], {}, [[1]], { a: { b: [] } }, new Uint8Array(2), bare]) {
    it(`${JSON.stringify(value)} can travel`, () => assert.equal(findUnplain(value), undefined));
  }
  for (const [value, why] of [
    [undefined, /undefined/],
    [Number.NaN, /NaN/],
    [{ a: [Number.POSITIVE_INFINITY] }, /Infinity/],
    [[1n], /bigint/],
    [{ when: new Date(0) }, /Date/],
    [new Map(), /Map/],
    [() => 1, /function/],
    [[Symbol('s')], /symbol/],
    [[undefined], /undefined/],
    [new (class Point {})(), /Point/],
    ['\ud800', /half a surrogate pair/],
    [{ '\udc00': 1 }, /half a surrogate pair/],
  ] as const) {
    it(`${String(typeof value === 'object' ? JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) : String(value))} cannot, and it says why`, () =>
      assert.match(findUnplain(value) ?? '', why));
  }

  it('is no deeper than every packet that may carry it can be', () => {
    assert.equal(findUnplain(nested(maxPayloadDepth)), undefined);
    assert.match(findUnplain(nested(maxPayloadDepth + 1)) ?? '', /deeper than 28/);
    const d = nested(maxPayloadDepth) as never;
    const entry = { o: 1, d, ts: 1 };
    for (const codec of [jsonCodec, messagePackCodec]) {
      for (const packet of [
        { t: 'reply', id: 1, ok: { e: 'e', o: 1, m: [entry], more: false, next: 0 } },
        { t: 'map', s: 1, o: 1, n: 1, put: [['a/b', 1, d]] },
        { t: 'msg', s: 1, o: 1, d },
      ] as const) {
        asServerPacket(codec.decode(codec.encode(packet as never)));
      }
    }
  });
});
