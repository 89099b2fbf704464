// A secret goes every way that a WebSocket has for one. No error, event or object of the client or the server shows it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import {
  reject,
  WebSocket,
  type WebSocketOptions,
  WebSocketServer,
  WebSocketStream,
} from 'tidewire/websocket';
import { makeCertificate } from '../websocket/certificate.ts';
import { secret, Witness } from './witness.ts';

const bearer = `bearer.${Buffer.from(secret).toString('base64url')}`;
const secrets: WebSocketOptions = {
  headers: { Authorization: `Bearer ${secret}`, Cookie: `session=${secret}`, 'X-Api-Key': secret },
  passphrase: secret,
};

/** An HTTP server that answers every request so, upgrades included. */
async function answering(test: TestContext, answer: string): Promise<string> {
  const server: Server = createServer();
  server.on('upgrade', (_request, socket) => socket.end(answer.replaceAll('\n', '\r\n')));
  server.on('connect', (_request, socket) => socket.end(answer.replaceAll('\n', '\r\n')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Opens a socket that fails, and shows the witness all that comes out of it. */
async function fail(url: string, options: WebSocketOptions = {}): Promise<Witness> {
  const witness = new Witness();
  const socket = new WebSocket(url, ['chat', bearer], { ...secrets, ...options });
  witness.see(inspect(socket, { showHidden: true, depth: 12 }), 'the socket that opens');
  const events: Event[] = [];
  for (const type of ['error', 'close']) socket.addEventListener(type, (event: Event) => events.push(event));
  await once(socket as unknown as EventTarget, 'close');
  for (const event of events) {
    const { message, error, reason } = event as Event & {
      message?: string;
      error?: unknown;
      reason?: string;
    };
    for (const part of [message, error, reason])
      if (part !== undefined) witness.see(part, `the event ${event.type}`);
  }
  assert.equal(events.length, 2);
  return witness;
}

describe('a client that has secrets, and cannot connect', () => {
  const withUser = (authority: string): string => `ws://ann:${secret}@${authority}/chat?token=${secret}`;

  for (const [name, answer] of [
    ['is refused', 'HTTP/1.1 401 Unauthorized\nContent-Length: 0\n\n'],
    ['is answered by something else', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['gets no proof', 'HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n\n'],
    ['gets no HTTP', '\x15\x03\x01\x00\x02\x02\x46'],
    ['is cut', ''],
  ] as const) {
    it(`${name}: the error does not tell them`, async (test) => {
      const authority = await answering(test, answer);
      assert.ok((await fail(withUser(authority))).seen >= 3);
      await fail(withUser(authority), { agent: new Agent() });
    });
  }

  it('is sent on to an address that will not do: the error does not tell them', async (test) => {
    for (const location of [
      `ftp://ann:${secret}@a.example/?token=${secret}`,
      `ws://ann:${secret}@:0`,
      `/again?token=${secret}`,
    ]) {
      const authority = await answering(
        test,
        `HTTP/1.1 302 Found\nLocation: ${location}\nContent-Length: 0\n\n`,
      );
      await fail(withUser(authority), { followRedirects: true, maxRedirects: 2 });
    }
  });

  it('goes through a proxy that refuses: the error does not tell its password', async (test) => {
    for (const status of ['407 Proxy Authentication Required', '502 Bad Gateway']) {
      const authority = await answering(test, `HTTP/1.1 ${status}\nContent-Length: 0\n\n`);
      await fail(withUser('127.0.0.1:9'), { proxy: `http://ann:${secret}@${authority}` });
    }
  });

  it('finds nobody, no certificate that will do, or no HTTP/2: the error does not tell them', async (test) => {
    const { key, cert } = makeCertificate();
    const server = new WebSocketServer({ port: 0, tls: { key, cert } });
    test.after(() => server.close({ timeoutMs: 0 }));
    await server.listening;
    const authority = `127.0.0.1:${server.address()?.port}`;
    const plain = await answering(test, 'HTTP/1.1 400 Bad Request\n\n');
    await fail(withUser('127.0.0.1:1'));
    await fail(withUser(authority).replace('ws:', 'wss:'));
    await fail(withUser(authority));
    await fail(withUser(plain), { http2: true });
    await fail(withUser(plain), {
      createConnection: () => {
        throw new Error('no stream today');
      },
    });
  });

  it('has options that cannot be: what is thrown does not tell them', () => {
    const witness = new Witness();
    for (const [url, protocols, options] of [
      [`wss://ann:${secret}@a.example:99999/?token=${secret}`, [], {}],
      [`ann:${secret}@a.example`, [], {}],
      [`ftp://ann:${secret}@a.example/?token=${secret}`, [], {}],
      [`wss://ann:${secret}@a.example/?token=${secret}#x`, [], {}],
      ['wss://a.example', [bearer, bearer], {}],
      ['wss://a.example', [`${bearer},`], {}],
      ['wss://a.example', [], { headers: { Authorization: `Bearer ${secret}\r\n` } }],
      ['wss://a.example', [], { headers: { [`X Key ${'x'}`]: secret } }],
      ['wss://a.example', [], { proxy: `socks://ann:${secret}@a.example` }],
      ['wss://a.example', [], { proxy: `ann:${secret}` }],
      ['wss://a.example', [], { origin: `https://a.example\n${secret}` }],
    ] as const) {
      assert.throws(
        () => new WebSocket(url, [...protocols], options as WebSocketOptions),
        (error) => {
          witness.see(error, `what is thrown for ${url.replaceAll(secret, '…')}`);
          return true;
        },
      );
      assert.throws(
        () => new WebSocketStream(url, { protocols: [...protocols], ...options } as never),
        (error) => {
          witness.see(error, 'what the stream throws');
          return true;
        },
      );
    }
  });
});

describe('a server that is told secrets', () => {
  it('lets them out by no error, answer or count', async (test) => {
    const witness = new Witness();
    const errors: unknown[] = [];
    const server = new WebSocketServer({
      port: 0,
      allowedOrigins: ['https://a.example'],
      upgrade({ path }) {
        if (path === '/throws') throw new Error('the database is away');
        if (path === '/wrong') return { protocol: 'not offered' };
        return path === '/private' ? reject(401, 'say who you are') : {};
      },
      message(connection) {
        connection.send('seen');
        throw new Error('the handler failed');
      },
      error: (error) => errors.push(error),
    });
    test.after(() => server.close({ timeoutMs: 0 }));
    await server.listening;
    const port = server.address()?.port ?? 0;

    const head = (path: string, more = ''): string =>
      `GET ${path}?token=${secret} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      `Authorization: Bearer ${secret}\r\nCookie: session=${secret}\r\n${more}\r\n`;
    for (const request of [
      head('/private'),
      head('/throws'),
      head('/wrong'),
      head('/', `Origin: https://${secret}.example\r\n`),
      head('/', `Sec-WebSocket-Protocol: ${bearer}, ${bearer}\r\n`),
      head('/', `Sec-WebSocket-Protocol: "${bearer}"\r\n`),
      head('/', `Sec-WebSocket-Extensions: x; token="${secret}\r\n`),
      head('/', `Content-Length: ${secret}\r\n`),
      head('/', `Host: ${secret}\r\n`),
      head('/').replace('Sec-WebSocket-Version: 13', `Sec-WebSocket-Version: ${secret}`),
      head('/').replace('HTTP/1.1', 'HTTP/1.0'),
      head('/').replace(`Authorization: Bearer ${secret}`, `Authorization : ${secret}`),
      head(`/${secret.repeat(400)}`),
      `${secret}\r\n\r\n`,
    ]) {
      witness.see(await exchange(port, request), 'an answer');
    }
    await message(`ws://127.0.0.1:${port}/?token=${secret}`, secret);
    assert.ok(errors.length >= 3, `${errors.length} errors`);
    for (const error of errors) witness.see(error, 'an error of the server');
    witness.see(inspect(server, { showHidden: true, depth: 12 }), 'the server');
  });
});

/** Sends bytes, and gives all that comes back. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request, 'latin1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
    // A connection that was accepted would stay.
    if (answer.startsWith('HTTP/1.1 101')) socket.destroy();
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  assert.notEqual(answer, '');
  return answer;
}

async function message(url: string, text: string): Promise<void> {
  const socket = new WebSocket(url, [], { ...secrets });
  await once(socket as unknown as EventTarget, 'open');
  socket.send(text);
  await once(socket as unknown as EventTarget, 'message');
  socket.close();
  await once(socket as unknown as EventTarget, 'close');
}
