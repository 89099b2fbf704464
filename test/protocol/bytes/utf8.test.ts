import assert from 'node:assert/strict';
import { isUtf8 as nativeIsUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import {
  checkUtf8Piece,
  type IsUtf8,
  isUtf8,
  stepUtf8,
  UTF8_INVALID,
  UTF8_START,
  type Utf8State,
} from '../../../src/protocol/bytes/utf8.ts';
import { fc } from '../../fast-check.ts';
import { chunkings, cutBy } from '../chunkings.ts';
import { hex } from '../hex.ts';

/** Rows of RFC 3629, section 4, at both ends of every range. */
const wellFormed: [string, string][] = [
  ['the lowest ASCII character', '00'],
  ['the highest ASCII character', '7f'],
  ['the lowest two-byte character, U+0080', 'c2 80'],
  ['the highest two-byte character, U+07FF', 'df bf'],
  ['the lowest three-byte character, U+0800', 'e0 a0 80'],
  ['U+0FFF', 'e0 bf bf'],
  ['U+1000', 'e1 80 80'],
  ['U+CFFF', 'ec bf bf'],
  ['U+D000', 'ed 80 80'],
  ['the last before the surrogates, U+D7FF', 'ed 9f bf'],
  ['the first after the surrogates, U+E000', 'ee 80 80'],
  ['a byte order mark, U+FEFF', 'ef bb bf'],
  ['the noncharacter U+FFFE', 'ef bf be'],
  ['the noncharacter U+FFFF', 'ef bf bf'],
  ['the lowest four-byte character, U+10000', 'f0 90 80 80'],
  ['U+3FFFF', 'f0 bf bf bf'],
  ['U+40000', 'f1 80 80 80'],
  ['U+FFFFF', 'f3 bf bf bf'],
  ['U+100000', 'f4 80 80 80'],
  ['the highest character, U+10FFFF', 'f4 8f bf bf'],
  ['κόσμε', 'ce ba cf 8c cf 83 ce bc ce b5'],
  ['ASCII around a character', '41 e2 82 ac 42'],
];

/** What is ill-formed, and the index of the byte that makes it so. */
const illFormed: [string, string, number][] = [
  ['a lone continuation byte', '80', 0],
  ['the highest lone continuation byte', 'bf', 0],
  ['the overlong lead byte C0', 'c0 80', 0],
  ['the overlong lead byte C1', 'c1 bf', 0],
  ['an overlong three-byte form', 'e0 9f bf', 1],
  ['an overlong slash', 'e0 80 af', 1],
  ['the lowest surrogate, U+D800', 'ed a0 80', 1],
  ['the highest surrogate, U+DFFF', 'ed bf bf', 1],
  ['a pair of surrogates', 'ed a0 80 ed b0 80', 1],
  ['an overlong four-byte form', 'f0 8f bf bf', 1],
  ['U+110000, beyond Unicode', 'f4 90 80 80', 1],
  ['the lead byte F5', 'f5 80 80 80', 0],
  ['the lead byte FE', 'fe', 0],
  ['the lead byte FF', 'ff', 0],
  ['ASCII instead of the only continuation byte', 'c2 41', 1],
  ['a lead byte instead of a continuation byte', 'c2 c2', 1],
  ['ASCII instead of the third byte', 'e2 82 41', 2],
  ['ASCII instead of the fourth byte', 'f0 9f 98 41', 3],
  ['one continuation byte too many', 'e2 82 ac 80', 3],
  ['a fault behind much ASCII', `${'41 '.repeat(200)}80`, 200],
];

function checkPieces(pieces: readonly Uint8Array[], isWhole: IsUtf8): Utf8State {
  let state = UTF8_START;
  for (const bytes of pieces) {
    state = checkUtf8Piece(state, { bytes, start: 0, end: bytes.length }, isWhole);
    if (state === UTF8_INVALID) return state;
  }
  return state;
}

describe('UTF-8', () => {
  for (const [name, text] of wellFormed) {
    it(`accepts ${name}, split anywhere (RFC 3629, section 4)`, () => {
      const bytes = hex(text);
      assert.equal(isUtf8(bytes, 0, bytes.length), true);
      for (const pieces of chunkings(bytes)) assert.equal(checkPieces(pieces, isUtf8), UTF8_START);
    });
  }

  for (const [name, text, fault] of illFormed) {
    it(`refuses ${name} at byte ${fault}, split anywhere (RFC 3629, section 4)`, () => {
      const bytes = hex(text);
      assert.equal(isUtf8(bytes, 0, bytes.length), false);
      assert.notEqual(stepUtf8(UTF8_START, bytes, 0, fault), UTF8_INVALID, 'what stands before is legal');
      assert.equal(stepUtf8(UTF8_START, bytes, 0, fault + 1), UTF8_INVALID);
      for (const pieces of chunkings(bytes)) {
        const faulty = pieces.findIndex((_, index) => {
          const seen = pieces.slice(0, index + 1).reduce((sum, piece) => sum + piece.length, 0);
          return seen > fault;
        });
        assert.notEqual(checkPieces(pieces.slice(0, faulty), isUtf8), UTF8_INVALID);
        assert.equal(checkPieces(pieces.slice(0, faulty + 1), isUtf8), UTF8_INVALID);
      }
    });
  }

  for (const text of ['c2', 'e2', 'e2 82', 'f0', 'f0 9f', 'f0 9f 98', '41 42 f0 9f 98']) {
    it(`waits for more after ${text}, which is not whole`, () => {
      const bytes = hex(text);
      assert.equal(isUtf8(bytes, 0, bytes.length), false);
      for (const pieces of chunkings(bytes)) {
        const state = checkPieces(pieces, isUtf8);
        assert.notEqual(state, UTF8_INVALID);
        assert.notEqual(state, UTF8_START);
      }
    });
  }

  it('looks at its range only', () => {
    const bytes = hex('ff e2 82 ac ff');
    assert.equal(isUtf8(bytes, 1, 4), true);
    assert.equal(checkUtf8Piece(UTF8_START, { bytes, start: 1, end: 4 }, isUtf8), UTF8_START);
    assert.equal(checkUtf8Piece(UTF8_START, { bytes, start: 4, end: 4 }, isUtf8), UTF8_START);
  });

  it('an empty piece changes no state', () => {
    const half = stepUtf8(UTF8_START, hex('e2 82'), 0, 2);
    assert.equal(checkUtf8Piece(half, { bytes: hex(''), start: 0, end: 0 }, isUtf8), half);
  });

  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => new Uint8Array(Buffer.from(text))),
    fc
      .tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(), fc.nat(255))
      .map(([text, place, byte]) => {
        const bytes = new Uint8Array(Buffer.from(`${text}.`));
        bytes[place % bytes.length] = byte;
        return bytes;
      }),
  );
  const native: IsUtf8 = (bytes, start, end) => nativeIsUtf8(bytes.subarray(start, end));

  for (const [name, isWhole] of [
    ['the plain check', isUtf8],
    ["Node's own check", native],
  ] as const) {
    it(`with ${name} agrees with TextDecoder for any bytes and any split`, () => {
      const decoder = new TextDecoder('utf-8', { fatal: true });
      const isDecodable = (bytes: Uint8Array): boolean => {
        try {
          decoder.decode(bytes);
          return true;
        } catch {
          return false;
        }
      };
      fc.assert(
        fc.property(anyBytes, fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }), (bytes, sizes) => {
          const pieces = cutBy(bytes, sizes);
          assert.equal(checkPieces(pieces, isWhole) === UTF8_START, isDecodable(bytes));
          assert.equal(isWhole(bytes, 0, bytes.length), isDecodable(bytes));
        }),
        { numRuns: 1000 },
      );
    });
  }
});
