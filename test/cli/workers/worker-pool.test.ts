import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WorkerPool } from '../../../src/cli/workers/worker-pool.ts';

const program = (name: string) => fileURLToPath(new URL(`${name}.js`, import.meta.url));

describe('WorkerPool', () => {
  it('replaces a worker as often as it may, then stops the others and says how it ended', async () => {
    const delays: number[] = [];
    const pool = new WorkerPool({
      count: 1,
      program: program('short-lived-worker'),
      argumentsOf: () => ['7'],
      restarts: { maxRestarts: 2, firstDelayMs: 1 },
      onEnd: ({ how, delayMs }) => {
        assert.equal(how, 'status 7');
        delays.push(delayMs);
      },
    });
    await pool.start();
    await assert.rejects(pool.failed, { name: 'CommandFailure', exitCode: 1, message: /status 7$/ });
    assert.deepEqual(delays, [1, 2]);
    assert.deepEqual(pool.pids, []);
  });

  it('once all workers had ended, asks for the port where they listened', async () => {
    const ports: (number | undefined)[] = [];
    const pool = new WorkerPool({
      count: 1,
      program: program('short-lived-worker'),
      argumentsOf: (port) => {
        ports.push(port);
        return ['0'];
      },
      restarts: { maxRestarts: 1, firstDelayMs: 1 },
    });
    await pool.start();
    await assert.rejects(pool.failed);
    assert.deepEqual(ports, [undefined, 1]);
  });

  it('kills a worker that does not end in time', async () => {
    const pool = new WorkerPool({
      count: 2,
      program: program('stubborn-worker'),
      argumentsOf: () => [],
      stopTimeoutMs: 1,
    });
    await pool.start();
    assert.equal(pool.pids.length, 2);
    await pool.stop();
    assert.deepEqual(pool.pids, []);
  });

  it('says so when a worker ends before it listens', async () => {
    const pool = new WorkerPool({
      count: 2,
      program: program('short-lived-worker'),
      argumentsOf: () => ['9', 'before'],
    });
    await assert.rejects(pool.start(), {
      name: 'CommandFailure',
      message: 'a worker process ended before it listened: status 9',
    });
    assert.deepEqual(pool.pids, []);
  });
});
