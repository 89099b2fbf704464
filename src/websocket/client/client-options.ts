// The options of a client's connection, and their defaults.

import type { ClientRequest, Agent as HttpAgent, IncomingMessage, RequestOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import { type HeaderField, isFieldValue, isToken, UsageError } from '../../protocol/index.ts';
import { checkWhole } from '../connection/check-whole.ts';
import { checkPlaceOfLimits, given } from '../connection/connection-limits.ts';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  resolveConnectionOptions,
} from '../connection/connection-options.ts';
import type { ServerAddress } from './server-address.ts';

/** What TLS may be told, as for `tls.connect`. `rejectUnauthorized: false` lets anyone in between read and alter all. */
export type ClientTlsOptions = Pick<
  TlsConnectionOptions,
  | 'ca'
  | 'cert'
  | 'checkServerIdentity'
  | 'ciphers'
  | 'key'
  | 'maxVersion'
  | 'minVersion'
  | 'passphrase'
  | 'pfx'
  | 'rejectUnauthorized'
  | 'secureContext'
  | 'servername'
>;

export interface ClientOptions extends ConnectionOptions, ClientTlsOptions {
  /**
   * More fields for the request, such as `Authorization` or `Cookie`; `Host` and `User-Agent` may be set too. Those of the
   * handshake itself are refused, and so is a value with a line break.
   */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | Iterable<HeaderField>;
  /** The value of `Origin`. @default that of `globalThis.location`, where there is one; no such field otherwise */
  readonly origin?: string;
  /** How long DNS, TCP, TLS, redirects and the opening handshake may take together, in milliseconds.
   * @default 10_000 */
  readonly handshakeTimeoutMs?: number;
  /**
   * Whether answers 301, 302, 303, 307 and 308 are followed. On the way to another origin, `Authorization`, `Cookie`,
   * `Host`, subprotocols with `bearer.` in them, the user information of the URL and client certificates are left out; from `wss:` to `ws:` none is followed.
   * @default false, as the WHATWG standard demands of browsers
   */
  readonly followRedirects?: boolean;
  /** @default 5 */
  readonly maxRedirects?: number;
  /**
   * Speak HTTP/2 to the server (RFC 8441), as an extended CONNECT. Sockets to one origin, with the same options about the
   * connection, share one TCP connection; it is closed when the last of them is. Nothing falls back to HTTP/1.1.
   * @default false
   */
  readonly http2?: boolean;
  /** Takes the connection from an http or https agent, such as one that goes through a proxy. */
  readonly agent?: HttpAgent | HttpsAgent;
  /** The URL of an http or https proxy to ask for a tunnel (CONNECT), with `user:password@` if it wants that. */
  readonly proxy?: string | URL;
  /** Makes the stream of bytes to the server, TLS included where the address is secure. */
  readonly createConnection?: (address: ServerAddress) => Duplex | PromiseLike<Duplex>;
  /** Finds the address of a host, as `dns.lookup` does. */
  readonly lookup?: LookupFunction;
  /** The address of this machine to connect from. */
  readonly localAddress?: string;
}

export const clientDefaults = Object.freeze({
  handshakeTimeoutMs: 10_000,
  followRedirects: false,
  maxRedirects: 5,
  http2: false,
  /** Browsers' programs send without looking at `bufferedAmount`. */
  limits: Object.freeze({ maxQueuedBytes: 64 * 1024 * 1024 }),
}) satisfies ClientOptions;

/** Node's own http client makes the connection and the request. */
export interface AgentRoute {
  readonly type: 'agent';
  /** Without one, the connection is made for this request alone. */
  readonly agent: HttpAgent | HttpsAgent | undefined;
  /** More options of `http.request`. */
  readonly request?: Pick<RequestOptions, 'createConnection' | 'socketPath'>;
  readonly observer?: RequestObserver;
}

/** Sees an opening handshake as Node's http client does. */
export interface RequestObserver {
  /** A request is about to be sent to this URL. `true`: the observer ends it. */
  receiveRequest(request: ClientRequest, url: URL): boolean;
  /** The server accepts, for all that its status says. */
  receiveUpgrade(response: IncomingMessage): void;
  /** An answer that neither accepts nor redirects. `true`: the observer reads it, and nothing fails before it is closed. */
  receiveResponse(request: ClientRequest, response: IncomingMessage): boolean;
}

/** Where the stream of bytes comes from. */
export type Route =
  | { readonly type: 'direct' }
  | AgentRoute
  | { readonly type: 'proxy'; readonly proxy: URL }
  | {
      readonly type: 'custom';
      readonly createConnection: NonNullable<ClientOptions['createConnection']>;
    };

/** The options of a client, checked, with every default filled in. */
export interface ClientSettings extends ConnectionSettings {
  readonly headers: readonly HeaderField[];
  readonly handshakeTimeoutMs: number;
  /** 0 when none is followed. */
  readonly maxRedirects: number;
  readonly http2: boolean;
  readonly route: Route;
  readonly tls: ClientTlsOptions;
  readonly tcp: { readonly lookup?: LookupFunction; readonly localAddress?: string };
}

/** `pageOrigin` is the origin of the page that the code runs in, if it runs in one. */
export function resolveClientOptions(options: ClientOptions, pageOrigin: string | undefined): ClientSettings {
  checkPlaceOfLimits(options);
  const { followRedirects = clientDefaults.followRedirects } = options;
  const maxRedirects = checkWhole(
    'maxRedirects',
    options.maxRedirects ?? clientDefaults.maxRedirects,
    0,
    100,
  );
  return Object.freeze({
    ...resolveConnectionOptions({
      ...options,
      limits: { ...clientDefaults.limits, ...given(options.limits ?? {}) },
    }),
    headers: requestFields(options, pageOrigin),
    handshakeTimeoutMs: checkWhole(
      'handshakeTimeoutMs',
      options.handshakeTimeoutMs ?? clientDefaults.handshakeTimeoutMs,
      1,
      2 ** 31 - 1,
    ),
    maxRedirects: followRedirects ? maxRedirects : 0,
    http2: options.http2 ?? clientDefaults.http2,
    route: resolveRoute(options),
    tls: pick(options, tlsOptionNames),
    tcp: pick(options, ['lookup', 'localAddress']),
  });
}

/** The options that go to `tls.connect` as they are. */
export const tlsOptionNames = [
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'key',
  'maxVersion',
  'minVersion',
  'passphrase',
  'pfx',
  'rejectUnauthorized',
  'secureContext',
  'servername',
] as const satisfies readonly (keyof ClientTlsOptions)[];

function resolveRoute({ agent, proxy, createConnection, http2 }: ClientOptions): Route {
  const given = [agent, proxy, createConnection].filter((option) => option !== undefined);
  if (given.length > 1) {
    throw new UsageError('agent, proxy and createConnection each make the connection: give one of them');
  }
  if (agent !== undefined && http2 === true) {
    throw new UsageError('agent and http2 do not go together: agents speak HTTP/1.1; leave agent out');
  }
  if (agent !== undefined) return { type: 'agent', agent };
  if (createConnection !== undefined) return { type: 'custom', createConnection };
  if (proxy === undefined) return { type: 'direct' };
  const url = URL.canParse(String(proxy)) ? new URL(proxy) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    // The value is not repeated: it may hold a password.
    throw new UsageError('proxy must be an http or https URL, such as http://proxy.example:3128');
  }
  return { type: 'proxy', proxy: url };
}

function requestFields(
  { headers = [], origin }: ClientOptions,
  pageOrigin: string | undefined,
): readonly HeaderField[] {
  const fields: HeaderField[] = [];
  for (const [name, values] of Symbol.iterator in headers ? headers : Object.entries(headers)) {
    for (const value of Array.isArray(values) ? values : [values]) {
      checkRequestField(name, value);
      fields.push([name, value]);
    }
  }
  const from = origin ?? pageOrigin;
  if (from !== undefined && !hasField(fields, 'origin')) {
    checkRequestField('Origin', from);
    fields.push(['Origin', from]);
  }
  return fields;
}

function checkRequestField(name: string, value: unknown): void {
  if (!isToken(name)) {
    throw new UsageError(`headers: ${JSON.stringify(name)} is not a header name (RFC 9110, section 5.1)`);
  }
  // The value is not repeated: it may be a secret.
  if (typeof value !== 'string' || !isFieldValue(value)) {
    throw new UsageError(
      `headers: the value of ${name} is no string, or holds a line break or another control character`,
    );
  }
  if (isHandshakeField(name.toLowerCase())) {
    throw new UsageError(`headers: ${name} is written by the handshake itself; leave it out`);
  }
}

function isHandshakeField(lowerName: string): boolean {
  return (
    lowerName === 'upgrade' ||
    lowerName === 'connection' ||
    lowerName === 'content-length' ||
    lowerName === 'transfer-encoding' ||
    lowerName.startsWith('sec-websocket-')
  );
}

export function hasField(fields: readonly HeaderField[], lowerName: string): boolean {
  return fields.some(([name]) => name.toLowerCase() === lowerName);
}

/** Only what is given: an option that is undefined would hide a default of Node's. */
function pick<Options extends object, Name extends keyof Options>(
  options: Options,
  names: readonly Name[],
): Pick<Options, Name> {
  const picked: Partial<Options> = {};
  for (const name of names) {
    if (options[name] !== undefined) picked[name] = options[name];
  }
  return picked as Pick<Options, Name>;
}
