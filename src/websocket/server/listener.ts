// A server's own port: accepts TCP or TLS connections and reads the requests of each, which are for WebSockets only.

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { checkUpgradeRequest, type DecodeLatin1, HttpHeadParser } from '../../protocol/index.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { Http2Sessions, type ReceiveStream, startsHttp2 } from './http2-sessions.ts';
import { OpeningHandshake } from './opening-handshake.ts';
import type { ServerCore } from './server-core.ts';
import { TlsHandshakes } from './tls-handshakes.ts';

const decodeLatin1: DecodeLatin1 = (bytes, start, end) =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).toString(
    'latin1',
    start,
    end,
  );

export interface ListenerOptions {
  readonly tls: TlsOptions | undefined;
  /** What takes the streams of HTTP/2; without it, the port speaks HTTP/1.1 only. */
  readonly receiveStream: ReceiveStream | undefined;
}

export class Listener<Data> {
  /** The net or TLS server; it does not listen yet. */
  readonly server: Server;
  readonly #core: ServerCore<Data>;
  readonly #sessions: Http2Sessions | undefined;

  constructor(core: ServerCore<Data>, { tls, receiveStream }: ListenerOptions) {
    this.#core = core;
    if (receiveStream !== undefined) this.#sessions = new Http2Sessions(core, receiveStream);
    this.server = tls === undefined ? this.#createServer() : this.#createTlsServer(tls);
  }

  /** Takes no new connections, and resolves when all are gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.server.listening) this.server.close(() => resolve());
      else resolve();
      this.#sessions?.close();
    });
  }

  #createServer(): Server {
    return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#receiveSocket(socket));
  }

  #createTlsServer(tls: TlsOptions): Server {
    const sessions = this.#sessions;
    // Not `allowHalfOpen`: a client that ends in the middle of the TLS handshake would never be let go.
    const server = createTlsServer({
      handshakeTimeout: this.#core.settings.handshakeTimeoutMs,
      ...tls,
      ...(sessions && { ALPNProtocols: ['h2', 'http/1.1'] }),
    });
    const handshakes = new TlsHandshakes(this.#core.gate, server);
    server.on('secureConnection', (socket: TLSSocket) => {
      handshakes.end(socket);
      // `tls` passes neither option on to the sockets that it makes.
      socket.allowHalfOpen = true;
      socket.setNoDelay(true);
      if (sessions !== undefined && socket.alpnProtocol === 'h2') sessions.receiveSocket(socket);
      else this.#receiveSocket(socket);
    });
    // A TLS handshake that fails is the peer's affair. Node closes the socket in most cases, and not in all.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #receiveSocket(socket: Socket): void {
    const exchange = new Http1Exchange(socket);
    const handshake = new OpeningHandshake(this.#core, exchange);
    if (!handshake.admit()) return;
    // Under TLS the two ends have agreed on HTTP/1.1; without it, the first bytes tell.
    const sessions = exchange.isSecure ? undefined : this.#sessions;
    readRequest(socket, handshake, sessions);
  }
}

function readRequest<Data>(
  socket: Socket,
  handshake: OpeningHandshake<Data>,
  sessions: Http2Sessions | undefined,
): void {
  const parser = new HttpHeadParser('request', { decodeLatin1 });
  /** Bytes that may yet turn out to begin HTTP/2. */
  let undecided = sessions && Buffer.alloc(0);
  const onEnd = (): void => {
    socket.destroy();
  };
  const stop = (): void => {
    socket.removeListener('data', onData);
    socket.removeListener('end', onEnd);
  };
  const onData = (received: Buffer): void => {
    let chunk = received;
    if (undecided !== undefined) {
      chunk = undecided = Buffer.concat([undecided, received]);
      const isHttp2 = startsHttp2(chunk);
      if (isHttp2 === undefined) return;
      undecided = undefined;
      if (isHttp2) {
        stop();
        socket.pause();
        handshake.withdraw();
        socket.unshift(chunk);
        sessions?.receiveSocket(socket);
        // A session of Node takes the handle of the socket over; that of Bun reads the socket, and does not make it flow.
        if (process.versions.bun !== undefined) socket.resume();
        return;
      }
    }
    const consumed = parser.receive(chunk);
    const { head, refusal } = parser;
    if (head !== undefined) {
      stop();
      handshake.receiveRequest(checkUpgradeRequest(head), head.headers, chunk.subarray(consumed));
    } else if (refusal !== undefined) {
      stop();
      handshake.reject(refusal);
    }
  };
  socket.on('data', onData);
  socket.on('end', onEnd);
}
