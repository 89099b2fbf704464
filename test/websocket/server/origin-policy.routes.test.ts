// The same origins are refused on every route by which a request for a WebSocket can come, and by default.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { defineContract } from '../../../src/channel/index.ts';
import { createRealtime } from '../../../src/server/index.ts';
import { WebSocketServer, type WebSocketServerOptions } from '../../../src/websocket/index.ts';
import { cutSession, openSession, Tunnel } from '../http2/tunnel.ts';
import { RawClient, upgradeRequest } from '../raw-client.ts';
import { listed, rows } from './origin-cases.ts';

interface Route {
  readonly name: string;
  readonly isHttp2?: boolean;
  open(options: WebSocketServerOptions<unknown>): Promise<{ port: number; close(): Promise<unknown> }>;
}

/** All requests come from one address, and most are refused. */
const limits = { maxFailedHandshakesPerMinute: 10_000 };

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function onOwnPort(options: WebSocketServerOptions<unknown>) {
  const server = new WebSocketServer({ port: 0, ...options });
  await server.listening;
  return { port: server.address()?.port ?? 0, close: () => server.close({ timeoutMs: 0 }) };
}

const routes: readonly Route[] = [
  { name: 'its own port', open: onOwnPort },
  {
    name: 'its own port, over HTTP/2',
    isHttp2: true,
    open: (options) => onOwnPort({ ...options, http2: true }),
  },
  {
    name: 'an http server that it is attached to',
    async open(options) {
      const http = createServer();
      const server = new WebSocketServer({ server: http, ...options });
      const port = await listen(http);
      return { port, close: () => server.close({ timeoutMs: 0 }).finally(() => http.close()) };
    },
  },
  {
    name: 'an http2 server that it is attached to',
    isHttp2: true,
    async open(options) {
      const http2 = createHttp2Server();
      const server = new WebSocketServer({ server: http2, ...options });
      const port = await listen(http2);
      return { port, close: () => server.close({ timeoutMs: 0 }).finally(() => http2.close()) };
    },
  },
  {
    name: 'handleUpgrade',
    async open(options) {
      const http = createServer();
      const server = new WebSocketServer(options);
      http.on('upgrade', (request, socket, head) => server.handleUpgrade(request, socket, head));
      const port = await listen(http);
      return { port, close: () => server.close({ timeoutMs: 0 }).finally(() => http.close()) };
    },
  },
  {
    name: 'a server of channels',
    async open({ limits, ...webSocket }) {
      const contracts = defineContract({ title: 'Routes', version: '1.0.0', channels: {} });
      const realtime = createRealtime({ contracts, port: 0, webSocket, ...(limits && { limits }) });
      await realtime.listening;
      return {
        port: realtime.address()?.port ?? 0,
        close: () => realtime.close({ spreadMs: 0, timeoutMs: 0 }),
      };
    },
  },
];

/** The status of the answer to a page of this origin. */
async function askOverHttp1(port: number, origin: string | undefined, host: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.socket.write(upgradeRequest({ headers: { host, origin } }));
  const head = await client.head();
  client.socket.destroy();
  await client.gone();
  return head.slice(9, 12);
}

for (const { name, isHttp2 = false, open } of routes) {
  describe(`a page of another origin, by ${name}`, () => {
    let server: Awaited<ReturnType<Route['open']>>;
    before(async () => {
      server = await open({ allowedOrigins: listed, limits });
    });
    after(() => server.close());

    for (const { name: which, origin, host, passes } of rows) {
      // A request must name a host; and what is empty on the wire is not there.
      if (host === '' || origin === '') continue;
      it(`${passes ? 'passes' : 'is refused'} with ${which}`, async () => {
        if (!isHttp2) {
          assert.equal(await askOverHttp1(server.port, origin, host), passes ? '101' : '403');
          return;
        }
        const session = await openSession(`http://127.0.0.1:${server.port}`);
        const { response, stream } = new Tunnel(session, '/', {
          ':scheme': 'http',
          ':authority': host,
          origin,
        });
        assert.equal((await response)[':status'], passes ? 200 : 403);
        stream.close();
        await cutSession(session);
      });
    }
  });

  describe(`a server reached by ${name}, with no word about origins`, () => {
    it('refuses pages of others, and lets in its own and what is no page', async (test) => {
      const server = await open({ limits });
      test.after(() => server.close());
      if (isHttp2) {
        const session = await openSession(`http://127.0.0.1:${server.port}`);
        const statuses = [];
        for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${server.port}`, undefined]) {
          const { response } = new Tunnel(session, '/', {
            ':scheme': 'http',
            ':authority': `127.0.0.1:${server.port}`,
            origin,
          });
          statuses.push((await response)[':status']);
        }
        assert.deepEqual(statuses, [403, 403, 200, 200]);
        await cutSession(session);
        return;
      }
      const host = `127.0.0.1:${server.port}`;
      const statuses = [];
      for (const origin of ['https://evil.example', 'null', `http://${host}`, undefined]) {
        statuses.push(await askOverHttp1(server.port, origin, host));
      }
      assert.deepEqual(statuses, ['403', '403', '101', '101']);
    });
  });
}
