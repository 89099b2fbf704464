import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isFieldCode,
  isFieldValue,
  isQuotedCode,
  isToken,
  isTokenCode,
} from '../../../src/protocol/handshake/token.ts';

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

describe('token characters', () => {
  it('are exactly those RFC 9110 lists (5.6.2)', () => {
    for (let code = -1; code <= 0x1_00; code += 1) {
      const expected = code >= 0 && tokenCharacters.includes(String.fromCharCode(code)) && code < 0x80;
      assert.equal(isTokenCode(code), expected, `code ${code}`);
    }
  });

  it('do not include a character whose low byte would be one', () => {
    assert.equal(isTokenCode(0x141), false);
    assert.equal(isToken('a\u0141'), false);
  });

  it('make a token when there is at least one', () => {
    assert.equal(isToken(''), false);
    assert.equal(isToken('a'), true);
    assert.equal(isToken('a b'), false);
    assert.equal(isToken('__proto__'), true);
  });
});

describe('field values', () => {
  it('consist of printable ASCII, space, tab and 0x80–0xFF (5.5)', () => {
    for (let code = -1; code <= 0x1_01; code += 1) {
      const expected = code === 0x09 || (code >= 0x20 && code <= 0xff && code !== 0x7f);
      assert.equal(isFieldCode(code), expected, `code ${code}`);
    }
  });

  for (const [name, value] of Object.entries({
    CR: 'a\rb',
    LF: 'a\nb',
    NUL: 'a\0b',
    DEL: 'a\x7f',
    'a letter above 0xFF': '\u0100',
    'U+010A, whose low byte is LF': 'a\u010ab',
  })) {
    it(`do not hold ${name}`, () => assert.equal(isFieldValue(value), false));
  }

  it('may be empty', () => assert.equal(isFieldValue(''), true));
});

describe('quoted characters', () => {
  it('are those of a field value but quote and backslash (5.6.4)', () => {
    for (let code = 0; code <= 0xff; code += 1) {
      assert.equal(isQuotedCode(code), isFieldCode(code) && code !== 0x22 && code !== 0x5c, `code ${code}`);
    }
  });
});
