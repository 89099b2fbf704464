// The ways to a server: TLS, a proxy, a stream that the application makes, an agent.

import assert from 'node:assert/strict';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import {
  ConnectionError,
  type ServerAddress,
  UsageError,
  WebSocket,
  type WebSocketOptions,
} from '../../../src/websocket/index.ts';
import { makeCertificate } from '../certificate.ts';
import { expectNoSurprises } from '../surprises.ts';
import { closed, failed, nextMessage, nextTurn, opened } from '../whatwg/socket-log.ts';
import { acceptingServer, type FakeServer, fakeServer } from './fake-server.ts';
import { readFrames, textFrame } from './raw-frames.ts';

expectNoSurprises();

const certificate = makeCertificate();
const stranger = makeCertificate();

/** Accepts, says hello, and is spoken to in TLS. */
function secureServer(t: TestContext): Promise<FakeServer> {
  return fakeServer(
    t,
    (socket, request) => socket.write(Buffer.concat([Buffer.from(request.accept()), textFrame('hello')])),
    certificate,
  );
}

async function hello(url: string, options: WebSocketOptions): Promise<void> {
  const socket = new WebSocket(url, options);
  const { data } = await nextMessage(socket);
  assert.equal(data, 'hello');
  socket.terminate();
  await closed(socket);
}

async function failureOf(url: string, options: WebSocketOptions): Promise<ConnectionError> {
  const { error } = await failed(new WebSocket(url, options));
  assert.ok(error instanceof ConnectionError);
  return error;
}

describe('wss:', () => {
  it('connects to a server whose certificate is trusted, by name and by address', async (t) => {
    const server = await secureServer(t);
    await hello(`wss://${server.authority}/`, { ca: certificate.cert });
    await hello(`https://${server.authority}/`, { ca: certificate.cert });
    await hello(`wss://localhost:${server.port}/`, {
      ca: certificate.cert,
      lookup: (_host, options, callback) => {
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      },
    });
  });

  it('tells the server the name that is asked for, and HTTP/1.1 as the protocol', async (t) => {
    const told: unknown[] = [];
    const server = await fakeServer(
      t,
      (socket, request) => {
        const { servername, alpnProtocol } = socket as TLSSocket & { servername: string | false | null };
        told.push([servername || undefined, alpnProtocol]);
        socket.write(Buffer.concat([Buffer.from(request.accept()), textFrame('hello')]));
      },
      { ...certificate, ALPNProtocols: ['http/1.1'] },
    );
    const options = { ca: certificate.cert, lookup: loopback };
    await hello(`wss://localhost:${server.port}/`, options);
    await hello(`wss://${server.authority}/`, options);
    assert.deepEqual(told, [
      ['localhost', 'http/1.1'],
      [undefined, 'http/1.1'],
    ]);
  });

  it('refuses a certificate that nobody vouches for, before the request is sent', async (t) => {
    const server = await secureServer(t);
    const url = `wss://${server.authority}/`;
    for (const options of [{}, { ca: stranger.cert }]) {
      const error = await failureOf(url, options);
      assert.equal(error.code, 'CONNECTION_FAILED');
      assert.match(error.message, /self.signed certificate/);
    }
    assert.equal(server.requests.length, 0);
  });

  it('refuses a certificate for another name', async (t) => {
    const server = await secureServer(t);
    const error = await failureOf(`wss://other.example:${server.port}/`, {
      ca: certificate.cert,
      lookup: loopback,
    });
    assert.match(error.message, /does not match/);
    assert.equal(server.requests.length, 0);
  });

  it('takes any certificate when rejectUnauthorized is false', async (t) => {
    const server = await secureServer(t);
    await hello(`wss://${server.authority}/`, { rejectUnauthorized: false });
  });

  it('presents a client certificate', async (t) => {
    const subjects: unknown[] = [];
    const server = await fakeServer(
      t,
      (socket, request) => {
        subjects.push((socket as TLSSocket).getPeerCertificate().subject.CN);
        socket.write(Buffer.concat([Buffer.from(request.accept()), textFrame('hello')]));
      },
      { ...certificate, requestCert: true, ca: stranger.cert },
    );
    await hello(`wss://${server.authority}/`, { ca: certificate.cert, ...stranger });
    assert.deepEqual(subjects, ['tidewire test']);
  });

  it('fails against a server that does not speak TLS, and ws: against one that does', async (t) => {
    const secure = await secureServer(t);
    const plain = await acceptingServer(t);
    plain.server.on('connection', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    assert.equal((await failureOf(`wss://${plain.authority}/`, {})).code, 'CONNECTION_FAILED');
    // Some servers say why, in TLS, and some only hang up.
    assert.match((await failureOf(`ws://${secure.authority}/`, {})).code, /^(CONNECTION|HANDSHAKE)_FAILED$/);
  });

  it('fails when the server goes away in the TLS handshake', async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.resetAndDestroy());
    });
    const port = await listening(t, server);
    assert.equal((await failureOf(`wss://127.0.0.1:${port}/`, {})).code, 'CONNECTION_FAILED');
  });
});

describe('a proxy', () => {
  interface Proxy {
    readonly authority: string;
    readonly heads: string[];
  }

  /** Opens tunnels as it is asked, or answers with `refusal`. */
  async function tunnelProxy(t: TestContext, refusal?: string): Promise<Proxy> {
    const heads: string[] = [];
    const proxy = await fakeServer(t, (socket, request) => {
      heads.push(request.lines.join('\n'));
      if (refusal !== undefined) {
        socket.end(refusal);
        return;
      }
      const [, target = ''] = request.lines[0]?.split(' ') ?? [];
      const [host, port] = target.split(':');
      const upstream = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
    });
    return { authority: proxy.authority, heads };
  }

  it('is asked for a tunnel, and the handshake goes through it', async (t) => {
    const server = await fakeServer(t, (socket, request) => {
      socket.write(Buffer.concat([Buffer.from(request.accept()), textFrame('hello')]));
    });
    const proxy = await tunnelProxy(t);
    await hello(`ws://${server.authority}/`, { proxy: `http://${proxy.authority}` });
    assert.deepEqual(proxy.heads, [`CONNECT ${server.authority} HTTP/1.1\nHost: ${server.authority}`]);
  });

  it('carries TLS to the server', async (t) => {
    const server = await secureServer(t);
    const proxy = await tunnelProxy(t);
    await hello(`wss://${server.authority}/`, { proxy: `http://${proxy.authority}`, ca: certificate.cert });
  });

  it('may be spoken to in TLS itself, and is not shown the certificate of the client', async (t) => {
    const server = await secureServer(t);
    const shown: unknown[] = [];
    const proxy = await fakeServer(
      t,
      (socket, request) => {
        shown.push((socket as TLSSocket).getPeerCertificate());
        const [host, port] = request.lines[0]?.split(' ')[1]?.split(':') ?? [];
        const upstream = connect(Number(port), host, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(upstream).pipe(socket);
        });
        upstream.on('error', () => socket.destroy());
      },
      { ...certificate, requestCert: true, rejectUnauthorized: false },
    );
    await hello(`wss://${server.authority}/`, {
      ...stranger,
      proxy: new URL(`https://${proxy.authority}`),
      ca: certificate.cert,
    });
    assert.deepEqual(shown, [{}]);
  });

  it('is given the user and the password of its URL, and the server is not', async (t) => {
    const server = await fakeServer(t, (socket, request) => {
      socket.write(Buffer.concat([Buffer.from(request.accept()), textFrame('hello')]));
    });
    const proxy = await tunnelProxy(t);
    await hello(`ws://${server.authority}/`, { proxy: `http://me:secret@${proxy.authority}` });
    const credentials = Buffer.from('me:secret').toString('base64');
    assert.ok(proxy.heads[0]?.endsWith(`\nProxy-Authorization: Basic ${credentials}`));
    assert.equal(server.requests[0]?.field('Proxy-Authorization'), undefined);
  });

  it('that refuses makes the connection fail, with the status', async (t) => {
    const proxy = await tunnelProxy(t, 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const error = await failureOf('ws://127.0.0.1:1/', { proxy: `http://${proxy.authority}` });
    assert.deepEqual([error.code, error.status], ['HANDSHAKE_FAILED', 407]);
  });

  it('that answers garbage, or goes away, makes the connection fail', async (t) => {
    for (const [answer, code] of [
      ['220 mail.example\r\n\r\n', 'HANDSHAKE_FAILED'],
      ['', 'CONNECTION_FAILED'],
      ['HTTP/1.1 200', 'CONNECTION_FAILED'],
    ] as const) {
      const proxy = await tunnelProxy(t, answer);
      const error = await failureOf('ws://127.0.0.1:1/', { proxy: `http://${proxy.authority}` });
      assert.equal(error.code, code);
    }
  });

  it('that is no http URL is a UsageError which does not show its password', () => {
    for (const proxy of ['socks5://me:secret@127.0.0.1', 'me:secret@proxy', 'proxy:3128']) {
      assert.throws(
        () => new WebSocket('ws://127.0.0.1/', { proxy }),
        (error) => error instanceof UsageError && !error.message.includes('secret'),
      );
    }
  });
});

describe('createConnection', () => {
  it('makes the stream, and is told the address', async (t) => {
    const server = await acceptingServer(t);
    const addresses: ServerAddress[] = [];
    const socket = new WebSocket('wss://somewhere.example/a?b', {
      createConnection: (address) => {
        addresses.push(address);
        return connect(server.port, '127.0.0.1');
      },
    });
    await opened(socket);
    socket.terminate();
    assert.deepEqual(addresses, [
      {
        host: 'somewhere.example',
        port: 443,
        isSecure: true,
        authority: 'somewhere.example',
        resource: '/a?b',
      },
    ]);
    assert.equal(server.requests[0]?.lines[0], 'GET /a?b HTTP/1.1');
  });

  it('may give any Duplex, later', async (t) => {
    const server = await acceptingServer(t);
    const socket = new WebSocket('ws://somewhere.example/', {
      createConnection: async () => {
        const tcp = connect(server.port, '127.0.0.1');
        await nextTurn();
        return Duplex.from({ readable: tcp, writable: tcp });
      },
    });
    await opened(socket);
    const [peer] = server.sockets;
    assert.ok(peer !== undefined);
    socket.send('through any stream');
    const frames = readFrames(peer);
    await frames.count(1);
    assert.deepEqual(frames.log, ['text through any stream']);
    socket.terminate();
    await closed(socket);
  });

  it('that throws or rejects makes the connection fail', async () => {
    const broken = new Error('no way');
    for (const createConnection of [
      () => {
        throw broken;
      },
      () => Promise.reject(broken),
    ]) {
      const error = await failureOf('ws://127.0.0.1/', { createConnection });
      assert.equal(error.code, 'CONNECTION_FAILED');
      assert.equal(error.cause, broken);
      assert.match(error.message, /no way/);
    }
  });

  it('that never gives one ends at the deadline, and what it gives later is destroyed', async (t) => {
    const server = await acceptingServer(t);
    let give: (stream: Duplex) => void = () => undefined;
    const options: WebSocketOptions = {
      handshakeTimeoutMs: 1,
      createConnection: () =>
        new Promise<Duplex>((resolve) => {
          give = resolve;
        }),
    };
    const error = await failureOf('ws://127.0.0.1/', options);
    assert.equal(error.code, 'HANDSHAKE_TIMEOUT');
    const late = connect(server.port, '127.0.0.1');
    const gone = new Promise((resolve) => late.once('close', resolve));
    give(late);
    await gone;
  });

  it('excludes agent and proxy', () => {
    const createConnection = (): Duplex => new Duplex();
    const proxy = 'http://127.0.0.1:1';
    const agent = new HttpAgent();
    for (const options of [
      { createConnection, proxy },
      { createConnection, agent },
      { agent, proxy },
    ]) {
      assert.throws(() => new WebSocket('ws://127.0.0.1/', options), UsageError);
    }
  });
});

describe('an agent', () => {
  it('gives the connection, for ws: and for wss:', async (t) => {
    const plain = await fakeServer(t, (socket, request) => {
      socket.write(Buffer.concat([Buffer.from(request.accept()), textFrame('hello')]));
    });
    const secure = await secureServer(t);
    const agent = new CountingAgent();
    await hello(`ws://${plain.authority}/a?b`, {
      agent,
      headers: [
        ['X-Many', '1'],
        ['X-Many', '2'],
      ],
    });
    assert.equal(agent.connections, 1);
    assert.equal(plain.requests[0]?.lines[0], 'GET /a?b HTTP/1.1');
    assert.equal(plain.requests[0]?.field('Host'), plain.authority);
    assert.equal(plain.requests[0]?.lines.filter((line) => line.startsWith('X-Many: ')).length, 2);
    await hello(`wss://${secure.authority}/`, { agent: new HttpsAgent(), ca: certificate.cert });
  });

  it('has certificates verified, before the request is sent', async (t) => {
    const server = await secureServer(t);
    const error = await failureOf(`wss://${server.authority}/`, { agent: new HttpsAgent() });
    assert.match(error.message, /self.signed certificate/);
    assert.equal(server.requests.length, 0);
  });

  it('changes nothing about what is refused', async (t) => {
    const refusing = await fakeServer(t, (socket) =>
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'),
    );
    const wrong = await fakeServer(t, (socket, request) => {
      socket.write(request.accept().replace(/Accept: ./, 'Accept: ?'));
    });
    const garbage = await fakeServer(t, (socket) => socket.end('garbage\r\n\r\n'));
    const silent = await fakeServer(t, () => undefined);
    const agent = new HttpAgent({ keepAlive: true });
    t.after(() => agent.destroy());
    const refusal = await failureOf(`ws://${refusing.authority}/`, { agent });
    assert.deepEqual([refusal.code, refusal.status], ['HANDSHAKE_FAILED', 403]);
    assert.equal((await failureOf(`ws://${wrong.authority}/`, { agent })).code, 'HANDSHAKE_FAILED');
    assert.equal((await failureOf(`ws://${garbage.authority}/`, { agent })).code, 'CONNECTION_FAILED');
    assert.equal((await failureOf('ws://127.0.0.1:1/', { agent })).code, 'CONNECTION_FAILED');
    const talkative = await fakeServer(t, (socket) => socket.write('HTTP/1.1 103 Early\r\n\r\n'.repeat(11)));
    assert.match(
      (await failureOf(`ws://${talkative.authority}/`, { agent })).message,
      /sent one interim answer after the other/,
    );
    const late = await failureOf(`ws://${silent.authority}/`, { agent, handshakeTimeoutMs: 1 });
    assert.equal(late.code, 'HANDSHAKE_TIMEOUT');
  });

  it('for http cannot serve wss:, and that is said', async () => {
    const error = await failureOf('wss://127.0.0.1:1/', { agent: new HttpAgent() });
    assert.equal(error.code, 'CONNECTION_FAILED');
    assert.match(error.message, /could not be opened: Protocol "https:" not supported/);
  });

  it('follows redirects', async (t) => {
    const target = await acceptingServer(t);
    const server = await fakeServer(t, (socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ws://${target.authority}/\r\nContent-Length: 0\r\n\r\n`);
    });
    const socket = new WebSocket(`ws://${server.authority}/`, {
      agent: new HttpAgent(),
      followRedirects: true,
    });
    await opened(socket);
    socket.terminate();
    await closed(socket);
  });
});

class CountingAgent extends HttpAgent {
  connections = 0;

  override createConnection(...parameters: unknown[]): Duplex {
    this.connections += 1;
    const inherited = Reflect.get(HttpAgent.prototype, 'createConnection');
    return Reflect.apply(inherited, this, parameters);
  }
}

const loopback: NonNullable<WebSocketOptions['lookup']> = (_host, options, callback) => {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

async function listening(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
