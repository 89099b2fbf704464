// WebSocketError, and the rules for what a program may close with.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocketError } from '../../../src/websocket/index.ts';
import { webSocketFailure } from '../../../src/websocket/whatwg/websocket-error.ts';

describe('WebSocketError', () => {
  it('is a DOMException with a name, a message, a code and a reason', () => {
    const error = new WebSocketError('no more', { closeCode: 4000, reason: 'over' });
    assert.ok(error instanceof DOMException);
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.message, error.closeCode, error.reason],
      ['WebSocketError', 'no more', 4000, 'over'],
    );
    assert.equal(Object.prototype.toString.call(error), '[object WebSocketError]');
  });

  it('has defaults: no message, no code, no reason', () => {
    const error = new WebSocketError();
    assert.deepEqual([error.message, error.closeCode, error.reason], ['', null, '']);
  });

  it('has the code 1000 when only a reason is given', () => {
    assert.equal(new WebSocketError('', { reason: 'over' }).closeCode, 1000);
  });

  it('throws an InvalidAccessError for a code that nobody may close with', () => {
    for (const closeCode of [0, 999, 1001, 1006, 2999, 5000, 3000.5]) {
      assert.throws(() => new WebSocketError('', { closeCode }), { name: 'InvalidAccessError' });
    }
  });

  it('throws a SyntaxError for a reason of more than 123 bytes', () => {
    assert.throws(() => new WebSocketError('', { reason: 'ä'.repeat(62) }), { name: 'SyntaxError' });
    assert.equal(new WebSocketError('', { reason: 'a'.repeat(123) }).reason.length, 123);
  });

  it('of a failure has a code that a program cannot give, and a cause', () => {
    const cause = new Error('gone');
    const error = webSocketFailure({ message: 'lost', closeCode: 1006, reason: '', cause });
    assert.deepEqual([error.closeCode, error.cause], [1006, cause]);
  });
});
