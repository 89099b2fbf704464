// CloseEvent (https://websockets.spec.whatwg.org/#the-closeevent-interface) and the error event with its extras.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CloseEvent, ConnectionError } from '../../../src/websocket/index.ts';
import { WebSocketErrorEvent } from '../../../src/websocket/whatwg/events.ts';

describe('CloseEvent (6)', () => {
  it('is constructed from a type and a dictionary', () => {
    const event = new CloseEvent('close', { code: 3000, reason: 'r', wasClean: true, cancelable: true });
    assert.ok(event instanceof Event);
    assert.deepEqual([event.type, event.code, event.reason, event.wasClean], ['close', 3000, 'r', true]);
    assert.equal(event.cancelable, true);
    assert.equal(Object.prototype.toString.call(event), '[object CloseEvent]');
    assert.equal(CloseEvent.name, 'CloseEvent');
  });

  it('has defaults: code 0, no reason, not clean', () => {
    const event = new CloseEvent('close');
    assert.deepEqual([event.code, event.reason, event.wasClean], [0, '', false]);
  });

  it('throws a TypeError without a type', () => {
    assert.throws(() => Reflect.construct(CloseEvent, []), TypeError);
  });

  it('converts the code to an unsigned short, modulo 65 536', () => {
    assert.equal(new CloseEvent('close', { code: 65_536 + 1000 }).code, 1000);
  });
});

describe('WebSocketErrorEvent', () => {
  it('is an Event with the error, its text, and the status of the answer', () => {
    const error = new ConnectionError('HANDSHAKE_FAILED', 'who are you', { status: 401 });
    const event = new WebSocketErrorEvent('error', error);
    assert.ok(event instanceof Event);
    assert.deepEqual(
      [event.type, event.error, event.message, event.status],
      ['error', error, 'who are you', 401],
    );
  });
});
