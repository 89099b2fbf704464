// The package `ws` as the one that is attacked, for comparison: the same routes, and every option at its default but the
// longest message, which is the same for both. It is a dependency of the benchmarks only: npm ci --prefix bench

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate } from '../../websocket/certificate.ts';
import { victimTimes } from './messages.ts';
import { serveAttacks } from './process.ts';

interface Socket {
  path: string | undefined;
  on(event: 'error', listener: () => void): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void;
  send(data: Buffer, options?: { readonly binary: boolean }): void;
  close(code: number): void;
}

interface Server {
  readonly clients: Set<Socket>;
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (socket: Socket) => void,
  ): void;
}

const require = createRequire(new URL('../../../../bench/package.json', import.meta.url));
const { WebSocketServer } = require('ws') as { WebSocketServer: new (options: object) => Server };

serveAttacks(async ({ tls, maxMessageBytes = 1024 * 1024 }) => {
  const http = tls === true ? createTlsServer(makeCertificate()) : createServer();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: true,
  });
  const receive = (webSocket: Socket, data: Buffer, isBinary: boolean): unknown => {
    if (webSocket.path === '/silent') return undefined;
    if (webSocket.path === '/slow') return sleep(victimTimes.slowMs, data);
    return webSocket.send(data, { binary: isBinary });
  };
  http.on('upgrade', async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    if (request.url === '/refused') {
      // As the package does it itself.
      socket.once('finish', () => socket.destroy());
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    if (request.url === '/pending') await sleep(victimTimes.pendingMs);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.path = request.url;
      webSocket.on('error', () => undefined);
      webSocket.on('message', (data, isBinary) => void receive(webSocket, data, isBinary));
    });
  });
  const each = (act: (webSocket: Socket) => void): void => {
    for (const webSocket of server.clients) if (webSocket.path === '/silent') act(webSocket);
  };
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    counters: () => ({}),
    broadcast: (data) => each((webSocket) => webSocket.send(data)),
    close: () => each((webSocket) => webSocket.close(1000)),
  };
});
