import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChannelParameters,
  ChannelPattern,
  isChannelName,
  UsageError,
} from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';

const segment = fc.string({ unit: fc.constantFrom(...'abZ9-_.~@+=%'), minLength: 1, maxLength: 6 });
const parameter = fc.constantFrom('id', 'org', 'constructor', '__proto__', 'a1_').map((name) => `{${name}}`);
const patternText = fc
  .array(fc.oneof(segment, parameter), { minLength: 1, maxLength: 5 })
  .filter(
    (parts) =>
      new Set(parts.filter((part) => part.startsWith('{'))).size ===
      parts.filter((part) => part.startsWith('{')).length,
  )
  .map((parts) => parts.join(':'));

function fill(pattern: ChannelPattern, values: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  pattern.parameterNames.forEach((name, index) => {
    parameters[name] = values[index]!;
  });
  return parameters;
}

describe('channel pattern', () => {
  const values = fc.array(segment, { minLength: 5, maxLength: 5 });

  it('matches every name that it formats, and finds the same parameters', () => {
    fc.assert(
      fc.property(patternText, values, (text, texts) => {
        const pattern = new ChannelPattern(text);
        const parameters = fill(pattern, texts);
        const name = pattern.format(parameters);
        assert.ok(isChannelName(name));
        assert.deepEqual(pattern.match(name), parameters);
      }),
    );
  });

  it('overlaps exactly when one name can be of both', () => {
    fc.assert(
      fc.property(patternText, patternText, values, (a, b, texts) => {
        const [one, two] = [new ChannelPattern(a), new ChannelPattern(b)];
        assert.equal(one.overlaps(two), two.overlaps(one));
        if (two.match(one.format(fill(one, texts))) !== undefined) assert.ok(one.overlaps(two));
        if (!one.overlaps(two)) return;
        const parts = b.split(':');
        const shared = a.split(':').map((part, index) => (part.startsWith('{') ? parts[index]! : part));
        const name = shared.map((part) => (part.startsWith('{') ? 'x' : part)).join(':');
        assert.ok(one.match(name) !== undefined && two.match(name) !== undefined, name);
      }),
    );
  });

  it('gives parameters without a prototype', () => {
    const parameters = new ChannelPattern('chat:{id}').match('chat:42');
    assert.equal(Object.getPrototypeOf(parameters), null);
    const odd = new ChannelPattern('x:{__proto__}').match('x:1') as Record<string, string>;
    assert.deepEqual(Object.entries(odd), [['__proto__', '1']]);
  });

  it('a parameter stands for one whole segment', () => {
    const pattern = new ChannelPattern('chat:{id}');
    for (const name of ['chat', 'chat:', 'chat:a:b', 'chats:1', 'Chat:1', 'chat:a b', '']) {
      assert.equal(pattern.match(name), undefined, name);
    }
  });

  const refused = [
    '',
    'chat:',
    'chat:{}',
    'chat:x{id}',
    '{id',
    'chat:{a}:{a}',
    'chat:{1}',
    'chat:{a b}',
    'a b',
    'x'.repeat(129),
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => new ChannelPattern(text), UsageError));
  }

  it('formats no parameter that is missing, inherited, empty, or more than a segment', () => {
    const pattern = new ChannelPattern('chat:{id}');
    for (const id of ['', 'a:b', 'a/b', '{id}', 'ä', 'x'.repeat(124)]) {
      assert.throws(() => pattern.format({ id }), UsageError, id);
    }
    assert.throws(() => pattern.format({} as { id: string }), UsageError);
    assert.throws(() => new ChannelPattern('x:{constructor}').format({} as never), UsageError);
  });

  it('types its parameters', () => {
    const pattern = new ChannelPattern('org:{org}:chat:{id}');
    const parameters: ChannelParameters<'org:{org}:chat:{id}'> = { org: 'a', id: '1' };
    assert.equal(pattern.format(parameters), 'org:a:chat:1');
    // @ts-expect-error: `id` is missing
    assert.throws(() => pattern.format({ org: 'a' }), UsageError);
    // @ts-expect-error: there is no such parameter
    pattern.match('org:a:chat:1')?.other;
    assert.equal(new ChannelPattern('lobby').format({}), 'lobby');
  });
});
