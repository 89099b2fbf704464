import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { whatIsWrongWithRequest } from '../../src/conformance/client-opening.ts';
import { ClientTest } from '../../src/conformance/index.ts';
import { readHead } from '../../src/conformance/wire/http-head.ts';

/** What a GET answers. */
async function get(url: string): Promise<{ status: number; body: string }> {
  const [response] = (await once(http.get(url), 'response')) as [http.IncomingMessage];
  const chunks = await response.toArray();
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}

/** A client made by hand: sends a request and then bytes, and gives back all it receives until the end. */
async function rawClient(url: string, headers: string, bytes: Buffer): Promise<string> {
  const { hostname, port, pathname, search } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  await readHead(socket, 5000);
  socket.write(bytes);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.resume();
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('hex');
}

const upgrade =
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

describe('suite for clients', () => {
  let test: ClientTest;
  let base: string;

  before(async () => {
    test = new ClientTest({
      only: ['ping.answered.text', 'handshake.client-fails.no-accept'],
      deadlineMs: 1000,
    });
    base = await test.listen();
  });
  after(() => test.close());
  const http = () => base.replace('ws:', 'http:');

  it('lists its cases to a plain GET', async () => {
    const { body } = await get(`${http()}/cases`);
    assert.deepEqual(JSON.parse(body), ['handshake.client-fails.no-accept', 'ping.answered.text']);
  });

  it('answers 404 for what it does not have', async () => {
    assert.equal((await get(`${http()}/case/no.such.case`)).status, 404);
    assert.equal((await get(`${http()}/`)).status, 404);
  });

  it('judges a client that ignores Pings, one that breaks the handshake, and one that never comes', async () => {
    const finished = test.finished();
    await rawClient(`${base}/case/ping.answered.text?agent=deaf`, upgrade, Buffer.alloc(0));
    const { body } = await get(`${http()}/report?agent=deaf`);
    assert.deepEqual(JSON.parse(body).counts, {
      strict: 0,
      acceptable: 0,
      informational: 0,
      failed: 1,
      skipped: 1,
    });
    const details = (await finished).results.map(({ verdict, detail }) => `${verdict}: ${detail}`);
    assert.deepEqual(details, [
      'skipped: the client did not ask for this case',
      'failed: no Pong before the deadline (5.5.2)',
    ]);
  });

  it('fails a client that takes a handshake without proof for good', async () => {
    const finished = test.finished();
    const echo = Buffer.from(`818d00000000${Buffer.from('are you open?').toString('hex')}`, 'hex');
    await rawClient(`${base}/case/handshake.client-fails.no-accept?agent=naive`, upgrade, echo);
    await get(`${http()}/report?agent=naive`);
    const { verdict, detail } = (await finished).results[0]!;
    assert.equal(
      `${verdict}: ${detail}`,
      'failed: the client took the connection for open: text "are you open?"',
    );
  });
});

describe('request of a client', () => {
  const good = [
    ['host', 'x'],
    ['upgrade', 'websocket'],
    ['connection', 'keep-alive, Upgrade'],
    ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ['sec-websocket-version', '13'],
  ] as const;
  const judge = (headers: readonly (readonly [string, string])[], startLine = 'GET / HTTP/1.1') =>
    whatIsWrongWithRequest({ type: 'head', startLine, status: 0, headers, rest: Buffer.alloc(0) });

  it('is right when it has all that 4.1 asks for', () => assert.equal(judge(good), undefined));

  for (const [name] of good) {
    it(`is wrong without ${name}`, () => {
      assert.match(judge(good.filter(([key]) => key !== name)) ?? '', /4\.1/);
    });
  }

  it('is wrong with a key that is not 16 bytes in base64, or by another method', () => {
    assert.match(
      judge([['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAB=='], ...good.slice(0, 3), good[4]]) ?? '',
      /key/,
    );
    assert.match(judge(good, 'POST / HTTP/1.1') ?? '', /request line/);
  });
});
