import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { whatIsWrongWithConnect } from '../../src/conformance/http2-request.ts';
import { ClientTest, type RunResult } from '../../src/conformance/index.ts';
import { cutSession, openSession, Tunnel } from '../websocket/http2/tunnel.ts';

describe('suite for clients over HTTP/2', () => {
  let test: ClientTest;
  let session: ClientHttp2Session;

  before(async () => {
    test = new ClientTest({
      http2: true,
      only: ['ping.answered.text', 'http2.client-fails.status-404', 'http2.client-fails.reset-cancel'],
      deadlineMs: 1000,
    });
    session = await openSession((await test.listen()).replace('ws:', 'http:'));
  });
  after(async () => {
    await cutSession(session);
    await test.close();
  });

  async function get(path: string): Promise<{ status: number; body: string }> {
    const stream = session.request({ ':path': path });
    const status = new Promise<number>((resolve) => {
      stream.once('response', (headers) => resolve(Number(headers[':status'])));
    });
    const body = Buffer.concat(await stream.toArray()).toString();
    return { status: await status, body };
  }

  /** What a client whose only request is this one is told to be. */
  async function verdictOn(id: string, run: (path: string) => Promise<unknown>): Promise<string | undefined> {
    const finished: Promise<RunResult> = test.finished();
    await run(`/case/${id}?agent=one`);
    await get('/report?agent=one');
    const result = (await finished).results.find((each) => each.id === id);
    return result && `${result.verdict}: ${result.detail}`;
  }

  it('lists its cases to a plain GET, and answers 404 for what it does not have', async () => {
    const { body } = await get('/cases');
    assert.deepEqual(JSON.parse(body), [
      'ping.answered.text',
      'http2.client-fails.status-404',
      'http2.client-fails.reset-cancel',
    ]);
    assert.equal((await get('/case/no.such.case')).status, 404);
  });

  it('lists them to a WebSocket too', async () => {
    const tunnel = new Tunnel(session, '/cases');
    assert.equal((await tunnel.response)[':status'], 200);
    await tunnel.closed;
    assert.match(tunnel.log[0] ?? '', /^text \["ping\.answered\.text"/);
  });

  it('fails a client that takes the status 404 for good', async () => {
    const verdict = await verdictOn('http2.client-fails.status-404', async (path) => {
      const tunnel = new Tunnel(session, path);
      await tunnel.response;
      // A masked Pong.
      tunnel.stream.write(Buffer.from('8a8000000000', 'hex'));
      await tunnel.closed;
    });
    assert.match(verdict ?? '', /^failed: the client took the connection for open/);
  });

  it('passes a client that drops the stream', async () => {
    const drop = async (path: string): Promise<void> => {
      const tunnel = new Tunnel(session, path);
      await tunnel.response;
      tunnel.stream.close();
      await tunnel.closed;
    };
    assert.equal(await verdictOn('http2.client-fails.status-404', drop), 'strict: ');
  });

  it('fails a request without the version', async () => {
    const verdict = await verdictOn('ping.answered.text', async (path) => {
      const tunnel = new Tunnel(session, path, { 'sec-websocket-version': undefined });
      assert.equal((await tunnel.response)[':status'], 404);
    });
    assert.equal(verdict, 'failed: the version is not 13 (RFC 6455, 4.1, 9)');
  });
});

describe('extended CONNECT of a client', () => {
  const good = {
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/',
    ':authority': 'x',
    'sec-websocket-version': '13',
  };

  it('is right when it has all that RFC 8441 asks for', () => {
    assert.equal(whatIsWrongWithConnect(good), undefined);
  });

  for (const name of Object.keys(good)) {
    it(`is wrong without ${name}`, () => {
      assert.match(whatIsWrongWithConnect({ ...good, [name]: undefined }) ?? '', /RFC (8441|6455)/);
    });
  }
});
