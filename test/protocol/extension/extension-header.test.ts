import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/protocol/errors.ts';
import {
  type Extension,
  parseExtensions,
  serializeExtensions,
} from '../../../src/protocol/extension/extension-header.ts';
import { Malformed } from '../../../src/protocol/handshake/field-reader.ts';
import { isToken } from '../../../src/protocol/handshake/token.ts';
import { fc } from '../../fast-check.ts';
import { countSteps } from '../handshake/counted-text.ts';

function extension(name: string, ...parameters: [name: string, value?: string][]): Extension {
  return { name, parameters: parameters.map(([key, value]) => ({ name: key, value })) };
}

describe('Sec-WebSocket-Extensions', () => {
  for (const [value, extensions] of [
    ['foo', [extension('foo')]],
    ['foo, bar; baz=2', [extension('foo'), extension('bar', ['baz', '2'])]],
    ['bar; baz=2, foo', [extension('bar', ['baz', '2']), extension('foo')]],
    ['deflate-stream', [extension('deflate-stream')]],
    ['mux; max-channels=4; flow-control', [extension('mux', ['max-channels', '4'], ['flow-control'])]],
    ['foo;a;a=1', [extension('foo', ['a'], ['a', '1'])]],
    ['foo, foo', [extension('foo'), extension('foo')]],
    ['\tfoo ;\ta =\tb , ,', [extension('foo', ['a', 'b'])]],
    ['foo; a="b"', [extension('foo', ['a', 'b'])]],
    ['foo; a="\\1\\0"', [extension('foo', ['a', '10'])]],
    ['__proto__; constructor=toString', [extension('__proto__', ['constructor', 'toString'])]],
  ] as const) {
    it(`${JSON.stringify(value)} is read in order (9.1)`, () => {
      assert.deepEqual(parseExtensions(value), extensions);
    });
  }

  for (const [value, reason] of [
    ['', 'no extension is listed'],
    [',', 'no extension is listed'],
    ['foo;', 'it ends where a name or a value should follow'],
    ['foo; a=', 'it ends where a name or a value should follow'],
    ['foo;;a', 'character 5 is not expected there'],
    [';a', 'character 1 is not expected there'],
    ['foo; =b', 'character 6 is not expected there'],
    ['foo; a==b', 'character 8 is not expected there'],
    ['foo bar', 'character 5 is not expected there'],
    ['foo; a=b c', 'character 10 is not expected there'],
    ['foo; a="b"c', 'character 11 is not expected there'],
    ['"foo"', 'character 1 is not expected there'],
    ['foo=1', 'character 4 is not expected there'],
    ['föo', 'character 2 is not expected there'],
    ['foo; a="b', 'the quoted value of "a" does not end'],
  ] as const) {
    it(`${JSON.stringify(value)} is refused: ${reason} (9.1)`, () => {
      assert.deepEqual(parseExtensions(value), new Malformed(reason));
    });
  }

  for (const value of ['foo; a=""', 'foo; a="b c"', 'foo; a="b,c"', 'foo; a="\\""']) {
    it(`a quoted value must be a token after unescaping, which ${value} is not (9.1)`, () => {
      assert.deepEqual(parseExtensions(value), new Malformed('the quoted value of "a" is not a token'));
    });
  }

  it('may list as many extensions as the limit says and no more', () => {
    const limits = { maxExtensions: 2 };
    assert.equal((parseExtensions('a, b', limits) as Extension[]).length, 2);
    assert.deepEqual(parseExtensions('a, b, c', limits), new Malformed('more than 2 extensions are listed'));
    assert.ok(parseExtensions(Array(17).fill('a').join()) instanceof Malformed);
  });

  it('may give an extension as many parameters as the limit says and no more', () => {
    const limits = { maxExtensionParameters: 2 };
    assert.ok(!(parseExtensions('a;b;c, d;e;f', limits) instanceof Malformed));
    assert.deepEqual(
      parseExtensions('a;b;c;d', limits),
      new Malformed('more than 2 parameters are given for "a"'),
    );
    assert.ok(parseExtensions(`a${';b'.repeat(17)}`) instanceof Malformed);
  });

  it('comes back from what it is written as', () => {
    const token = fc.string({ minLength: 1, maxLength: 8 }).filter(isToken);
    const parameter = fc.record({ name: token, value: fc.option(token, { nil: undefined }) });
    const extensions = fc.array(
      fc.record({ name: token, parameters: fc.array(parameter, { maxLength: 4 }) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(extensions, (list) => {
        const plain = list.map(({ name, parameters }) =>
          extension(name, ...parameters.map((each) => [each.name, each.value] as [string, string?])),
        );
        assert.deepEqual(parseExtensions(serializeExtensions(plain)), plain);
      }),
    );
  });

  it('is never written with what is not a token', () => {
    for (const list of [
      [extension('')],
      [extension('a\r\nb')],
      [extension('a', ['b c'])],
      [extension('a', ['b', ''])],
      [extension('a', ['b', '"c"'])],
    ]) {
      assert.throws(() => serializeExtensions(list), UsageError);
    }
  });

  it('any text is read or refused, without an exception', () => {
    const pieces = fc.constantFrom('a', 'b', ';', ',', '=', '"', '\\', ' ', '\t', '\0', 'é', 'Ł');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const result = parseExtensions(parts.join(''));
        assert.ok(result instanceof Malformed || result.length > 0);
      }),
    );
  });

  for (const [name, unit] of Object.entries({
    extensions: 'a, ',
    'empty elements': ' ,',
    parameters: 'a; b=c; d, ',
    spaces: '    ',
  })) {
    it(`${name} are read in linear time`, () => {
      const limits = { maxExtensions: 1e6, maxExtensionParameters: 1e6 };
      const once = countSteps(unit.repeat(1000), (text) => parseExtensions(text, limits));
      const twice = countSteps(unit.repeat(2000), (text) => parseExtensions(text, limits));
      assert.ok(once > 1000 && twice <= 2.1 * once, `${once} steps became ${twice}`);
    });
  }

  it('an escaped quoted value is read in linear time', () => {
    const value = (count: number) => `a; b="${'\\c'.repeat(count)}"`;
    const once = countSteps(value(1000), parseExtensions);
    const twice = countSteps(value(2000), parseExtensions);
    assert.ok(once > 1000 && twice <= 2.1 * once, `${once} steps became ${twice}`);
  });
});
