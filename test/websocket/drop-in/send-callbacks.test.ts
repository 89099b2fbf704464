import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SendCallbacks } from '../../../src/websocket/drop-in/send-callbacks.ts';

function record(): {
  readonly callbacks: SendCallbacks;
  readonly calls: string[];
  add(name: string): () => void;
} {
  const calls: string[] = [];
  return {
    callbacks: new SendCallbacks(),
    calls,
    add: (name) => (error?: Error) => calls.push(`${name} ${error?.message ?? 'sent'}`),
  };
}

describe('SendCallbacks', () => {
  it('calls back each message when its last byte is taken, while others still wait', () => {
    const { callbacks, calls, add } = record();
    callbacks.accept(0, 100, add('a'));
    callbacks.accept(100, 150, undefined);
    callbacks.accept(150, 200, add('b'));
    assert.equal(callbacks.release(101), true);
    assert.deepEqual(calls, []);
    assert.equal(callbacks.release(100), true);
    assert.deepEqual(calls, ['a sent']);
    callbacks.accept(100, 400, add('c'));
    assert.equal(callbacks.release(300), true);
    assert.deepEqual(calls, ['a sent', 'b sent']);
    assert.equal(callbacks.release(0), false);
    assert.deepEqual(calls, ['a sent', 'b sent', 'c sent']);
    assert.equal(callbacks.isEmpty, true);
  });

  it('counts what waited before the first message', () => {
    const { callbacks, calls, add } = record();
    callbacks.accept(1_000, 1_010, add('a'));
    callbacks.release(10);
    assert.deepEqual(calls, []);
    callbacks.release(0);
    assert.deepEqual(calls, ['a sent']);
  });

  it('is not confused by a message that was taken at once', () => {
    const { callbacks, calls, add } = record();
    callbacks.accept(0, 50, add('a'));
    callbacks.accept(50, 0, add('b'));
    callbacks.release(0);
    assert.deepEqual(calls, ['a sent', 'b sent']);
  });

  it('calls back all that wait, with the error, when the connection is gone', () => {
    const { callbacks, calls, add } = record();
    callbacks.accept(0, 1, add('a'));
    callbacks.accept(1, 2, add('b'));
    callbacks.close(new Error('gone'));
    callbacks.close();
    assert.deepEqual(calls, ['a gone', 'b gone']);
  });
});
