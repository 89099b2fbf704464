import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import {
  type ChannelOptions,
  type ChannelVerb,
  defineChannel,
  UsageError,
} from '../../../src/channel/index.ts';
import { chat, inbox, prices, shortText } from './example-contract.ts';

const stranger = { subject: undefined, claims: {} };
const ann = { subject: 'acme/ann', claims: {} };

describe('channel contract', () => {
  it('names its channels, with defaults filled in', () => {
    assert.equal(chat.name({ org: 'acme', id: '42' }), 'org:acme:chat:42');
    assert.equal(chat.policy.history.maxCount, 200);
    assert.equal(chat.policy.durability, 'memory');
  });

  it('a valid payload comes back as it travels: trimmed, with defaults, without strange fields', () => {
    const validation = chat.validatePayload({ text: ' hi ', isAdmin: true });
    assert.deepEqual(validation, { type: 'valid', value: { text: 'hi', tags: [] } });
    assert.ok(validation.type === 'valid');
    assert.deepEqual(
      chat.validatePayload(validation.value),
      validation,
      'and fits once more where it arrives',
    );
  });

  it('an invalid payload comes with the path to each fault', () => {
    const validation = chat.validatePayload({ text: '', tags: ['a', 1] });
    assert.ok(validation.type === 'invalid');
    assert.deepEqual(validation.issues.map(({ path }) => path).sort(), ['$.tags[1]', '$.text']);
    const price = prices.validatePayload({ symbol: 'A', price: '1' });
    assert.ok(price.type === 'invalid');
    assert.deepEqual(
      price.issues.map(({ path }) => path),
      ['$.price'],
    );
  });

  it('knows the key that a state payload replaces', () => {
    assert.equal(prices.stateKeyOf({ symbol: 'A', price: 1 }), 'A');
    assert.equal(chat.stateKeyOf({ text: 'a', tags: [] }), undefined);
  });

  it('validates what members show, where there is presence', () => {
    assert.equal(chat.validatePresence({ name: 'Ann' }).type, 'valid');
    assert.equal(chat.validatePresence({ name: 1 }).type, 'invalid');
    assert.throws(() => prices.validatePresence({}), UsageError);
  });

  const verbs: ChannelVerb[] = ['subscribe', 'publish', 'history', 'presence', 'enter'];

  it('permits what its rules say; what they leave out is as to subscribe, and publishing is for nobody', () => {
    const chatAt = { org: 'acme', id: '1' };
    assert.deepEqual(
      verbs.filter((verb) => chat.permits(verb, stranger, chatAt)),
      ['subscribe', 'history', 'presence'],
    );
    assert.deepEqual(
      verbs.filter((verb) => chat.permits(verb, ann, chatAt)),
      verbs,
    );
    assert.deepEqual(chat.permits('enter', ann, { org: 'evil', id: '1' }), false);
    assert.deepEqual(
      verbs.filter((verb) => prices.permits(verb, ann, {})),
      ['subscribe', 'history', 'presence', 'enter'],
    );
    const mine = { user: 'acme/ann' };
    assert.deepEqual(
      verbs.filter((verb) => inbox.permits(verb, ann, mine)),
      ['subscribe', 'presence', 'enter'],
    );
    assert.deepEqual(
      verbs.filter((verb) => inbox.permits(verb, stranger, mine)),
      [],
    );
  });

  it('a rule permits by true alone: a promise of it does not', () => {
    for (const answer of [Promise.resolve(true), 1, 'yes', {}]) {
      const rule = (() => answer) as unknown as () => boolean;
      const lax = defineChannel('x', { class: 'log', payload: shortText, allow: { subscribe: rule } });
      assert.equal(lax.permits('subscribe', ann, {}), false);
    }
  });

  const payload = shortText;
  const allow = { subscribe: 'anyone' } as const;
  const refused: [string, string, object][] = [
    ['a pattern that is none', 'chat:{', { class: 'log', payload, allow }],
    ['a class that is none', 'x', { class: 'queue', payload, allow }],
    ['state without a key', 'x', { class: 'state', payload, allow }],
    ['a key without state', 'x', { class: 'log', payload, allow, stateKey: () => 'k' }],
    ['a rule that is none', 'x', { class: 'log', payload, allow: { subscribe: 'all' } }],
    ['no rule at all', 'x', { class: 'log', payload, allow: {} }],
  ];
  for (const [name, pattern, options] of refused) {
    it(`refuses ${name}`, () => {
      const untyped = options as ChannelOptions<string, typeof shortText, undefined>;
      assert.throws(() => defineChannel(pattern, untyped), UsageError);
    });
  }

  it('refuses a schema that validates asynchronously when it is used, and leaves no rejection behind', () => {
    const slow = z.string().refine(async () => true);
    const channel = defineChannel('x', { class: 'log', payload: slow, allow });
    assert.throws(() => channel.validatePayload('a'), UsageError);
    const rejecting = {
      '~standard': { version: 1, vendor: 'slow', validate: () => Promise.reject(new Error('no')) },
    } as const;
    assert.throws(
      () => defineChannel('y', { class: 'log', payload: rejecting, allow }).validatePayload(1),
      UsageError,
    );
  });
});
