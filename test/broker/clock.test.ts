import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/broker/index.ts';

describe('system clock', () => {
  it('calls back when the time has come, and not before', async () => {
    const before = systemClock.now();
    const keepAlive = setInterval(() => {}, 1_000);
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 5));
    clearInterval(keepAlive);
    assert.ok(systemClock.now() - before >= 4, 'timers of Node may round down by less than 1 ms');
  });

  it('does not call what was cancelled', async () => {
    let called = false;
    const cancel = systemClock.setTimer(() => {
      called = true;
    }, 1);
    cancel();
    cancel();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(called, false);
  });

  it('keeps no process alive', () => {
    const script = `import { systemClock } from 'tidewire/broker'; systemClock.setTimer(() => {}, 3_600_000);`;
    const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 30_000,
    });
    assert.deepEqual([status, signal], [0, null]);
  });
});
