// Runs every case against our own server, over one transport: each has a test file of its own, so that they run side by side.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type RunResult, testServer } from '../../src/conformance/index.ts';
import { WebSocketServer } from '../../src/websocket/index.ts';
import { choices, notStrict, ourChoices } from './not-strict.ts';

const MiB = 1024 * 1024;

export function describeOurServer(
  transport: string,
  { http2, cases }: { http2: boolean; cases: number },
): void {
  describe(`our server, over ${transport}`, () => {
    let server: WebSocketServer;
    let run: RunResult;

    before(async () => {
      server = new WebSocketServer({
        host: '127.0.0.1',
        port: 0,
        http2,
        allowedOrigins: '*',
        limits: {
          maxMessageBytes: 64 * MiB,
          maxQueuedBytes: 64 * MiB,
          // All come from one address, and many are refused.
          maxFailedHandshakesPerMinute: 10_000,
        },
        // A busy machine takes its time over a request that comes byte by byte.
        handshakeTimeoutMs: 6_000,
        message: (connection, data) => void connection.send(data),
      });
      await server.listening;
      const url = `ws://127.0.0.1:${server.address()?.port}/`;
      run = await testServer({ url, http2, deadlineMs: 30_000 });
    });
    after(() => server.close({ timeoutMs: 1000 }));

    it('passes every case strictly', () => assert.deepEqual(notStrict(run), []));

    it('chooses what it is known to choose where the RFC leaves it open', () => {
      assert.deepEqual(choices(run), ourChoices.server[http2 ? 'http2' : 'http1']);
    });

    it('is tested by every case, those of compression too', () => {
      assert.ok(run.results.length > cases);
      assert.equal(run.results.filter(({ verdict }) => verdict === 'skipped').length, 0);
    });
  });
}
