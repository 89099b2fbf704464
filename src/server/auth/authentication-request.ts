// What `authenticate` gets to see: the credential, and the request that it came with.

import { isUtf8 } from 'node:buffer';
import { parse as parseCookies } from 'cookie';
import type { OriginPolicy, UpgradeRequest } from '../../websocket/index.ts';
import type { Identity } from './identity.ts';

/** Where a token stood. */
export type TokenSource = 'packet' | 'subprotocol' | 'authorization' | 'cookie' | 'query';

export interface BasicCredentials {
  readonly user: string;
  readonly password: string;
}

export interface AuthenticationRequest {
  /**
   * The token of the first packet; else of an offered subprotocol `bearer.<base64url>`, of `Authorization: Bearer`, of
   * the cookie, or of the query, in this order. The last two only where `tokenFrom` names them.
   */
  readonly token: string | undefined;
  readonly tokenSource: TokenSource | undefined;
  /** From `Authorization: Basic`. */
  readonly basic: BasicCredentials | undefined;
  /**
   * Empty unless the request comes from a page whose origin is allowed: a browser sends cookies for any page that asks,
   * and a program that sends no Origin has no use for them.
   */
  readonly cookies: ReadonlyMap<string, string>;
  /** Of the opening request, names in lower case. In a refresh (`previous`) there are none. */
  readonly headers: UpgradeRequest['headers'];
  /** The path of the opening request, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly origin: string | undefined;
  readonly remoteAddress: string;
  /** Whether the connection is encrypted up to this process. */
  readonly isSecure: boolean;
  /** Who it is so far: the client renews its credential in place, and must stay the same subject. */
  readonly previous: Identity | undefined;
}

export interface TokenFromOptions {
  /** The name of a cookie that holds a token. It counts only in requests of pages whose origin is allowed. */
  readonly cookie?: string;
  /** The name of a query parameter that holds a token. Addresses end up in logs and histories: avoid it. */
  readonly query?: string;
}

const noCookies: ReadonlyMap<string, string> = new Map();
const noHeaders: UpgradeRequest['headers'] = Object.freeze({ get: () => undefined });
const bearerProtocol = 'bearer.';

/** Whether an offered subprotocol is a credential, not the name of one. */
export function isBearerProtocol(name: string): boolean {
  return name.startsWith(bearerProtocol);
}

/** What the opening request says, before any packet. */
export function readOpeningRequest(
  request: UpgradeRequest,
  { origins, tokenFrom = {} }: { readonly origins: OriginPolicy; readonly tokenFrom?: TokenFromOptions },
): AuthenticationRequest {
  const { origin, headers, query, path, remoteAddress, isSecure } = request;
  const authorization = headers.get('authorization');
  const isPage = origin !== undefined && origins.allows(request);
  const cookies = isPage ? cookiesOf(headers.get('cookie')) : noCookies;
  const rest = { cookies, headers, path, query, origin, remoteAddress, isSecure, previous: undefined };
  const basic = basicCredentials(authorization);
  const candidates: readonly (readonly [TokenSource, string | undefined])[] = [
    ['subprotocol', bearerOf(request.protocols)],
    ['authorization', schemeValue(authorization, 'bearer')],
    ['cookie', tokenFrom.cookie === undefined ? undefined : cookies.get(tokenFrom.cookie)],
    ['query', tokenFrom.query === undefined ? undefined : (query.get(tokenFrom.query) ?? undefined)],
  ];
  for (const [tokenSource, token] of candidates) {
    if (token !== undefined && token !== '') return { token, tokenSource, basic, ...rest };
  }
  return { token: undefined, tokenSource: undefined, basic, ...rest };
}

/** The same with the token of a packet, which counts before any other. */
export function withPacketToken(
  request: AuthenticationRequest,
  token: string | undefined,
): AuthenticationRequest {
  return token === undefined ? request : { ...request, token, tokenSource: 'packet' };
}

/** What is kept of a request while its connection lasts: no credential, and little memory. */
export type Whereabouts = Pick<AuthenticationRequest, 'path' | 'origin' | 'remoteAddress' | 'isSecure'>;

/** What `authenticate` sees when a credential is renewed in place. */
export function renewalRequest(
  whereabouts: Whereabouts,
  previous: Identity | undefined,
): AuthenticationRequest {
  return {
    ...whereabouts,
    previous,
    token: undefined,
    tokenSource: undefined,
    basic: undefined,
    cookies: noCookies,
    headers: noHeaders,
    query: new URLSearchParams(),
  };
}

function bearerOf(protocols: readonly string[]): string | undefined {
  const offered = protocols.find(isBearerProtocol);
  return offered === undefined ? undefined : decode(offered.slice(bearerProtocol.length), 'base64url');
}

/** `Scheme value`: the scheme in any case (RFC 9110, section 11.1). */
function schemeValue(authorization: string | undefined, scheme: string): string | undefined {
  if (authorization === undefined) return undefined;
  const space = authorization.indexOf(' ');
  if (space < 0 || authorization.slice(0, space).toLowerCase() !== scheme) return undefined;
  return authorization.slice(space + 1).trim();
}

function basicCredentials(authorization: string | undefined): BasicCredentials | undefined {
  const value = schemeValue(authorization, 'basic');
  const text = value === undefined ? undefined : decode(value, 'base64');
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Text in base64, or `undefined`: Node would leave out what does not belong there, and write U+FFFD for what is no UTF-8. */
function decode(encoded: string, encoding: 'base64' | 'base64url'): string | undefined {
  const bytes = Buffer.from(encoded, encoding);
  const isWhole =
    bytes.toString('base64url') === withoutPadding(encoded).replaceAll('+', '-').replaceAll('/', '_');
  return isWhole && isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** In linear time: a regular expression would look at each `=` of a long row again and again. */
function withoutPadding(encoded: string): string {
  let end = encoded.length;
  while (end > 0 && encoded[end - 1] === '=') end -= 1;
  return encoded.slice(0, end);
}

function cookiesOf(header: string | undefined): ReadonlyMap<string, string> {
  if (header === undefined) return noCookies;
  const cookies = new Map<string, string>();
  for (const [name, value] of Object.entries(parseCookies(header))) {
    if (value !== undefined) cookies.set(name, value);
  }
  return cookies;
}
