// The options of a server as the `ws` package has them, as options of ours.

import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { resolveServerOptions, type ServerSettings } from '../server/server-options.ts';
import { connectionOptions, HANDSHAKE_TIMEOUT_MS, type SharedOptions } from './shared-options.ts';
import type { WebSocket } from './websocket.ts';

/** What `verifyClient` is asked about. */
export interface ClientInfo {
  /** The value of `Origin`; undefined when there is none. */
  readonly origin: string | undefined;
  /** Whether the connection is encrypted up to this process. */
  readonly secure: boolean;
  readonly req: IncomingMessage;
}

export type VerifyCallback = (
  verified: boolean,
  code?: number,
  message?: string,
  headers?: Readonly<Record<string, string>>,
) => void;

/** With one parameter it returns the answer; with two it calls back. */
export type VerifyClient =
  | ((info: ClientInfo) => boolean)
  | ((info: ClientInfo, callback: VerifyCallback) => void);

/** A class of WebSockets: `WebSocket`, or one that extends it. */
export type WebSocketClass<Socket extends WebSocket = WebSocket> = new (
  address: null,
  protocols?: undefined,
  options?: ServerOptions<Socket>,
) => Socket;

/** Exactly one of `port`, `server` and `noServer` must be given. */
export interface ServerOptions<Socket extends WebSocket = WebSocket> extends SharedOptions {
  /** Listen on this port; 0 takes any free one. */
  readonly port?: number | null | undefined;
  /** The address to listen on. @default every address of the machine */
  readonly host?: string | undefined;
  /** How many TCP connections may wait to be accepted. @default 511 */
  readonly backlog?: number | undefined;
  /** Takes the upgrades of this http or https server. */
  readonly server?: HttpServer | HttpsServer | null | undefined;
  /** Takes only what `handleUpgrade` is called with. @default false */
  readonly noServer?: boolean | undefined;
  /** Takes requests for exactly this path; others are answered with 400. */
  readonly path?: string | null | undefined;
  /**
   * Decides who may connect. Without it every web page of the world may, with the cookies that its visitor has for this
   * host (RFC 6455, section 10.2): compare `info.origin` wherever cookies say who one is.
   */
  readonly verifyClient?: VerifyClient | null | undefined;
  /** Chooses one of the subprotocols offered, or none with `false`. @default the first */
  readonly handleProtocols?:
    | ((protocols: Set<string>, request: IncomingMessage) => string | false)
    | null
    | undefined;
  /** Whether `clients` holds the connections. @default true */
  readonly clientTracking?: boolean | undefined;
  /** The class of the WebSockets. @default WebSocket */
  readonly WebSocket?: WebSocketClass<Socket> | undefined;
}

const MANY = 10_000_000;

/** `ws` counts no connections, has no policy for origins, and waits for decisions as long as they take. */
export function serverSettings(options: SharedOptions): ServerSettings {
  const ours = connectionOptions(options, false);
  return resolveServerOptions({
    ...ours,
    limits: {
      ...ours.limits,
      maxConnections: MANY,
      maxConnectionsPerAddress: MANY,
      maxHandshakes: MANY,
      maxHandshakesPerAddress: MANY,
      maxFailedHandshakesPerMinute: MANY,
      maxUnfinishedBytes: Number.MAX_SAFE_INTEGER,
      maxTotalQueuedBytes: Number.MAX_SAFE_INTEGER,
    },
    allowedOrigins: '*',
    handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
  });
}
