import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionOptions } from '../../../src/websocket/drop-in/shared-options.ts';

describe('connectionOptions', () => {
  it('has the limits of ws, where it has any', () => {
    assert.deepEqual(connectionOptions({}, false), {
      limits: {
        maxMessageBytes: 100 * 1024 * 1024,
        maxQueuedBytes: Number.MAX_SAFE_INTEGER,
        maxMessagesPerSecond: 1_000_000_000,
        maxBytesPerSecond: 1_000_000_000,
      },
      keepalive: { intervalMs: 0 },
      closeTimeoutMs: 30_000,
      perMessageDeflate: false,
    });
  });

  it('takes 0, and what no message can have, for no limit', () => {
    for (const maxPayload of [0, Number.POSITIVE_INFINITY, 2 ** 40]) {
      assert.equal(connectionOptions({ maxPayload }, false).limits?.maxMessageBytes, 2 ** 31 - 1);
    }
  });

  it('translates the options of permessage-deflate', () => {
    const perMessageDeflate = {
      serverMaxWindowBits: 10,
      clientMaxWindowBits: true,
      clientNoContextTakeover: false,
      threshold: 5,
      zlibDeflateOptions: { level: 0, memLevel: 7 },
    };
    assert.deepEqual(connectionOptions({ perMessageDeflate }, false).perMessageDeflate, {
      clientNoContextTakeover: false,
      serverMaxWindowBits: 10,
      thresholdBytes: 5,
      memLevel: 7,
    });
    assert.equal(connectionOptions({}, true).perMessageDeflate, true);
  });
});
