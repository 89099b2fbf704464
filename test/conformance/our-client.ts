// Runs every case against our own client, over one transport: each has a test file of its own, so that they run side by side.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ClientTest,
  type DrivenConstructor,
  type DriveReport,
  driveClient,
  type RunResult,
} from '../../src/conformance/index.ts';
import { WebSocket } from '../../src/websocket/index.ts';
import { choices, notStrict, ourChoices } from './not-strict.ts';

const maxMessageBytes = 64 * 1024 * 1024;

export function describeOurClient(
  transport: string,
  { http2, cases }: { http2: boolean; cases: number },
): void {
  class LargeWebSocket extends WebSocket {
    constructor(url: string) {
      super(url, [], { limits: { maxMessageBytes }, http2 });
    }
  }

  describe(`our client, over ${transport}`, () => {
    let test: ClientTest;
    let run: RunResult;
    let report: DriveReport;

    before(async () => {
      test = new ClientTest({ http2, deadlineMs: 30_000 });
      const url = await test.listen();
      const finished = test.finished();
      report = await driveClient({
        url,
        agent: 'ours',
        WebSocket: LargeWebSocket as unknown as DrivenConstructor,
        deadlineMs: 120_000,
      });
      run = await finished;
    });
    after(() => test.close());

    it('passes every case strictly', () => assert.deepEqual(notStrict(run), []));

    it('chooses what it is known to choose where the RFC leaves it open', () => {
      assert.deepEqual(choices(run), ourChoices.client[http2 ? 'http2' : 'http1']);
    });

    it('is tested by every case, those of compression too', () => {
      assert.equal(run.name, 'ours');
      assert.ok(run.results.length > cases);
      assert.equal(run.results.filter(({ verdict }) => verdict === 'skipped').length, 0);
    });

    it('fires close for every connection', () => assert.deepEqual(report.neverClosed, []));
  });
}
