import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chatContract, readCredential, writeCredential } from '../../../examples/chat/chat-contract.ts';
import { chatLimits, Invalid } from '../../../examples/chat/chat-text.ts';

const id = 'k'.repeat(16);
const { messages, typing, channels } = chatContract.channels;
const said = (more: object = {}) => ({ type: 'said', id, name: 'Ada', text: 'hello', ...more });

describe('contract of the chat', () => {
  const good: [string, object][] = [
    ['a text', said()],
    ['a name of the longest length', said({ name: 'n'.repeat(chatLimits.maxNameLength) })],
    ['a name in any script, with emoji', said({ name: 'Zoë 李 👩‍🚀' })],
    ['a text of several lines', said({ text: 'one\n\ttwo' })],
    ['a text of the longest length', said({ text: 't'.repeat(chatLimits.maxTextLength) })],
    ['an edit', { type: 'edited', id, text: 'hello again' }],
  ];
  for (const [what, event] of good) {
    it(`${what} is read as it is`, () =>
      assert.deepEqual(messages.validatePayload(event), { type: 'valid', value: event }));
  }

  it('a name loses the spaces around it and the doubled ones in it, and unknown fields are left behind', () => {
    assert.deepEqual(messages.validatePayload(said({ name: '  Ada \t Lovelace ', admin: true })), {
      type: 'valid',
      value: said({ name: 'Ada Lovelace' }),
    });
  });

  const bad: [string, unknown][] = [
    ['null', null],
    ['an array', ['said']],
    ['a text alone', 'hello'],
    ['an unknown type', said({ type: 'shouted' })],
    ['a type from the prototype', said({ type: 'constructor' })],
    ['no id', said({ id: undefined })],
    ['a short id', said({ id: 'short' })],
    ['an id with a line break at its end', said({ id: `${id}\n` })],
    ['a name that is no text', said({ name: { length: 3 } })],
    ['an empty name', said({ name: '' })],
    ['a name that is too long by one', said({ name: 'n'.repeat(chatLimits.maxNameLength + 1) })],
    ['a name of invisible characters', said({ name: '\u200b\u200b' })],
    ['a name that is only a joiner', said({ name: '\u200d' })],
    ['a name that turns the text after it around', said({ name: 'Ada\u202eadA' })],
    ['a name with half of a surrogate pair', said({ name: 'Ada\ud800' })],
    ['a text that is none', said({ text: ['hello'] })],
    ['a text of white space', said({ text: ' \n ' })],
    ['a text that is too long by one', said({ text: 't'.repeat(chatLimits.maxTextLength + 1) })],
    ['a text with NUL', said({ text: 'a\u0000b' })],
    ['a text with an escape sequence of a terminal', said({ text: '\u001b[2J' })],
  ];
  for (const [what, value] of bad) {
    it(`${what} does not fit`, () => assert.equal(messages.validatePayload(value).type, 'invalid'));
  }

  it('typing is on only when it is said to be', () => {
    for (const active of [false, 'yes', undefined]) {
      assert.deepEqual(typing.validatePayload({ name: 'Ada', active }), {
        type: 'valid',
        value: { name: 'Ada', active: false },
      });
    }
  });

  it('a channel is named by small letters, digits and hyphens, which is its key too', () => {
    for (const name of ['general', 'a', '7-seas', 'x'.repeat(chatLimits.maxChannelLength)]) {
      assert.equal(channels.validatePayload({ name }).type, 'valid');
      assert.equal(channels.stateKeyOf({ name }), name);
    }
    for (const name of [
      '',
      '-a',
      'General',
      'a b',
      'a:b',
      'é',
      'x'.repeat(chatLimits.maxChannelLength + 1),
    ]) {
      assert.equal(channels.validatePayload({ name }).type, 'invalid', name);
    }
  });

  it('a credential is read as it was written, in any script', () => {
    for (const name of ['Ada', 'Ada.Lovelace', 'Zoë 李 👩‍🚀', '5%']) {
      assert.deepEqual(readCredential(writeCredential({ key: id, name })), { key: id, name });
    }
  });

  for (const token of ['', '.', 'Ada', `${id}.`, `${id}.%`, `${id}.%00`, `short.Ada`, `.Ada`]) {
    it(`${JSON.stringify(token)} is no credential`, () =>
      assert.throws(() => readCredential(token), Invalid));
  }
});
