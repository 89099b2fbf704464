import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBinary, formatText } from '../../../src/cli/connect/message-text.ts';

describe('text on a terminal', () => {
  const texts: [string, string, string][] = [
    ['plain text stays', 'hello', 'hello'],
    ['a JSON object is indented', '{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'],
    ['a JSON array is indented', ' [true]', '[\n  true\n]'],
    ['a JSON string stays', '"hello"', '"hello"'],
    ['what only looks like JSON stays', '{oops', '{oops'],
    ['line breaks and tabs stay', 'a\n\tb', 'a\n\tb'],
    ['escape sequences are shown', '\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
    ['C1 controls are shown', '\u009b2J', '\\x9b2J'],
    ['carriage returns are shown', 'safe\rfake', 'safe\\x0dfake'],
    ['characters that turn text around are shown', 'a\u202eb', 'a\\u202eb'],
    ['escape sequences inside JSON are shown', '{"a":"\\u009b"}', '{\n  "a": "\\x9b"\n}'],
  ];
  for (const [name, text, expected] of texts) {
    it(name, () => assert.equal(formatText(text), expected));
  }
});

describe('binary on a terminal', () => {
  it('bytes are shown as hex, sixteen in a line', () => {
    const bytes = Uint8Array.from({ length: 18 }, (_, index) => index);
    assert.equal(formatBinary(bytes), '00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n10 11');
  });

  it('a view shows its own bytes alone', () => {
    assert.equal(formatBinary(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), '02 03');
  });

  it('a long message is cut, and says by how much', () => {
    const lines = formatBinary(new Uint8Array(1_000)).split('\n');
    assert.equal(lines.length, 33);
    assert.equal(lines.at(-1), '… and 488 more bytes');
  });

  it('an empty message is empty', () => assert.equal(formatBinary(new Uint8Array()), ''));
});
