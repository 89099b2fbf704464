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
  if (tls === undefined) {
    return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => receiveSocket(core, socket));
  }
  // Not `allowHalfOpen`: a client that ends in the middle of the TLS handshake would never be let go.
  const { handshakeTimeoutMs } = core.settings;
  const server = createTlsServer({ handshakeTimeout: handshakeTimeoutMs, noDelay: true, ...tls });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.allowHalfOpen = true;
    // `tls` does not pass the option on to the sockets that it makes.
    socket.setNoDelay(true);
    receiveSocket(core, socket);
  });
  // A TLS handshake that fails is the peer's affair. Node closes the socket in most cases, and not in all.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
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
