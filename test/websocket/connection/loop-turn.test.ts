import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LoopTurn } from '../../../src/websocket/connection/loop-turn.ts';

describe('the turn of the event loop', () => {
  it('is long when it has lasted 2 ms since somebody asked first', () => {
    const turn = new LoopTurn();
    assert.deepEqual([turn.isLong(1000), turn.isLong(1001.9), turn.isLong(1002)], [false, false, true]);
  });

  it('begins anew when the loop goes on', async () => {
    const turn = new LoopTurn();
    turn.isLong(1000);
    await new Promise(setImmediate);
    assert.deepEqual([turn.isLong(1010), turn.isLong(1011), turn.isLong(1012)], [false, false, true]);
  });
});
