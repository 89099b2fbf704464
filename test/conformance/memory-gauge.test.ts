import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testServer } from '../../src/conformance/index.ts';
import { MemoryGauge } from '../../src/conformance/memory-gauge.ts';
import { brokenServer } from './broken-echo.ts';

const skip = process.platform === 'linux' ? false : 'only Linux tells the memory of a process';
const MiB = 1024 * 1024;

describe('memory gauge', { skip }, () => {
  it('sees what a process has taken meanwhile, also if it has given it back', () => {
    const gauge = new MemoryGauge(process.pid);
    gauge.begin();
    assert.ok(gauge.end() < 64 * MiB);
    Buffer.alloc(128 * MiB, 'x');
    assert.ok(gauge.end() >= 100 * MiB, `${gauge.end()}`);
  });

  it('says so when there is no such process', () => {
    assert.throws(() => new MemoryGauge(2 ** 31 - 1), /process 2147483647 cannot be read/);
  });

  it('measures the heavy cases, and no others', async () => {
    await using server = await brokenServer();
    const only = ['size.text.1-MiB', 'ping.answered.empty'];
    const { results } = await testServer({ url: server.url, only, pid: process.pid });
    assert.deepEqual(
      results.map(({ id, memoryBytes }) => [id, memoryBytes !== undefined]),
      [
        ['ping.answered.empty', false],
        ['size.text.1-MiB', true],
      ],
    );
  });
});
