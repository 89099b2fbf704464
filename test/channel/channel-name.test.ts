import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertChannelName, isChannelName, isChannelSegment, UsageError } from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';

/** The grammar once more, written as differently as possible. */
const grammar = /^(?=.{1,128}$)[A-Za-z0-9\-_.~@+=%]+(:[A-Za-z0-9\-_.~@+=%]+){0,15}$/s;

const almostName = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab1:-_.~@+=%/*$ {}é\n\u0000'), maxLength: 140 }),
  fc
    .array(fc.string({ unit: fc.constantFrom(...'abZ09-_.~@+=%'), maxLength: 9 }), { maxLength: 18 })
    .map((s) => s.join(':')),
);

describe('channel name', () => {
  it('is what the grammar says', () => {
    fc.assert(fc.property(almostName, (text) => assert.equal(isChannelName(text), grammar.test(text))));
  });

  const names = [
    'a',
    new Array(16).fill('a').join(':'),
    'chat:42',
    'org:7:chat:42',
    '__proto__',
    'constructor',
    'user:a%2Fb',
    'x'.repeat(128),
  ];
  for (const name of names) it(`takes ${name}`, () => assert.equal(assertChannelName(name), name));

  const refused = [
    '',
    ':',
    'a:',
    ':a',
    'a::b',
    'a b',
    'a/b',
    'a*',
    'a.>{',
    '$sys',
    'ä',
    'a\n',
    'ａ',
    'x'.repeat(129),
  ];
  for (const text of [...refused, new Array(17).fill('a').join(':')]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(isChannelName(text), false);
      assert.throws(() => assertChannelName(text), UsageError);
    });
  }

  it('a segment is a name without a colon', () => {
    fc.assert(
      fc.property(almostName, (text) => {
        assert.equal(isChannelSegment(text), isChannelName(text) && !text.includes(':'));
      }),
    );
  });

  it('shortens what it refuses before it quotes it', () => {
    assert.throws(
      () => assertChannelName('!'.repeat(100_000)),
      (error: Error) => error.message.length < 150,
    );
  });
});
