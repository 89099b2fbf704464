// Event handler attributes (https://html.spec.whatwg.org/#event-handler-attributes).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventHandlers } from '../../../src/websocket/whatwg/event-handlers.ts';

function makeTarget(): { target: EventTarget; handlers: EventHandlers; log: string[]; fire: () => void } {
  const target = new EventTarget();
  const fire = (): void => {
    target.dispatchEvent(new Event('open'));
  };
  return { target, handlers: new EventHandlers(target), log: [], fire };
}

describe('an event handler attribute', () => {
  it('is null at first, and gives back what was set', () => {
    const { handlers } = makeTarget();
    const handler = (): void => undefined;
    assert.equal(handlers.get('open'), null);
    handlers.set('open', handler);
    assert.equal(handlers.get('open'), handler);
  });

  it('is called in the order in which it was first set, whatever is set later', () => {
    const { target, handlers, log, fire } = makeTarget();
    target.addEventListener('open', () => log.push('first'));
    handlers.set('open', () => log.push('replaced'));
    target.addEventListener('open', () => log.push('last'));
    handlers.set('open', () => log.push('handler'));
    fire();
    assert.deepEqual(log, ['first', 'handler', 'last']);
  });

  it('comes last when it was taken away and set again', () => {
    const { target, handlers, log, fire } = makeTarget();
    handlers.set('open', () => log.push('handler'));
    target.addEventListener('open', () => log.push('listener'));
    handlers.set('open', null);
    fire();
    handlers.set('open', () => log.push('handler'));
    fire();
    assert.deepEqual(log, ['listener', 'listener', 'handler']);
  });

  it('is null when something is set that is no object', () => {
    const { handlers, fire } = makeTarget();
    for (const value of [undefined, 5, 'open', true, Symbol('s')]) {
      handlers.set('open', () => assert.fail());
      handlers.set('open', value);
      assert.equal(handlers.get('open'), null);
    }
    fire();
  });

  it('keeps an object that cannot be called, and calls nothing of it', () => {
    const { handlers, fire } = makeTarget();
    const object = { handleEvent: () => assert.fail() };
    handlers.set('open', object);
    assert.equal(handlers.get('open'), object);
    fire();
  });

  it('is called with the event, and with the target as this', () => {
    const { target, handlers, fire } = makeTarget();
    const calls: unknown[] = [];
    handlers.set('open', function (this: unknown, event: Event) {
      calls.push(this, event.type);
    });
    fire();
    assert.deepEqual(calls, [target, 'open']);
  });
});
