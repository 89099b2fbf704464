// A server of raw bytes: a test says what it answers, byte by byte, and sees what it was sent.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface FakeRequest {
  /** The request line and all fields, without the empty line. */
  readonly lines: readonly string[];
  /** The value of a field; its name in any case. */
  field(name: string): string | undefined;
  /** A head that accepts the request, ended by its empty line; `fields` are more lines for it. */
  accept(fields?: readonly string[]): string;
}

export interface FakeServer {
  readonly port: number;
  /** As in `127.0.0.1:12345`. */
  readonly authority: string;
  /** Requests, in the order in which they came. */
  readonly requests: readonly FakeRequest[];
  /** Sockets that are open. */
  readonly sockets: ReadonlySet<Socket>;
  readonly server: Server;
}

/** Calls `serve` for every request, with a socket that is paused; whatever is still open after the test is destroyed. */
export async function fakeServer(
  t: TestContext,
  serve: (socket: Socket, request: FakeRequest, rest: Buffer) => void,
  tls?: TlsOptions,
): Promise<FakeServer> {
  const requests: FakeRequest[] = [];
  const sockets = new Set<Socket>();
  const receive = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      socket.removeListener('data', onData);
      // What the client sends next waits until the test looks at it.
      socket.pause();
      const request = parseRequest(received.toString('latin1', 0, end));
      requests.push(request);
      serve(socket, request, received.subarray(end + 4));
    };
    socket.on('data', onData);
  };
  const options = { allowHalfOpen: true };
  const server =
    tls === undefined ? createServer(options, receive) : createTlsServer({ ...options, ...tls }, receive);
  // A client that refuses our certificate ends the TLS handshake.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, authority: `127.0.0.1:${port}`, requests, sockets, server };
}

/** The socket is accepted, and `serve` goes on with it. */
export function acceptingServer(
  t: TestContext,
  serve: (socket: Socket, request: FakeRequest) => void = () => undefined,
  fields: readonly string[] = [],
): Promise<FakeServer> {
  return fakeServer(t, (socket, request) => {
    socket.write(request.accept(fields));
    serve(socket, request);
  });
}

function parseRequest(head: string): FakeRequest {
  const lines = head.split('\r\n');
  const field = (name: string): string | undefined => {
    const line = lines.find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}: `));
    return line?.slice(line.indexOf(':') + 2);
  };
  return {
    lines,
    field,
    accept(fields = []) {
      const key = field('Sec-WebSocket-Key') ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      return [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${accept}`,
        ...fields,
        '',
        '',
      ].join('\r\n');
    },
  };
}
