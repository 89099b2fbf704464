import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LoopTurn } from '../../src/websocket/loop-turn.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the turn of the event loop', () => {
  it('is long when it has lasted 4 ms since somebody asked first', () => {
    const turn = new LoopTurn();
    assert.deepEqual([turn.isLong(1000), turn.isLong(1003.9), turn.isLong(1004)], [false, false, true]);
  });

  it('begins anew when the loop goes on', async () => {
    const turn = new LoopTurn();
    turn.isLong(1000);
    await nextTurn();
    assert.deepEqual([turn.isLong(1010), turn.isLong(1013), turn.isLong(1014)], [false, false, true]);
  });

  it('makes the loop busy, until a short one', async () => {
    const turn = new LoopTurn();
    assert.equal(turn.isBusy, false);
    turn.isLong(performance.now() - 8);
    await nextTurn();
    assert.equal(turn.isBusy, true);
    turn.isLong(performance.now() + 60_000);
    await nextTurn();
    assert.equal(turn.isBusy, false);
  });
});
