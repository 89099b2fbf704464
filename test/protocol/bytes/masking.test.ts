import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  applyMaskingKey,
  applyMaskingKeyToText,
  isAscii,
  maskingKeyFrom,
  turnMaskingKey,
} from '../../../src/protocol/bytes/masking.ts';
import { fc } from '../../fast-check.ts';
import { type MaskingKey, maskNaively } from '../frame-bytes.ts';
import { hex, show } from '../hex.ts';

const keyOf = (key: MaskingKey): number => maskingKeyFrom(...key);

describe('masking', () => {
  it('octet i is XORed with octet i modulo 4 of the key (5.3)', () => {
    const payload = hex('7f 9f 4d 51 58');
    applyMaskingKey(payload, 0, payload.length, keyOf([0x37, 0xfa, 0x21, 0x3d]));
    assert.equal(payload.toString(), 'Hello');
  });

  it('the same algorithm masks and unmasks (5.3)', () => {
    const payload = Buffer.from('Hello');
    applyMaskingKey(payload, 0, payload.length, keyOf([0x37, 0xfa, 0x21, 0x3d]));
    assert.equal(show(payload), '7f 9f 4d 51 58');
  });

  it('a key of zeros changes nothing, and is legal (5.3)', () => {
    const payload = hex('00 ff 80 7f');
    applyMaskingKey(payload, 0, 4, keyOf([0, 0, 0, 0]));
    assert.equal(show(payload), '00 ff 80 7f');
  });

  it('equals the naive algorithm for every alignment, offset and length around the limits of its loops', () => {
    const key: MaskingKey = [0x81, 0x02, 0xf3, 0x7c];
    const lengths = [...Array(20).keys(), 31, 32, 33, 63, 64, 65];
    for (let length = 120; length < 180; length += 1) lengths.push(length);
    for (let alignment = 0; alignment < 8; alignment += 1) {
      for (const length of lengths) {
        const memory = new Uint8Array(alignment + 3 + length + 3).map((_, index) => (index * 7) & 0xff);
        const before = memory.slice();
        const view = memory.subarray(alignment);
        applyMaskingKey(view, 3, 3 + length, keyOf(key));
        const expected = before.slice();
        expected.set(maskNaively(before.slice(alignment + 3, alignment + 3 + length), key), alignment + 3);
        assert.deepEqual(memory, expected, `alignment ${alignment}, length ${length}`);
      }
    }
  });

  it('equals the naive algorithm for any bytes, key and cut into pieces', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.tuple(byte, byte, byte, byte),
        fc.array(fc.nat(600), { maxLength: 4 }),
        (payload, key, cuts) => {
          const masked = payload.slice();
          let turned = keyOf(key);
          let from = 0;
          for (const cut of [...cuts.sort((a, b) => a - b), payload.length]) {
            const to = Math.max(from, Math.min(cut, payload.length));
            applyMaskingKey(masked, from, to, turned);
            turned = turnMaskingKey(turned, to - from);
            from = to;
          }
          assert.deepEqual(masked, maskNaively(payload, key));
        },
      ),
    );
  });

  it('tells whether the result is ASCII, whatever the length', () => {
    const key: MaskingKey = [0xff, 0x80, 0x01, 0xaa];
    for (const length of [1, 2, 3, 4, 5, 127, 128, 129, 130, 131, 160, 167, 1000]) {
      const ascii = new Uint8Array(length).fill(0x41);
      const masked = maskNaively(ascii, key).slice();
      assert.equal(applyMaskingKeyToText(masked, 0, length, keyOf(key)), true, `ASCII of ${length}`);
      for (let place = 0; place < length; place += 1) {
        const nearly = ascii.slice();
        nearly[place] = 0x80;
        const bytes = maskNaively(nearly, key).slice();
        assert.equal(
          applyMaskingKeyToText(bytes, 0, length, keyOf(key)),
          false,
          `byte ${place} of ${length}`,
        );
        assert.equal(isAscii(nearly, 0, length), false);
        assert.equal(isAscii(nearly, 0, place), true);
      }
    }
  });

  it('nothing is ASCII', () => {
    assert.equal(applyMaskingKeyToText(new Uint8Array(0), 0, 0, 0x01020304), true);
    assert.equal(isAscii(Uint8Array.of(0xff), 1, 1), true);
  });
});

describe('a turned masking key', () => {
  const key = maskingKeyFrom(0x37, 0xfa, 0x21, 0x3d);
  const rows: [number, readonly [number, number, number, number]][] = [
    [0, [0x37, 0xfa, 0x21, 0x3d]],
    [1, [0xfa, 0x21, 0x3d, 0x37]],
    [2, [0x21, 0x3d, 0x37, 0xfa]],
    [3, [0x3d, 0x37, 0xfa, 0x21]],
    [4, [0x37, 0xfa, 0x21, 0x3d]],
    [2 ** 31 - 1, [0x3d, 0x37, 0xfa, 0x21]],
  ];
  for (const [count, expected] of rows) {
    it(`goes on where ${count} bytes have gone by (5.3)`, () =>
      assert.equal(turnMaskingKey(key, count), maskingKeyFrom(...expected)));
  }
});
