import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineCall, defineChannel, defineContract, UsageError } from '../../../src/channel/index.ts';
import { chat, countdown, example, search, shortText } from './example-contract.ts';

function channel(pattern: string) {
  return defineChannel(pattern, { class: 'log', payload: shortText, allow: { subscribe: 'anyone' } });
}

describe('contract', () => {
  it('finds the channel that a name belongs to, with its parameters', () => {
    const found = example.findChannel('org:acme:chat:7');
    assert.equal(found?.key, 'chat');
    assert.equal(found?.contract, chat);
    assert.deepEqual({ ...found?.parameters }, { org: 'acme', id: '7' });
    for (const name of ['org:acme:chat', 'price', 'constructor', '__proto__', '', 'inbox:a b']) {
      assert.equal(example.findChannel(name), undefined, name);
    }
  });

  it('finds a call by its own name only', () => {
    assert.equal(example.findCall('search'), search);
    for (const name of ['constructor', '__proto__', 'toString', ''])
      assert.equal(example.findCall(name), undefined);
  });

  it('refuses two patterns that describe the same name', () => {
    const channels = { one: channel('a:{x}'), two: channel('{y}:b') };
    assert.throws(() => defineContract({ title: 't', version: '1', channels }), UsageError);
    defineContract({ title: 't', version: '1', channels: { one: channel('a:{x}'), two: channel('b:{x}') } });
  });

  it('refuses a name that is no identifier', () => {
    for (const name of ['', 'a-b', '1a', '__proto', 'x'.repeat(65)]) {
      const channels = { [name]: channel('a') };
      assert.throws(() => defineContract({ title: 't', version: '1', channels }), UsageError);
    }
  });

  it('works without calls', () => {
    const small = defineContract({ title: 't', version: '1', channels: { chat } });
    assert.equal(small.findCall('search'), undefined);
    assert.deepEqual(small.calls, {});
  });
});

describe('call contract', () => {
  it('has a deadline, is no stream, and is for nobody, unless it says so', () => {
    const call = defineCall({ input: shortText, output: shortText });
    assert.deepEqual([call.deadlineMs, call.isStream, call.rule], [10_000, false, 'nobody']);
    assert.equal(call.permits({ subject: 'ann', claims: {} }), false);
    assert.equal(countdown.isStream, true);
    assert.equal(search.permits({ subject: 'ann', claims: {} }), true);
    assert.equal(search.permits({ subject: undefined, claims: {} }), false);
  });

  it('refuses a deadline that can never work', () => {
    for (const deadlineMs of [0, -1, 0.5, Number.NaN, Infinity]) {
      assert.throws(() => defineCall({ input: shortText, output: shortText, deadlineMs }), UsageError);
    }
  });
});
