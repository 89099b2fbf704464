// A server's own port: accepts TCP or TLS connections and reads the request of each (HTTP/1.1, nothing but upgrades).

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { checkUpgradeRequest, type DecodeLatin1, HttpHeadParser } from '../../protocol/index.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { OpeningHandshake } from './opening-handshake.ts';
import type { ServerCore } from './server-core.ts';

const decodeLatin1: DecodeLatin1 = (bytes, start, end) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);

/** Makes the net or TLS server; it does not listen yet. */
export function createListener<Data>(core: ServerCore<Data>, tls: TlsOptions | undefined): Server {
  const options = { allowHalfOpen: true, noDelay: true };
  if (tls === undefined) return createServer(options, (socket) => receiveSocket(core, socket));

  const { handshakeTimeoutMs } = core.settings;
  const server = createTlsServer({ handshakeTimeout: handshakeTimeoutMs, ...options, ...tls });
  server.on('secureConnection', (socket: TLSSocket) => {
    // `tls` passes neither option on to the sockets that it makes.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    receiveSocket(core, socket);
  });
  // A failed TLS handshake is the peer's affair; Node has closed the socket already.
  server.on('tlsClientError', () => undefined);
  return server;
}

function receiveSocket<Data>(core: ServerCore<Data>, socket: Socket): void {
  const handshake = new OpeningHandshake(core, new Http1Exchange(socket));
  if (!handshake.admit()) return;

  const parser = new HttpHeadParser('request', { decodeLatin1 });
  const onEnd = (): void => {
    socket.destroy();
  };
  const onData = (chunk: Buffer): void => {
    const consumed = parser.receive(chunk);
    if (parser.head === undefined && parser.refusal === undefined) return;
    socket.removeListener('data', onData);
    socket.removeListener('end', onEnd);
    // Nothing more is read until the request is decided: frames sent early wait in the kernel.
    socket.pause();
    const { head, refusal } = parser;
    if (head !== undefined) {
      handshake.receiveRequest(checkUpgradeRequest(head), head.headers, chunk.subarray(consumed));
    } else if (refusal !== undefined) {
      handshake.reject(refusal);
    }
  };
  socket.on('data', onData);
  socket.on('end', onEnd);
}
