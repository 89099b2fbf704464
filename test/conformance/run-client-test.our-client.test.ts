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
import { notStrict } from './not-strict.ts';

class LargeWebSocket extends WebSocket {
  constructor(url: string) {
    super(url, [], { limits: { maxMessageBytes: 64 * 1024 * 1024 } });
  }
}

describe('our client, over HTTP/1.1', () => {
  let test: ClientTest;
  let run: RunResult;
  let report: DriveReport;

  before(async () => {
    test = new ClientTest({ deadlineMs: 30_000 });
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

  it('is tested by every case, those of compression too', () => {
    assert.equal(run.name, 'ours');
    assert.ok(run.results.length > 1500);
    assert.equal(run.results.filter(({ verdict }) => verdict === 'skipped').length, 0);
  });

  it('fires close for every connection', () => assert.deepEqual(report.neverClosed, []));
});
