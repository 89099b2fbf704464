import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedBudget } from '../../../src/websocket/connection/shared-budget.ts';

function open() {
  const calls: string[] = [];
  const budget = new SharedBudget(
    { maxUnfinishedBytes: 100, maxTotalQueuedBytes: 50, maxInflating: 1 },
    { count: (limit) => calls.push(`count ${limit}`), relieve: (limit) => calls.push(`relieve ${limit}`) },
  );
  return { budget, calls };
}

describe('a shared budget', () => {
  it('is relieved when more comes than it may hold', () => {
    const { budget, calls } = open();
    budget.changeUnfinished(100);
    budget.changeQueued(50);
    assert.deepEqual(calls, []);
    budget.changeUnfinished(1);
    budget.changeQueued(1);
    assert.deepEqual(calls, ['relieve maxUnfinishedBytes', 'relieve maxTotalQueuedBytes']);
    assert.deepEqual([budget.unfinishedBytes, budget.queuedBytes], [101, 51]);
  });

  it('is not relieved by what goes', () => {
    const { budget, calls } = open();
    budget.changeUnfinished(300);
    calls.length = 0;
    budget.changeUnfinished(-100);
    assert.deepEqual(calls, []);
  });

  it('gives the places for inflating in turn', () => {
    const { budget, calls } = open();
    const message = (name: string) => ({ receiveTurn: () => calls.push(`turn ${name}`) });
    const [first, second, third, fourth] = [message('1'), message('2'), message('3'), message('4')];
    assert.equal(budget.canInflate, true);
    assert.equal(budget.enterInflating(first), true);
    assert.equal(budget.canInflate, false);
    for (const later of [second, third, fourth]) assert.equal(budget.enterInflating(later), false);
    calls.length = 0;
    budget.forgetInflating(third);
    budget.leaveInflating();
    assert.deepEqual(calls, ['turn 2']);
    budget.leaveInflating();
    assert.deepEqual(calls, ['turn 2', 'turn 4']);
    assert.equal(budget.canInflate, false);
    budget.leaveInflating();
    assert.equal(budget.canInflate, true);
  });
});
