// The options of a WebSocket server, and their defaults.

import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { UsageError } from '../../protocol/index.ts';
import { checkWhole } from '../connection/check-whole.ts';
import type { ConnectionHandlers } from '../connection/connection.ts';
import { checkPlaceOfLimits } from '../connection/connection-limits.ts';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  resolveConnectionOptions,
} from '../connection/connection-options.ts';
import { ClientAddresses, type TrustedProxies } from './client-address.ts';
import { type AllowedOrigins, OriginPolicy } from './origin-policy.ts';
import type { CountedLimit } from './server-counters.ts';
import { resolveServerLimits, type ServerLimits, serverLimitNames } from './server-limits.ts';
import type { Acceptance, Refusal, UpgradeRequest } from './upgrade-request.ts';

/** A server of Node's that WebSocket servers can be attached to. */
export type AttachableServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

export interface WebSocketServerOptions<Data> extends ConnectionOptions, ConnectionHandlers<Data> {
  /** What each connection, and all together, may cost; each limit has a default, and none can be switched off. */
  readonly limits?: ServerLimits;
  /** Listen on this port; 0 takes any free one. Without `port` and `server`, hand requests to `handleUpgrade`. */
  readonly port?: number;
  /** The address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** Speak `wss:` on the own port: at least `{ key, cert }`, as for `tls.createServer`. */
  readonly tls?: TlsOptions;
  /**
   * Speak HTTP/2 on the own port as well (RFC 8441), so that many WebSockets share one TCP connection. With `tls` the
   * client chooses while connecting (ALPN); without, it is HTTP/2 if the first bytes are (prior knowledge). A server that
   * is attached takes what the server it is attached to speaks.
   * @default false
   */
  readonly http2?: boolean;
  /** How many TCP connections may wait to be accepted. @default 511 */
  readonly backlog?: number;
  /**
   * Attach to this http, https or http2 server, beside its other routes. An http2 server is set to offer extended CONNECT
   * to sessions that begin from now on; listeners of yours for its `stream` event must leave CONNECT alone.
   */
  readonly server?: AttachableServer;
  /**
   * Take only requests for exactly this path. Several servers with different paths can share a port; a request for none
   * of them is answered with 404.
   */
  readonly path?: string;
  /**
   * Decides about a request: returns (or resolves to) what to accept it with, or `reject(…)`. What it throws is answered
   * with 500. Without it, everything is accepted, with no subprotocol.
   */
  upgrade?(request: UpgradeRequest): Decision<Data> | PromiseLike<Decision<Data>>;
  /**
   * A limit was reached, or an option has refused or cut: each time, under the name that it has in `server.counters`. It is
   * called from within the work of a connection: do no more than count.
   */
  limitReached?(limit: CountedLimit): void;
  /**
   * Pages of these origins may connect, besides those of the host that was asked for. Clients that send no Origin, which
   * no browser is, always may. `'*'` lets every page of the world in: only where no cookie says who one is.
   * @default []
   */
  readonly allowedOrigins?: AllowedOrigins;
  /** How long an opening handshake may take, from the first byte to the answer, in milliseconds. @default 10_000 */
  readonly handshakeTimeoutMs?: number;
  /**
   * How long an answer is held back from an address whose handshakes keep failing (`maxFailedHandshakesPerMinute`), in
   * milliseconds.
   * @default 5_000
   */
  readonly tarpitMs?: number;
  /**
   * Proxies whose `X-Forwarded-For` is believed, as addresses or networks: `['10.0.0.0/8', 'fd00::/8']`, or `'unix'` for one
   * that comes by a Unix socket. Then `remoteAddress` is the client's, and limits count by it. Name only what no client can reach you from without the proxy.
   * @default []
   */
  readonly trustProxy?: TrustedProxies;
}

/** What an `upgrade` hook returns. */
export type Decision<Data> = Acceptance<Data> | Refusal | undefined;

export const serverDefaults = Object.freeze({
  host: '127.0.0.1',
  backlog: 511,
  handshakeTimeoutMs: 10_000,
  tarpitMs: 5_000,
}) satisfies Partial<WebSocketServerOptions<never>>;

/** The options of a server, checked, with every default filled in. */
export interface ServerSettings extends ConnectionSettings {
  readonly limits: Required<ServerLimits>;
  readonly path: string | undefined;
  readonly origins: OriginPolicy;
  readonly handshakeTimeoutMs: number;
  readonly tarpitMs: number;
  readonly clients: ClientAddresses;
}

export function resolveServerOptions<Data>(options: WebSocketServerOptions<Data>): ServerSettings {
  checkPlaceOfLimits(options, serverLimitNames);
  if (options.port !== undefined) checkWhole('port', options.port, 0, 65_535);
  if (options.port !== undefined && options.server !== undefined) {
    throw new UsageError(
      'port and server were both given: a WebSocket server has its own port or uses that of another',
    );
  }
  if (options.tls !== undefined && options.port === undefined) {
    throw new UsageError(
      'tls needs port: a server that is attached uses the encryption of the server it is attached to',
    );
  }
  if (options.http2 === true && options.port === undefined) {
    throw new UsageError(
      'http2 needs port: a server that is attached speaks HTTP/2 when the server it is attached to does',
    );
  }
  const { path } = options;
  if (path !== undefined && !path.startsWith('/')) {
    throw new UsageError(`path must begin with a slash, such as /chat, not ${JSON.stringify(path)}`);
  }
  return Object.freeze({
    ...resolveConnectionOptions({ ...options, limits: {} }),
    // They are more than a connection's.
    limits: resolveServerLimits(options.limits ?? {}),
    path,
    origins: new OriginPolicy(options.allowedOrigins),
    handshakeTimeoutMs: checkWhole(
      'handshakeTimeoutMs',
      options.handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs,
      1,
      2 ** 31 - 1,
    ),
    tarpitMs: checkWhole('tarpitMs', options.tarpitMs ?? serverDefaults.tarpitMs, 0, 60_000),
    clients: new ClientAddresses(options.trustProxy),
  });
}
