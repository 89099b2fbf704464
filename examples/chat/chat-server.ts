// The chat as a server: the page over HTTP and the conversation over WebSocket, on one port.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { type Connection, prepare, WebSocketServer } from 'tidewire/websocket';
import { chatLimits } from './chat-message.ts';
import { ChatCloseCode, Conversation } from './conversation.ts';

export interface ChatOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Origins whose pages may connect, besides our own page, or `'*'`. @default [] */
  readonly allowedOrigins?: readonly string[] | '*';
  /** How long a page may be connected without a name, in milliseconds. @default 10_000 */
  readonly joinTimeoutMs?: number;
}

export interface Chat {
  readonly port: number;
  close(): Promise<void>;
}

/** Binary messages are none of the chat's (RFC 6455, section 7.4.1). */
const unsupportedData = 1003;

/** Starts the chat; rejects when it cannot listen. */
export async function startChat(options: ChatOptions): Promise<Chat> {
  const { port, host, allowedOrigins = [], joinTimeoutMs = 10_000 } = options;
  const httpServer = createServer(servePage());
  const joinDeadlines = new Map<Connection, NodeJS.Timeout>();
  const conversation = new Conversation<Connection>({
    deliver(recipients, message) {
      const prepared = prepare(JSON.stringify(message));
      // A reader who falls too far behind is closed by the server, and comes back when it can.
      for (const connection of recipients) connection.send(prepared);
    },
    dismiss: (connection, code, reason) => connection.close(code, reason),
    now: () => performance.now(),
    date: () => Date.now(),
  });

  const webSocketServer = new WebSocketServer({
    server: httpServer,
    path: '/chat',
    allowedOrigins,
    limits: { maxMessageBytes: chatLimits.maxMessageBytes, maxConnections: 500 },
    open(connection) {
      conversation.enter(connection);
      const tooLate = () => connection.close(ChatCloseCode.JoinTimeout, 'no name was given in time');
      joinDeadlines.set(connection, setTimeout(tooLate, joinTimeoutMs));
    },
    message(connection, data) {
      if (typeof data !== 'string') {
        connection.close(unsupportedData, 'the chat is text');
        return;
      }
      conversation.receive(connection, data);
      if (conversation.has(connection)) stopWaiting(connection);
    },
    close(connection) {
      stopWaiting(connection);
      conversation.leave(connection);
    },
    // The connection that broke a rule has been told by its close code.
    error() {},
  });

  function stopWaiting(connection: Connection): void {
    clearTimeout(joinDeadlines.get(connection));
    joinDeadlines.delete(connection);
  }

  httpServer.listen(port, host);
  await once(httpServer, 'listening');
  return {
    port: (httpServer.address() as AddressInfo).port,
    async close() {
      httpServer.close();
      await webSocketServer.close({ timeoutMs: 1_000 });
      httpServer.closeAllConnections();
    },
  };
}

const securityHeaders: readonly [string, string][] = [
  [
    'content-security-policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
  ],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['cache-control', 'no-cache'],
];

/** Serves what is written by hand from the source folder, and what is compiled from `dist`. */
function servePage(): RequestListener {
  const packageRoot = new URL('../../../', import.meta.url);
  const [written, compiled] = ['examples/chat/page', 'dist/examples/chat/page'].map((folder) =>
    sirv(fileURLToPath(new URL(folder, packageRoot)), { etag: true }),
  );
  return (request, response) => {
    for (const [name, value] of securityHeaders) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const notFound = () => void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    written?.(request, response, () => compiled?.(request, response, notFound));
  };
}
