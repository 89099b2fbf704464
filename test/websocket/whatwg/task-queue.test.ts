// The order of tasks, and what comes between them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TaskQueue } from '../../../src/websocket/whatwg/task-queue.ts';
import { nextTurn } from './socket-log.ts';

function makeQueue(): { queue: TaskQueue; log: string[] } {
  const log: string[] = [];
  return { queue: new TaskQueue((isBusy) => log.push(isBusy ? 'busy' : 'idle')), log };
}

describe('a task queue', () => {
  it('runs tasks in order, not before the caller is done, and microtasks between them', async () => {
    const { queue, log } = makeQueue();
    for (const name of ['1', '2']) {
      queue.queue(() => {
        log.push(name);
        queueMicrotask(() => log.push(`after ${name}`));
      });
    }
    log.push('queued');
    await nextTurn();
    assert.deepEqual(log, ['busy', 'queued', '1', 'after 1', '2', 'idle', 'after 2']);
  });

  it('runs a task that was queued by the last one', async () => {
    const { queue, log } = makeQueue();
    queue.queue(() => {
      log.push('1');
      queue.queue(() => log.push('2'));
    });
    await nextTurn();
    await nextTurn();
    assert.deepEqual(
      log.filter((line) => line.length === 1),
      ['1', '2'],
    );
    assert.equal(log.at(-1), 'idle');
  });

  it('runs none while it is held, and all in order after that', async () => {
    const { queue, log } = makeQueue();
    queue.queue(() => {
      log.push('1');
      queue.hold();
    });
    queue.queue(() => log.push('2'));
    await nextTurn();
    queue.queue(() => log.push('3'));
    await nextTurn();
    assert.deepEqual(log, ['busy', '1', 'idle']);
    queue.release();
    queue.queue(() => log.push('4'));
    await nextTurn();
    assert.deepEqual(log, ['busy', '1', 'idle', 'busy', '2', '3', '4', 'idle']);
  });

  it('runs each task once when it is held and released in one turn', async () => {
    const { queue, log } = makeQueue();
    queue.queue(() => log.push('1'));
    queue.hold();
    queue.release();
    queue.queue(() => log.push('2'));
    await nextTurn();
    await nextTurn();
    assert.deepEqual(log, ['busy', 'idle', 'busy', '1', '2', 'idle']);
  });

  it('runs the first task of a turn at once when it may, and the others later', async () => {
    const { queue, log } = makeQueue();
    queue.beginTurn();
    for (const name of ['1', '2']) queue.runOrQueue(() => log.push(name));
    assert.deepEqual(log, ['1', 'busy']);
    // Another chunk in the same turn.
    queue.beginTurn();
    queue.runOrQueue(() => log.push('3'));
    await nextTurn();
    assert.deepEqual(log, ['1', 'busy', '2', '3', 'idle']);
    queue.beginTurn();
    queue.runOrQueue(() => log.push('4'));
    assert.equal(log.at(-1), '4');
  });

  it('runs none at once in a turn that did not begin with it', async () => {
    const { queue, log } = makeQueue();
    queue.runOrQueue(() => log.push('1'));
    assert.deepEqual(log, ['busy']);
    await nextTurn();
    queue.beginTurn();
    queue.hold();
    queue.runOrQueue(() => log.push('2'));
    queue.release();
    queue.runOrQueue(() => log.push('3'));
    assert.ok(!log.includes('3'));
    await nextTurn();
    assert.deepEqual(
      log.filter((line) => line.length === 1),
      ['1', '2', '3'],
    );
  });
});
