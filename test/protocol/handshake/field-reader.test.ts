import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  equalsIgnoringCase,
  FieldReader,
  listHasToken,
  trimSpace,
} from '../../../src/protocol/handshake/field-reader.ts';
import { countSteps } from './counted-text.ts';

describe('field reader', () => {
  for (const [quoted, content] of [
    ['"a"', 'a'],
    ['""', ''],
    ['"a\\"b"', 'a"b'],
    ['"\\\\"', '\\'],
    ['"\\a\\b"', 'ab'],
    ['"a b;c,d=e"', 'a b;c,d=e'],
    ['"a', undefined],
    ['"', undefined],
    ['"a\\', undefined],
    ['"a\\"', undefined],
    ['"a\nb"', undefined],
    ['"a\\\nb"', undefined],
    ['"a\u0141"', undefined],
  ] as const) {
    it(`reads ${JSON.stringify(quoted)} as ${JSON.stringify(content)} (RFC 9110, 5.6.4)`, () => {
      const reader = new FieldReader(quoted);
      assert.equal(reader.take('"'), true);
      assert.equal(reader.takeQuoted(), content);
      if (content !== undefined) assert.equal(reader.ended, true);
    });
  }

  it('gives an empty token where none begins, and does not move', () => {
    const reader = new FieldReader(';a');
    assert.equal(reader.takeToken(), '');
    assert.equal(reader.position, 0);
  });

  it('ignores empty list elements (RFC 9110, 5.6.1.2)', () => {
    const reader = new FieldReader(' ,\t, ,a');
    reader.skipEmptyElements();
    assert.equal(reader.takeToken(), 'a');
  });
});

describe('token lists', () => {
  for (const [list, expected] of [
    ['upgrade', true],
    ['Upgrade', true],
    ['keep-alive, Upgrade', true],
    ['keep-alive,\tUPGRADE\t,x', true],
    [',,upgrade', true],
    ['', false],
    ['upgrades', false],
    ['keep-alive upgrade', false],
    ['"upgrade"', false],
    ['up, grade', false],
    ['upgrade/1', false],
  ] as const) {
    it(`${JSON.stringify(list)} ${expected ? 'has' : 'does not have'} the token`, () => {
      assert.equal(listHasToken(list, 'upgrade'), expected);
    });
  }

  it('are searched in linear time', () => {
    const once = countSteps('a, '.repeat(1000), (text) => listHasToken(text, 'upgrade'));
    const twice = countSteps('a, '.repeat(2000), (text) => listHasToken(text, 'upgrade'));
    assert.ok(twice <= 2.1 * once, `${once} steps became ${twice}`);
  });
});

describe('case', () => {
  it('is folded for A–Z only', () => {
    assert.equal(equalsIgnoringCase('WebSocket', 'websocket'), true);
    // U+212A, the Kelvin sign, becomes "k" in String.toLowerCase.
    assert.equal(equalsIgnoringCase('webSoc\u212aet', 'websocket'), false);
    assert.equal(equalsIgnoringCase('[', '{'), false);
  });
});

describe('space', () => {
  it('is trimmed when it is a space or a tab and nothing else', () => {
    assert.equal(trimSpace(' \ta b\t '), 'a b');
    assert.equal(trimSpace('\u00a0a\n'), '\u00a0a\n');
    assert.equal(trimSpace(' \t '), '');
  });
});
