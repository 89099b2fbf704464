import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatLimits, parseClientMessage, Refusal } from '../../../examples/chat/chat-message.ts';

const key = 'k'.repeat(16);
const parse = (value: unknown) => parseClientMessage(JSON.stringify(value));
const refuses = (value: unknown, code: string) =>
  assert.throws(
    () => parse(value),
    (error) => error instanceof Refusal && error.code === code,
  );

describe('messages of a chat page', () => {
  const good: [string, unknown][] = [
    ['a join', { type: 'join', name: 'Ada', key }],
    ['a name of the longest length', { type: 'join', name: 'n'.repeat(chatLimits.maxNameLength), key }],
    ['a name in any script, with emoji', { type: 'join', name: 'Zoë 李 👩‍🚀', key }],
    ['a text', { type: 'say', id: key, text: 'hello' }],
    ['a text of several lines', { type: 'say', id: key, text: 'one\n\ttwo' }],
    ['a text of the longest length', { type: 'say', id: key, text: 't'.repeat(chatLimits.maxTextLength) }],
    ['typing', { type: 'typing', active: false }],
  ];
  for (const [what, message] of good) {
    it(`${what} is read as it is`, () => assert.deepEqual(parse(message), message));
  }

  it('a name loses the spaces around it and the doubled ones in it', () => {
    assert.deepEqual(parse({ type: 'join', name: '  Ada \t Lovelace ', key }), {
      type: 'join',
      name: 'Ada Lovelace',
      key,
    });
  });

  it('fields that are not known are left behind', () => {
    assert.deepEqual(parse({ type: 'typing', active: true, admin: true }), { type: 'typing', active: true });
  });

  const notUnderstood: [string, string][] = [
    ['no JSON', 'hello'],
    ['an empty message', ''],
    ['null', 'null'],
    ['an array', '["join"]'],
    ['a number', '7'],
    ['an unknown type', '{"type":"shout"}'],
    ['a type from the prototype', '{"type":"constructor"}'],
    ['a type smuggled in by __proto__', `{"__proto__":{"type":"typing","active":true}}`],
    ['a name that is no string', `{"type":"join","name":{"length":3},"key":"${key}"}`],
    ['no key', '{"type":"join","name":"Ada"}'],
    ['a short key', '{"type":"join","name":"Ada","key":"short"}'],
    ['a key with a line break at its end', `{"type":"join","name":"Ada","key":"${key}\\n"}`],
    ['an id that is no string', '{"type":"say","id":1,"text":"hello"}'],
    ['a text that is no string', `{"type":"say","id":"${key}","text":["hello"]}`],
    ['typing that is no boolean', '{"type":"typing","active":"yes"}'],
    ['arrays nested deeply', '['.repeat(8_000) + ']'.repeat(8_000)],
  ];
  for (const [what, json] of notUnderstood) {
    it(`${what} is not understood`, () => {
      assert.throws(
        () => parseClientMessage(json),
        (error) => error instanceof Refusal && error.code === 'NOT_UNDERSTOOD',
      );
    });
  }

  const badNames: [string, string][] = [
    ['empty', ''],
    ['only spaces', '   '],
    ['too long by one', 'n'.repeat(chatLimits.maxNameLength + 1)],
    ['only invisible characters', '\u200b\u200b'],
    ['only a joiner', '\u200d'],
    ['with a character that turns text around', 'Ada\u202eadA'],
    ['with a control character', 'Ada\u0007'],
    ['with half of a surrogate pair', 'Ada\ud800'],
  ];
  for (const [what, name] of badNames) {
    it(`a name ${what} is refused`, () => refuses({ type: 'join', name, key }, 'NAME_INVALID'));
  }

  const badTexts: [string, string][] = [
    ['empty', ''],
    ['only white space', ' \n '],
    ['too long by one', 't'.repeat(chatLimits.maxTextLength + 1)],
    ['with NUL', 'a\u0000b'],
    ['with an escape sequence of a terminal', '\u001b[2J'],
    ['with half of a surrogate pair', '\udc00'],
  ];
  for (const [what, text] of badTexts) {
    it(`a text ${what} is refused, and its id is named`, () => {
      assert.throws(
        () => parse({ type: 'say', id: key, text }),
        (error) => error instanceof Refusal && error.code === 'TEXT_INVALID' && error.id === key,
      );
    });
  }
});
