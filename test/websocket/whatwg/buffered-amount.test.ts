// What `bufferedAmount` counts, and when it comes down.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferedAmount } from '../../../src/websocket/whatwg/buffered-amount.ts';
import { nextTurn } from './socket-log.ts';

describe('bufferedAmount', () => {
  it('keeps what was sent in this turn, though the transport took it at once', async () => {
    const amount = new BufferedAmount(() => 0);
    amount.add(3);
    amount.add(4);
    assert.equal(amount.value, 7);
    await nextTurn();
    assert.equal(amount.value, 0);
  });

  it('is never more than what was sent, nor than what waits in the transport', async () => {
    let waiting = 0;
    const amount = new BufferedAmount(() => waiting);
    amount.add(10);
    waiting = 12;
    await nextTurn();
    assert.equal(amount.value, 10);
    waiting = 4;
    assert.equal(amount.value, 4);
    amount.add(1);
    assert.equal(amount.value, 5);
  });

  it('does not count what was taken once when more waits later', async () => {
    let waiting = 12;
    const amount = new BufferedAmount(() => waiting);
    amount.add(10);
    await nextTurn();
    waiting = 0;
    amount.refresh();
    waiting = 100;
    assert.equal(amount.value, 0);
  });

  it('keeps forever what will never be sent', async () => {
    let waiting = 8;
    const amount = new BufferedAmount(() => waiting);
    amount.add(6);
    await nextTurn();
    amount.close();
    waiting = 0;
    assert.equal(amount.value, 6);
    amount.addForever(2);
    await nextTurn();
    assert.equal(amount.value, 8);
  });
});
