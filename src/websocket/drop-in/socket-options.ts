// The options of a client's WebSocket as `ws` has them, as options of ours.

import type { ClientRequest, Agent as HttpAgent, RequestOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { UsageError } from '../../protocol/index.ts';
import {
  type AgentRoute,
  type ClientTlsOptions,
  type ClientOptions as OwnOptions,
  type RequestObserver,
  tlsOptionNames,
} from '../client/client-options.ts';
import { connectionOptions, HANDSHAKE_TIMEOUT_MS, type SharedOptions } from './shared-options.ts';

/** Options of `ws`, and those of `tls.connect`. */
export interface ClientOptions extends SharedOptions, ClientTlsOptions {
  /** Fields for the request; those of the handshake itself are left out. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined;
  readonly origin?: string | undefined;
  /** `user:password`, for the field `Authorization`. */
  readonly auth?: string | undefined;
  /** In milliseconds. @default 60_000 */
  readonly handshakeTimeout?: number | undefined;
  /** @default false */
  readonly followRedirects?: boolean | undefined;
  /** @default 10 */
  readonly maxRedirects?: number | undefined;
  readonly agent?: HttpAgent | HttpsAgent | false | undefined;
  /** Gets an object with `host`, `port` and `path`, as `net.connect` takes it. */
  /** Gets what `http.request` is given. */
  readonly createConnection?: RequestOptions['createConnection'];
  readonly lookup?: LookupFunction | undefined;
  readonly localAddress?: string | undefined;
  /** Gets each request before it is sent, and must end it. The second parameter is the WebSocket. */
  finishRequest?(request: ClientRequest, webSocket: unknown): void;
  /** Only 13 is a standard. */
  readonly protocolVersion?: number | undefined;
  /** Not used: masking keys are random (RFC 6455, section 5.3). */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
}

export function ownOptions(options: ClientOptions): OwnOptions {
  const { protocolVersion = 13, handshakeTimeout } = options;
  if (protocolVersion !== 13) {
    throw new UsageError(`protocolVersion must be 13, not ${protocolVersion} (RFC 6455, section 4.1)`);
  }
  const given = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => passedOn.has(name) && value !== undefined),
  ) as OwnOptions;
  return {
    ...given,
    ...connectionOptions(options, true),
    headers: requestHeaders(options),
    handshakeTimeoutMs: handshakeTimeout ? Math.ceil(handshakeTimeout) : HANDSHAKE_TIMEOUT_MS,
    maxRedirects: options.maxRedirects ?? 10,
  };
}

/** Requests of this door are Node's, since programs look at them and change them. */
export function requestRoute(
  { agent, createConnection }: ClientOptions,
  observer: RequestObserver,
  socketPath: string | undefined,
): AgentRoute {
  const isOwn = !agent && createConnection !== undefined;
  return {
    type: 'agent',
    agent: agent || undefined,
    request: { ...(isOwn && { createConnection }), ...(socketPath !== undefined && { socketPath }) },
    observer,
  };
}

/**
 * The URL and the socket of an address such as `ws+unix:/tmp/chat.sock:/path?query`: what is before the second colon is
 * the path of a Unix socket. Undefined for every other address.
 */
export function socketAddress(address: string): { url: string; socketPath: string } | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'ws+unix:') return undefined;
  const [socketPath = '', path = '/'] = `${url.pathname}${url.search}`.split(/:(.*)/s);
  return { url: `ws://localhost${path}`, socketPath };
}

const passedOn: ReadonlySet<string> = new Set([
  'origin',
  'followRedirects',
  'lookup',
  'localAddress',
  ...tlsOptionNames,
] satisfies (keyof ClientOptions)[]);

function requestHeaders({ headers = {}, auth }: ClientOptions): Record<string, string | readonly string[]> {
  const fields: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || isHandshakeField(name.toLowerCase())) continue;
    fields[name] = typeof value === 'number' ? String(value) : value;
  }
  if (auth !== undefined) fields.Authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  return fields;
}

function isHandshakeField(lowerName: string): boolean {
  return lowerName === 'upgrade' || lowerName === 'connection' || lowerName.startsWith('sec-websocket-');
}
