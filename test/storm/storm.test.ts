import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recoveryStorm } from './recovery-storm.ts';
import { serverRestart } from './server-restart.ts';
import { slowReaders } from './slow-readers.ts';

// The same with more of everything: npm run storm.
describe('over real sockets', () => {
  it('subscribers that are cut off again and again miss nothing, unless they are told', async (test) => {
    const options = { subscribers: 24, cuts: 4, messagesPerSecond: 100 };
    const { violations, figures } = await recoveryStorm(options, () => {});
    test.diagnostic(JSON.stringify(figures));
    assert.deepEqual(violations, []);
  });

  it('readers that stall or are slow are parked, get everything later, and hold nobody up', async (test) => {
    const options = { good: 40, stalled: 4, slow: 4, messages: 300 };
    const { violations, figures } = await slowReaders(options, () => {});
    test.diagnostic(JSON.stringify(figures));
    assert.deepEqual(violations, []);
  });

  it('clients of a server that was killed come back, spread, and go on where they were', async (test) => {
    const { violations, figures } = await serverRestart({ clients: 100, awayMs: 1_000 }, () => {});
    test.diagnostic(JSON.stringify(figures));
    assert.deepEqual(violations, []);
  });
});
