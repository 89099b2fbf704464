// Our own server as the one that is attacked.

import { setTimeout as sleep } from 'node:timers/promises';
import { reject, WebSocketServer, type WebSocketServerOptions } from '../../../src/websocket/index.ts';
import { makeCertificate } from '../../websocket/certificate.ts';
import type { VictimOptions } from '../attack.ts';
import { victimTimes } from './messages.ts';
import { serveAttacks, type Victim } from './process.ts';
import { startRealtime } from './realtime.ts';

interface Route {
  readonly path: string;
}

serveAttacks(start);

async function start(options: VictimOptions): Promise<Victim> {
  if (options.realtime === true) return startRealtime();
  const { maxMessageBytes = 1024 * 1024, limits } = options;
  const serverOptions: WebSocketServerOptions<Route> = {
    port: 0,
    host: '127.0.0.1',
    ...(options.tls === true && { tls: makeCertificate() }),
    ...(options.http2 === true && { http2: true }),
    ...(options.contextTakeover === true && { perMessageDeflate: { clientNoContextTakeover: false } }),
    handshakeTimeoutMs: victimTimes.handshakeTimeoutMs,
    closeTimeoutMs: victimTimes.closeTimeoutMs,
    ...(options.areIdleAllowed !== true && {
      keepalive: { intervalMs: victimTimes.keepaliveMs, maxMisses: 1 },
    }),
    tarpitMs: victimTimes.tarpitMs,
    limits: { maxMessageBytes, ...limits },
    async upgrade({ path }) {
      if (path === '/refused') return reject(401);
      if (path === '/pending') await sleep(victimTimes.pendingMs);
      return { data: { path } };
    },
    message(connection, data) {
      if (connection.data.path === '/silent') return undefined;
      if (connection.data.path === '/slow') return sleep(victimTimes.slowMs);
      return void connection.send(data);
    },
    // What peers do wrong is what this is about.
    error: () => undefined,
  };
  const server = new WebSocketServer(serverOptions);
  await server.listening;
  return {
    port: server.address()?.port ?? 0,
    counters: () => server.counters,
    broadcast(data) {
      for (const connection of server.connections) {
        if (connection.data.path === '/silent') connection.send(data);
      }
    },
    close() {
      for (const connection of server.connections) {
        if (connection.data.path === '/silent') connection.close(1000);
      }
    },
  };
}
