import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/protocol/errors.ts';
import { Malformed } from '../../../src/protocol/handshake/field-reader.ts';
import {
  chooseProtocol,
  parseProtocols,
  serializeProtocols,
} from '../../../src/protocol/handshake/subprotocol.ts';
import { isToken } from '../../../src/protocol/handshake/token.ts';
import { fc } from '../../fast-check.ts';
import { countSteps } from './counted-text.ts';

describe('subprotocol offer', () => {
  for (const [value, protocols] of [
    ['chat', ['chat']],
    ['chat, superchat', ['chat', 'superchat']],
    ['b,a', ['b', 'a']],
    ['chat,Chat', ['chat', 'Chat']],
    [' ,chat ,\t, v1.x,', ['chat', 'v1.x']],
    ['__proto__, constructor', ['__proto__', 'constructor']],
  ] as const) {
    it(`${JSON.stringify(value)} is ${JSON.stringify(protocols)} (11.3.4)`, () => {
      assert.deepEqual(parseProtocols(value), protocols);
    });
  }

  for (const [value, reason] of [
    ['', 'no name is listed'],
    [' , ', 'no name is listed'],
    ['chat, chat', 'name 2 was listed before'],
    ['chat super', 'character 6 cannot stand in a name'],
    ['chat;v=1', 'character 5 cannot stand in a name'],
    ['"chat"', 'character 1 cannot stand in a name'],
    ['chät', 'character 3 cannot stand in a name'],
  ] as const) {
    it(`${JSON.stringify(value)} is refused: ${reason} (4.1, item 10)`, () => {
      assert.deepEqual(parseProtocols(value), new Malformed(reason));
    });
  }

  it('may list as many names as the limit says and no more', () => {
    assert.deepEqual(parseProtocols('a,b', 2), ['a', 'b']);
    assert.deepEqual(parseProtocols('a,b,c', 2), new Malformed('more than 2 names are listed'));
  });

  it('comes back from what it is written as', () => {
    const token = fc.string({ minLength: 1 }).filter(isToken);
    fc.assert(
      fc.property(fc.uniqueArray(token, { minLength: 1, maxLength: 8 }), (protocols) => {
        assert.deepEqual(parseProtocols(serializeProtocols(protocols)), protocols);
      }),
    );
  });

  it('is never written with a name that is no token, or twice', () => {
    for (const protocols of [[''], ['a b'], ['a\r\nb'], ['a,b'], ['a', 'a'], ['ł']]) {
      assert.throws(() => serializeProtocols(protocols), UsageError);
    }
  });

  it('is parsed in linear time', () => {
    const list = (count: number) =>
      Array.from({ length: count }, (_, index) => `p${index + 10_000}`).join(', ');
    const once = countSteps(list(1000), (text) => parseProtocols(text, 10_000));
    const twice = countSteps(list(2000), (text) => parseProtocols(text, 10_000));
    assert.ok(twice <= 2.1 * once, `${once} steps became ${twice}`);
  });
});

describe('subprotocol choice', () => {
  it("is the first of the server's that was offered", () => {
    assert.equal(chooseProtocol(['a', 'b', 'c'], ['x', 'c', 'a']), 'c');
  });

  it('is none when nothing is shared, and case matters', () => {
    assert.equal(chooseProtocol(['a'], ['A']), undefined);
    assert.equal(chooseProtocol([], ['A']), undefined);
  });
});
