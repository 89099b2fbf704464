// The opening handshake of a client against servers of raw bytes: what it sends, and what it makes of every answer.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { HandshakeError } from '../../../src/protocol/index.ts';
import { ConnectionError, WebSocket, type WebSocketOptions } from '../../../src/websocket/index.ts';
import { expectNoSurprises } from '../surprises.ts';
import { closed, failed, logEvents, nextMessage, opened } from '../whatwg/socket-log.ts';
import { acceptingServer, type FakeRequest, fakeServer } from './fake-server.ts';
import { textFrame } from './raw-frames.ts';

expectNoSurprises();

interface Failure {
  readonly code: string;
  readonly status: number | undefined;
  readonly cause: unknown;
  readonly message: string;
}

/** Connects to a server that answers as told, and gives the reason why that failed. */
async function failureOf(
  t: TestContext,
  answer: (socket: Socket, request: FakeRequest) => void,
  options: WebSocketOptions = {},
): Promise<Failure> {
  const server = await fakeServer(t, answer);
  const socket = new WebSocket(`ws://${server.authority}/`, options);
  const log = logEvents(socket);
  const [{ error, status, message }, close] = await Promise.all([failed(socket), closed(socket)]);
  assert.deepEqual(log, ['error', 'close 1006']);
  assert.deepEqual([close.wasClean, close.reason], [false, '']);
  assert.ok(error instanceof ConnectionError);
  return { code: error.code, status, cause: error.cause, message };
}

/** As `failureOf`, for an answer that a client must not accept. */
async function refusalOf(
  t: TestContext,
  answer: (socket: Socket, request: FakeRequest) => void,
  options: WebSocketOptions = {},
): Promise<string> {
  const { code, cause } = await failureOf(t, answer, options);
  assert.equal(code, 'HANDSHAKE_FAILED');
  assert.ok(cause instanceof HandshakeError);
  return cause.code;
}

describe('the request (RFC 6455, section 4.1)', () => {
  it('is a GET with Host, Upgrade, Connection, a key of 16 bytes, version 13 and the offers', async (t) => {
    const server = await acceptingServer(t);
    const socket = new WebSocket(`ws://${server.authority}/chat?room=1`);
    await opened(socket);
    socket.terminate();
    const [request] = server.requests;
    const key = request?.field('Sec-WebSocket-Key') ?? '';
    assert.equal(Buffer.from(key, 'base64').length, 16);
    assert.deepEqual(request?.lines, [
      'GET /chat?room=1 HTTP/1.1',
      `Host: ${server.authority}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits',
    ]);
  });

  it('has a fresh key for each connection', async (t) => {
    const server = await acceptingServer(t);
    const sockets = [1, 2, 3].map(() => new WebSocket(`ws://${server.authority}/`));
    await Promise.all(sockets.map(opened));
    for (const socket of sockets) socket.terminate();
    assert.equal(new Set(server.requests.map((request) => request.field('Sec-WebSocket-Key'))).size, 3);
  });

  it('offers no extension when perMessageDeflate is false', async (t) => {
    const server = await acceptingServer(t);
    const socket = new WebSocket(`ws://${server.authority}/`, { perMessageDeflate: false });
    await opened(socket);
    socket.terminate();
    assert.equal(server.requests[0]?.field('Sec-WebSocket-Extensions'), undefined);
  });

  it('carries the headers and the origin of the options', async (t) => {
    const server = await acceptingServer(t);
    const url = `ws://${server.authority}/`;
    const sockets = [
      new WebSocket(url, {
        headers: { Authorization: 'Bearer x', Host: 'other.example' },
        origin: 'https://a.example',
      }),
      new WebSocket(url, [], {
        headers: [
          ['X-Many', '1'],
          ['X-Many', '2'],
        ],
      }),
      new WebSocket(url, { headers: new Headers({ 'User-Agent': 'test' }) }),
    ];
    await Promise.all(sockets.map(opened));
    for (const socket of sockets) socket.terminate();
    const lines = server.requests.flatMap((request) => request.lines);
    for (const line of ['Authorization: Bearer x', 'Host: other.example', 'Origin: https://a.example']) {
      assert.ok(lines.includes(line), line);
    }
    assert.deepEqual(
      lines.filter((line) => line.startsWith('X-Many')),
      ['X-Many: 1', 'X-Many: 2'],
    );
    assert.ok(lines.includes('user-agent: test'));
  });

  it('makes Basic credentials of the user information of the URL, unless Authorization is given', async (t) => {
    const server = await acceptingServer(t);
    const url = `ws://us%3Aer:p%C3%A4ss@${server.authority}/`;
    const sockets = [new WebSocket(url), new WebSocket(url, { headers: { authorization: 'Bearer x' } })];
    await Promise.all(sockets.map(opened));
    for (const socket of sockets) socket.terminate();
    const values = server.requests.map((request) => request.field('Authorization'));
    assert.deepEqual(values.sort(), [`Basic ${Buffer.from('us:er:päss').toString('base64')}`, 'Bearer x']);
    assert.ok(server.requests.every((request) => request.field('Host') === server.authority));
  });
});

describe('an answer that is not 101', () => {
  it('fails the connection and tells the status', async (t) => {
    for (const status of [200, 400, 401, 403, 404, 426, 500, 503, 999]) {
      const failure = await failureOf(t, (socket) => {
        socket.end(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 2\r\n\r\nno`);
      });
      assert.equal(failure.code, 'HANDSHAKE_FAILED');
      assert.equal(failure.status, status);
      assert.ok(failure.message.includes(String(status)));
    }
  });

  it('is not followed when it redirects, as followRedirects is off', async (t) => {
    const failure = await failureOf(t, (socket) => {
      socket.end('HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n');
    });
    assert.equal(failure.status, 302);
  });

  it('may come before the final one, if it is interim (RFC 9110, section 15.2)', async (t) => {
    const server = await fakeServer(t, (socket, request) => {
      socket.write(
        `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${request.accept()}`,
      );
    });
    const socket = new WebSocket(`ws://${server.authority}/`);
    await opened(socket);
    socket.terminate();
    await closed(socket);
  });

  it('fails the connection when interim answers do not end', async (t) => {
    const code = await refusalOf(t, (socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(11));
    });
    assert.equal(code, 'HEAD_REFUSED');
  });
});

describe('an answer of 101 that does not fit', () => {
  const wrong: readonly (readonly [code: string, was: string | RegExp, is: string])[] = [
    ['UPGRADE_MISMATCH', 'Upgrade: websocket\r\n', ''],
    ['UPGRADE_MISMATCH', 'Upgrade: websocket', 'Upgrade: h2c'],
    ['UPGRADE_MISMATCH', 'Upgrade: websocket', 'Upgrade: websocket, h2c'],
    ['CONNECTION_MISMATCH', 'Connection: Upgrade\r\n', ''],
    ['CONNECTION_MISMATCH', 'Connection: Upgrade', 'Connection: keep-alive'],
    ['ACCEPT_MISMATCH', /Sec-WebSocket-Accept: .*\r\n/, ''],
    ['ACCEPT_MISMATCH', /Accept: ./, 'Accept: ?'],
    ['ACCEPT_MISMATCH', /Accept: .*/, 'Accept: '],
    ['EXTENSION_NOT_OFFERED', '\r\n\r\n', '\r\nSec-WebSocket-Extensions: x-foo\r\n\r\n'],
    ['EXTENSIONS_MALFORMED', '\r\n\r\n', '\r\nSec-WebSocket-Extensions: ;;\r\n\r\n'],
    [
      'EXTENSION_PARAMETERS',
      '\r\n\r\n',
      '\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7\r\n\r\n',
    ],
    ['PROTOCOL_NOT_OFFERED', '\r\n\r\n', '\r\nSec-WebSocket-Protocol: chat\r\n\r\n'],
    ['HEAD_REFUSED', '\r\n\r\n', '\r\nUpgrade: websocket\r\n\r\n'],
    ['HEAD_REFUSED', 'Upgrade: websocket', 'Upgrade : websocket'],
    ['CONNECTION_MISMATCH', 'Connection: Upgrade', 'Connection: Up\r\n grade'],
    ['HEAD_REFUSED', 'HTTP/1.1 101', 'HTTP/2 101'],
    ['HEAD_REFUSED', 'HTTP/1.1 101', 'HTTP/1.1 1O1'],
    ['HEAD_REFUSED', /\r\n/g, '\n'],
  ];
  for (const [code, was, is] of wrong) {
    it(`fails with ${code} where ${JSON.stringify(String(was))} is ${JSON.stringify(is)}`, async (t) => {
      assert.equal(
        await refusalOf(t, (socket, request) => socket.write(request.accept().replace(was, is))),
        code,
      );
    });
  }

  it('fails when a subprotocol was offered and none is chosen (WHATWG, section 2.2)', async (t) => {
    const code = await refusalOf(t, (socket, request) => socket.write(request.accept()), {
      protocols: 'chat',
    });
    assert.equal(code, 'PROTOCOL_NOT_CHOSEN');
  });

  it('fails when another subprotocol is chosen, or one in another case', async (t) => {
    for (const chosen of ['news', 'Chat', 'chat, news', '']) {
      const answer = (socket: Socket, request: FakeRequest): void => {
        socket.write(request.accept([`Sec-WebSocket-Protocol: ${chosen}`]));
      };
      assert.equal(
        await refusalOf(t, answer, { protocols: ['chat', 'sport'] }),
        'PROTOCOL_NOT_OFFERED',
        chosen,
      );
    }
  });
});

describe('a server that is no WebSocket server', () => {
  it('may send garbage', async (t) => {
    for (const garbage of [
      '\0',
      'SSH-2.0-OpenSSH_9.2\r\n',
      '\x15\x03\x01\0\x02\x02\x50',
      '220 mail.example\r\n',
      '\r\n\r\n',
    ]) {
      assert.equal(await refusalOf(t, (socket) => socket.write(garbage, 'latin1')), 'HEAD_REFUSED', garbage);
    }
  });

  it('may send a head that never ends: it is refused at the limit', async (t) => {
    let sent = 0;
    const code = await refusalOf(t, (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      const flood = (): void => {
        while (!socket.destroyed && socket.write(`X-Fill: ${'a'.repeat(1000)}\r\n`)) sent += 1000;
        socket.once('drain', flood);
      };
      flood();
    });
    assert.equal(code, 'HEAD_REFUSED');
    assert.ok(sent < 50_000_000);
  });

  it('may send too many fields', async (t) => {
    const fields = Array.from({ length: 101 }, (_, index) => `X-${index}: a`);
    assert.equal(
      await refusalOf(t, (socket, request) => socket.write(request.accept(fields))),
      'HEAD_REFUSED',
    );
  });

  it('may drip its answer: the deadline is for the whole of it', async (t) => {
    const failure = await failureOf(
      t,
      (socket, request) => {
        const bytes = request.accept();
        let at = 0;
        const drip = setInterval(() => {
          if (socket.destroyed || at === bytes.length - 1) clearInterval(drip);
          else socket.write(bytes.charAt(at++));
        }, 5);
        socket.on('close', () => clearInterval(drip));
      },
      { handshakeTimeoutMs: 100 },
    );
    assert.equal(failure.code, 'HANDSHAKE_TIMEOUT');
  });

  it('may never answer', async (t) => {
    const failure = await failureOf(t, () => undefined, { handshakeTimeoutMs: 1 });
    assert.equal(failure.code, 'HANDSHAKE_TIMEOUT');
    assert.match(failure.message, /1 ms \(handshakeTimeoutMs\)/);
  });
});

describe('an answer in pieces', () => {
  it('is understood when every byte comes alone, frames behind it too', async (t) => {
    const server = await fakeServer(t, async (socket, request) => {
      socket.setNoDelay(true);
      const bytes = Buffer.concat([Buffer.from(request.accept()), textFrame('hello')]);
      for (const byte of bytes) await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    });
    const socket = new WebSocket(`ws://${server.authority}/`);
    const { data } = await nextMessage(socket);
    assert.equal(data, 'hello');
    socket.terminate();
    await closed(socket);
  });

  it('that ends after any byte fails the connection, and leaves nothing open', async (t) => {
    await endAfterEveryByte(t, (socket) => socket.end());
  });

  it('that is reset after any byte fails the connection, and leaves nothing open', async (t) => {
    await endAfterEveryByte(t, (socket) => socket.resetAndDestroy());
  });

  async function endAfterEveryByte(t: TestContext, end: (socket: Socket) => void): Promise<void> {
    let length = 0;
    const server = await fakeServer(t, (socket, request) => {
      const bytes = request.accept();
      const cut = Number(request.lines[0]?.split(/[ /]/)[2]);
      length = bytes.length;
      socket.write(bytes.slice(0, cut), () => end(socket));
    });
    const opens: number[] = [];
    const attempt = async (cut: number): Promise<void> => {
      const socket = new WebSocket(`ws://${server.authority}/${cut}`);
      socket.onopen = () => opens.push(cut);
      const { code } = await closed(socket);
      assert.equal(code, 1006, `after byte ${cut}`);
    };
    await attempt(0);
    assert.ok(length > 100);
    for (let cut = 1; cut <= length; cut += 1) await attempt(cut);
    // With all of it, the connection was open; a reset may overtake the bytes before it.
    assert.ok(opens.every((cut) => cut === length));
    // Every socket of the client is gone when every one of the server's can close.
    await Promise.all([...server.sockets].map((socket) => once(socket.resume(), 'close')));
    assert.equal(server.sockets.size, 0);
  }

  it('that ends after any byte of a first frame closes an open connection', async (t) => {
    const frame = textFrame('hello');
    const server = await fakeServer(t, (socket, request) => {
      const cut = Number(request.lines[0]?.split(/[ /]/)[2]);
      socket.end(Buffer.concat([Buffer.from(request.accept()), frame.subarray(0, cut)]));
    });
    for (let cut = 0; cut <= frame.length; cut += 1) {
      const socket = new WebSocket(`ws://${server.authority}/${cut}`);
      const log = logEvents(socket);
      await closed(socket);
      const messages = cut === frame.length ? ['message hello'] : [];
      assert.deepEqual(log, ['open', ...messages, 'error', 'close 1006']);
    }
  });
});

describe('a connection that cannot be made', () => {
  it('fails when nothing listens', async (t) => {
    const server = await fakeServer(t, () => undefined);
    server.server.close();
    const socket = new WebSocket(`ws://${server.authority}/`);
    const { error } = await failed(socket);
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.code, 'CONNECTION_FAILED');
    assert.match(error.message, /ECONNREFUSED/);
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  });

  it('fails when the host is not found', async () => {
    const socket = new WebSocket('ws://nowhere.invalid/', {
      lookup: (_host, _options, callback) =>
        callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), ''),
    });
    const { error } = await failed(socket);
    assert.match(error.message, /nowhere\.invalid:80 failed: no such host/);
  });

  it('fails when the server resets it before the request', async (t) => {
    const server = await fakeServer(t, () => undefined);
    server.server.on('connection', (socket: Socket) => socket.resetAndDestroy());
    const socket = new WebSocket(`ws://${server.authority}/`);
    const { error } = await failed(socket);
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.code, 'CONNECTION_FAILED');
  });

  it('closes its socket when close() is called at any moment of the handshake', async (t) => {
    const server = await fakeServer(t, (socket, request) => socket.write(request.accept()));
    for (let turns = 0; turns < 12; turns += 1) {
      const socket = new WebSocket(`ws://${server.authority}/`, { closeTimeoutMs: 100 });
      const gone = closed(socket);
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      socket.close();
      await gone;
      assert.equal(socket.readyState, WebSocket.CLOSED);
    }
  });
});
