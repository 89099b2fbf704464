import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type BudgetHolder,
  ProcessBudget,
  SharedBudget,
  type ShedLimit,
} from '../../../src/websocket/connection/shared-budget.ts';

const limitDefaults = { maxUnfinishedBytes: 100, maxTotalQueuedBytes: 50, maxInflating: 1 };

/** A server whose connections hold what they are told to. */
function open(limits: Partial<typeof limitDefaults> = {}, process = new ProcessBudget(), server = '') {
  const calls: string[] = [];
  const connections: (BudgetHolder & { held: number })[] = [];
  const budget = new SharedBudget(
    { ...limitDefaults, ...limits },
    { count: (limit) => calls.push(`count ${limit}`), connections },
    process,
  );
  function connect(name: string) {
    const connection = {
      held: 0,
      weight: () => connection.held,
      shed: (limit: ShedLimit) => {
        calls.push(`${name} sheds ${limit}`);
        hold(limit, 0);
      },
    };
    connections.push(connection);
    function hold(limit: ShedLimit, bytes: number): void {
      const change = bytes - connection.held;
      connection.held = bytes;
      if (limit === 'maxUnfinishedBytes') budget.changeUnfinished(change);
      else budget.changeQueued(change);
    }
    return (bytes: number, limit: ShedLimit = 'maxUnfinishedBytes') => hold(limit, bytes);
  }
  return { budget, calls, connect, server };
}

describe('a budget of one server', () => {
  for (const [limit, most] of [
    ['maxUnfinishedBytes', 100],
    ['maxTotalQueuedBytes', 50],
  ] as const) {
    it(`has the connection that holds most let go, beyond ${limit}`, () => {
      const { budget, calls, connect } = open();
      const [light, heavy] = [connect('light'), connect('heavy')];
      heavy(most - 10, limit);
      light(10, limit);
      assert.deepEqual(calls, []);
      light(11, limit);
      assert.deepEqual(calls, [`count ${limit}`, `heavy sheds ${limit}`]);
      assert.equal(budget.unfinishedBytes + budget.queuedBytes, 11);
    });
  }

  it('asks nobody to let go because of what goes', () => {
    const { budget, calls } = open();
    budget.changeUnfinished(300);
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

describe('the budgets of several servers of a process', () => {
  it('are one: of all connections, the one that holds most lets go', () => {
    const process = new ProcessBudget();
    const [first, second] = [open({}, process), open({}, process)];
    const [heavy, light] = [first.connect('heavy'), second.connect('light')];
    heavy(60);
    light(40);
    assert.deepEqual([first.calls, second.calls], [[], []]);
    light(41);
    assert.deepEqual(first.calls, ['count maxUnfinishedBytes', 'heavy sheds maxUnfinishedBytes']);
    assert.deepEqual(second.calls, []);
  });

  it('leave each server its own limit, and all together the highest', () => {
    const process = new ProcessBudget();
    const [small, large] = [open({ maxUnfinishedBytes: 10 }, process), open({}, process)];
    const [light, heavy] = [small.connect('light'), large.connect('heavy')];
    heavy(90);
    light(10);
    assert.deepEqual([small.calls, large.calls], [[], []]);
    light(11);
    assert.deepEqual(small.calls, ['count maxUnfinishedBytes', 'light sheds maxUnfinishedBytes']);
    assert.deepEqual(large.calls, []);
  });

  it('count only what is held now', () => {
    const process = new ProcessBudget();
    const [first, second] = [open({}, process), open({}, process)];
    const [one, other] = [first.connect('one'), second.connect('other')];
    one(100);
    one(0);
    other(100);
    assert.deepEqual([first.calls, second.calls], [[], []]);
  });

  it('have the same places for inflating', () => {
    const process = new ProcessBudget();
    const [first, second] = [open({}, process), open({ maxInflating: 2 }, process)];
    const turns: string[] = [];
    const message = (name: string) => ({ receiveTurn: () => turns.push(name) });
    assert.equal(first.budget.enterInflating(message('first')), true);
    assert.equal(second.budget.enterInflating(message('second')), true);
    assert.equal(first.budget.enterInflating(message('third')), false);
    assert.equal(second.budget.enterInflating(message('fourth')), false);
    assert.deepEqual([first.calls, second.calls], [['count maxInflating'], ['count maxInflating']]);
    // A place of the second is free, and none of the first.
    second.budget.leaveInflating();
    assert.deepEqual(turns, ['fourth']);
    first.budget.leaveInflating();
    assert.deepEqual(turns, ['fourth', 'third']);
  });
});
