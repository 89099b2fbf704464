import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { forgetInput, MOST_FORGOTTEN_BYTES } from '../../../src/websocket/server/forget-input.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what still comes from one who is refused', () => {
  it('is read, so that the end is heard', async () => {
    const carrier = new PassThrough();
    let hasEnded = false;
    carrier.on('end', () => {
      hasEnded = true;
    });
    forgetInput(carrier);
    carrier.end(Buffer.alloc(MOST_FORGOTTEN_BYTES));
    while (!hasEnded) await turn();
    assert.equal(carrier.readableLength, 0);
  });

  it('is left waiting when it does not end', async () => {
    const carrier = new PassThrough();
    forgetInput(carrier);
    let sent = 0;
    while (carrier.write(Buffer.alloc(16 * 1024)) || !carrier.isPaused()) {
      sent += 16 * 1024;
      assert.ok(sent < 4 * MOST_FORGOTTEN_BYTES, 'it is read without end');
      await turn();
    }
    assert.ok(sent >= MOST_FORGOTTEN_BYTES);
  });
});
