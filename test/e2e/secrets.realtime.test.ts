// Credentials and session secrets go every way through a realtime server and its client: logs, metrics, errors, close
// reasons and statuses show none of them.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { type ClientStatus, connect } from 'tidewire/client';
import { type Authenticate, createRealtime } from 'tidewire/server';
import { WebSocket } from 'tidewire/websocket';
import { contract, RawClient } from '../server/realtime-rig.ts';
import { secret, Witness } from './witness.ts';

const bearer = `bearer.${Buffer.from(secret).toString('base64url')}`;
const json = 'tidewire.v1.json';
const allowed = 'https://a.example';

/** A server whose every log line the witness sees. */
async function open(test: TestContext, authenticate: Authenticate | undefined) {
  const witness = new Witness();
  let lines = 0;
  const log = (fields: object, message: string): void => {
    lines += 1;
    witness.see(fields, `a log line's fields (${message})`);
    witness.see(message, 'a log line');
  };
  const realtime = createRealtime({
    contracts: contract,
    port: 0,
    tokenFrom: { cookie: 'session', query: 'token' },
    webSocket: { allowedOrigins: [allowed] },
    logger: { debug: log, info: log, warn: log, error: log },
    ...(authenticate !== undefined && { authenticate }),
  });
  test.after(() => realtime.close({ spreadMs: 0, timeoutMs: 1_000 }));
  await realtime.listening;
  const url = `ws://127.0.0.1:${realtime.address()?.port}`;
  return { realtime, url, witness, lines: () => lines };
}

/** Every way in which a token may come before the first packet. */
const openings = [
  { path: '/', protocols: [json, bearer] },
  { path: '/', protocols: [json], headers: { Authorization: `Bearer ${secret}` } },
  { path: '/', protocols: [json], headers: { Cookie: `session=${secret}`, Origin: allowed } },
  { path: '/', protocols: [json], headers: { Cookie: `session=${secret}`, Origin: 'https://b.example' } },
  { path: `/?token=${secret}`, protocols: [json] },
  {
    path: '/',
    protocols: [json],
    headers: { Authorization: `Basic ${Buffer.from(`ann:${secret}`).toString('base64')}` },
  },
  { path: `/?token=${secret}`, protocols: [bearer] },
  { path: `/?token=${secret}&subscribe=chat:a`, protocols: [] },
];

const authorities: readonly (readonly [what: string, authenticate: Authenticate | undefined])[] = [
  ['lets everybody in', ({ token }) => (token === undefined ? {} : { subject: 'ann' })],
  ['lets nobody in', () => undefined],
  ['fails', () => Promise.reject(new Error('the user store is away'))],
  ['says what cannot be', () => ({ subject: 'a/b' })],
  ['lets in for a moment', () => ({ subject: 'ann', expiresAt: 1 })],
];

describe('a realtime server', () => {
  for (const [what, authenticate] of authorities) {
    it(`that ${what} shows no credential of an opening`, async (test) => {
      const { realtime, url, witness } = await open(test, authenticate);
      for (const { path, protocols, headers = {} } of openings) {
        const closed = await closeOf(new WebSocket(url + path, protocols, { headers }), (socket) =>
          socket.send(JSON.stringify({ t: 'hello', id: 1, v: 1, auth: secret })),
        );
        witness.see(closed, 'the close of a connection');
      }
      witness.see(inspect(realtime.metrics, { depth: 9 }), 'the metrics');
      witness.see(inspect(realtime, { showHidden: true, depth: 9 }), 'the server');
    });
  }

  it('shows no credential of a packet that is malformed, and no secret of a session', async (test) => {
    const { realtime, url, witness } = await open(test, ({ token }) => ({
      subject: token === secret ? 'ann' : 'bob',
    }));
    const first = new RawClient(test, url);
    const { sid, tok } = await first.hello({ auth: secret });
    witness.alsoSecret(tok);
    const hello = { t: 'hello', id: 1, v: 1, auth: secret };
    for (const text of [
      `{"t":"hello","id":1,"v":1,"auth":"${secret}`,
      `{"t":"hello","id":1,"v":1,"auth":${secret}}`,
      secret,
      JSON.stringify({ ...hello, v: 2 }),
      JSON.stringify({ ...hello, auth: [secret] }),
      JSON.stringify({ ...hello, auth: secret.repeat(400) }),
      JSON.stringify({ ...hello, t: secret }),
      JSON.stringify({ ...hello, resume: { sid, tok: [tok] } }),
      JSON.stringify({ ...hello, resume: { sid, tok: `${tok}x` } }),
      JSON.stringify({ ...hello, resume: { sid, tok } }),
      JSON.stringify({ ...hello, resume: { sid, tok } }),
    ]) {
      const closed = await closeOf(new WebSocket(url, [json]), (socket) => socket.send(text));
      witness.see(closed, 'the close of a connection');
    }
    witness.see(
      await first.closed.then(({ code, reason }) => `${code} ${reason}`),
      'the close of who was fenced',
    );

    const second = new RawClient(test, url);
    witness.alsoSecret((await second.hello({ auth: secret })).tok);
    witness.see(await second.ask({ t: 'auth', auth: secret }), 'the reply to a renewal');
    witness.see(
      await second.ask({ t: 'auth', auth: `${secret}!` }),
      'the reply to a renewal by somebody else',
    );
    witness.see(await second.ask({ t: 'sub', ch: secret }), 'the reply to a bad channel');
    witness.see(inspect(realtime.metrics, { depth: 9 }), 'the metrics');
    witness.see(inspect(realtime, { showHidden: true, depth: 9 }), 'the server');
  });
});

describe('a realtime client', () => {
  it('shows its token in no status, error or object, whatever becomes of it', async (test) => {
    for (const [, authenticate] of authorities) {
      const { url, witness } = await open(test, authenticate);
      const client = connect(`${url}/?token=${secret}`, {
        WebSocket: WebSocket as never,
        contracts: contract,
        token: secret,
        onError: (error: unknown) => witness.see(error, 'an error of the client'),
      });
      const isSettled = ({ state }: ClientStatus): boolean => state !== 'idle' && state !== 'connecting';
      witness.see(client.status, 'the first status');
      await new Promise<void>((resolve) => {
        if (isSettled(client.status)) resolve();
        client.onState((status) => {
          witness.see(status, 'a status');
          if (isSettled(status)) resolve();
        });
      });
      witness.see(inspect(client, { showHidden: true, depth: 9 }), 'the client');
      client.close();
    }
  });

  it('does not repeat an address that it cannot take', () => {
    const witness = new Witness();
    for (const url of [
      `ftp://ann:${secret}@a.example`,
      `wss://a.example/?token=${secret}#x`,
      `ann:${secret}`,
    ]) {
      assert.throws(
        () => connect(url, { token: secret, WebSocket: WebSocket as never }),
        (error) => {
          witness.see(error, 'what is thrown');
          return true;
        },
      );
    }
  });
});

/** Runs a connection until it is closed, from either side; gives how, and what came. */
async function closeOf(socket: WebSocket, onOpen: (socket: WebSocket) => void): Promise<string> {
  const heard: string[] = [];
  socket.addEventListener('open', () => onOpen(socket));
  socket.addEventListener('message', ({ data }) => {
    // Whose welcome holds the secret of the session: that is where it belongs.
    const { tok, ...packet } = JSON.parse(String(data));
    heard.push(JSON.stringify(packet));
    if (packet.t === 'welcome') socket.close();
  });
  socket.addEventListener('error', ({ message }) => heard.push(message));
  return new Promise((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve(`${heard.join('\n')}\n${code} ${reason}`));
  });
}
