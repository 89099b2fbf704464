import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type RunResult, testServer } from '../../src/conformance/index.ts';
import { WebSocketServer } from '../../src/websocket/index.ts';
import { notStrict } from './not-strict.ts';

const MiB = 1024 * 1024;

describe('our server, over HTTP/1.1', () => {
  let server: WebSocketServer;
  let run: RunResult;

  before(async () => {
    server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      allowedOrigins: '*',
      maxMessageBytes: 64 * MiB,
      maxQueuedBytes: 64 * MiB,
      handshakeTimeoutMs: 2000,
      message: (connection, data) => void connection.send(data),
    });
    await server.listening;
    run = await testServer({ url: `ws://127.0.0.1:${server.address()?.port}/` });
  });
  after(() => server.close({ timeoutMs: 1000 }));

  it('passes every case strictly', () => assert.deepEqual(notStrict(run), []));

  it('is tested by every case, those of compression too', () => {
    assert.ok(run.results.length > 2000);
    assert.equal(run.results.filter(({ verdict }) => verdict === 'skipped').length, 0);
  });
});
