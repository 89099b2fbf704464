// The opening handshake over HTTP/2: extended CONNECT, in both roles (RFC 8441).

import type { Extension } from '../extension/extension-header.ts';
import { type Agreement, type ClientOffer, checkAgreement, offerFields } from './client-handshake.ts';
import { equalsIgnoringCase } from './field-reader.ts';
import { HandshakeError, type HandshakeRejection, rejection } from './handshake-error.ts';
import type { HeaderField, HeaderLookup } from './header-list.ts';
import { isAuthority, parseRequestTarget } from './request-target.ts';
import { agreedFields, checkFields, contentOf, refusalFields } from './server-answer.ts';
import {
  checkVersion,
  type OpeningRequest,
  readOffer,
  type UpgradeRequestLimits,
} from './server-handshake.ts';

/** The head of an HTTP/2 request: its pseudo-header fields, without the colon, and the others. */
export interface ExtendedConnectHead {
  readonly method: string;
  readonly protocol: string | undefined;
  readonly scheme: string | undefined;
  readonly path: string | undefined;
  readonly authority: string | undefined;
  readonly headers: HeaderLookup;
}

export interface ExtendedConnectOffer extends ClientOffer {
  /** `https` for wss URLs, `http` for ws URLs. */
  readonly scheme: 'http' | 'https';
  /** The host, with its port where that is not the default. */
  readonly authority: string;
  /** The path and the query, as in `/chat?room=1`. */
  readonly path: string;
}

export interface ExtendedConnectAnswer {
  readonly request: Pick<OpeningRequest, 'protocols' | 'extensions'>;
  readonly protocol?: string | undefined;
  readonly extensions?: readonly Extension[] | undefined;
  readonly headers?: Iterable<HeaderField> | undefined;
}

/** How a request is refused over HTTP/2: the fields of the answer, and its body. */
export interface ExtendedConnectRefusal {
  readonly fields: HeaderField[];
  readonly content: Uint8Array;
}

/** RFC 9113, 8.2.2. Fields of one HTTP/1.1 connection: a request over HTTP/2 that has one is malformed. */
const connectionFields = ['connection', 'upgrade', 'keep-alive', 'proxy-connection', 'transfer-encoding'];

/**
 * Checks a request as `checkUpgradeRequest` does. There is no key and no proof of it: `Sec-WebSocket-Key` is not looked
 * at, since `:protocol` takes its place (RFC 8441, section 5).
 */
export function checkExtendedConnect(
  request: ExtendedConnectHead,
  limits: UpgradeRequestLimits = {},
): OpeningRequest | HandshakeRejection {
  const { headers, path, authority } = request;
  if (request.method !== 'CONNECT') {
    return rejection('METHOD_NOT_ALLOWED', 'A WebSocket is opened over HTTP/2 with the method CONNECT.', [
      ['Allow', 'CONNECT'],
    ]);
  }
  if (request.protocol !== 'websocket') {
    return rejection(
      'CONNECT_PROTOCOL_UNSUPPORTED',
      'Only WebSocket is spoken here. Send the pseudo-header :protocol with the value websocket.',
    );
  }
  // RFC 8441, 4. "the :scheme and :path pseudo-header fields of the target URI […] MUST also be included."
  if (request.scheme !== 'https' && request.scheme !== 'http') {
    return rejection(
      'SCHEME_INVALID',
      'The pseudo-header :scheme is neither https, for wss, nor http, for ws.',
    );
  }
  const target = path?.startsWith('/') ? parseRequestTarget(path) : undefined;
  if (target === undefined) {
    return rejection('TARGET_INVALID', 'The pseudo-header :path is missing or not a path such as /chat.');
  }
  if (authority === undefined || !isAuthority(authority)) {
    return rejection(
      'HOST_INVALID',
      'The pseudo-header :authority is missing or not a host such as example.com.',
    );
  }
  // RFC 9113, 8.3.1. "A server SHOULD treat a request as malformed if it contains a Host header field that identifies an
  // entity that differs from the entity in the ":authority" pseudo-header field."
  const host = headers.get('host');
  if (host !== undefined && !equalsIgnoringCase(host, authority)) {
    return rejection('HOST_INVALID', 'Host differs from the pseudo-header :authority. Leave out Host.');
  }
  if (connectionFields.some((name) => headers.get(name) !== undefined)) {
    return rejection(
      'CONNECTION_HEADER',
      'The request has a field that HTTP/2 does not allow. Leave out Connection, Upgrade and Transfer-Encoding.',
    );
  }
  return (
    checkVersion(headers, []) ??
    readOffer(headers, limits, (offer) => ({
      type: 'request',
      path: target.path,
      query: target.query,
      host: authority,
      key: undefined,
      ...offer,
    }))
  );
}

/**
 * The fields of the answer that accepts, names in lower case, without those that HTTP/2 does not allow. Throws
 * `UsageError` as `serializeUpgradeResponse` does.
 */
export function extendedConnectAnswer(answer: ExtendedConnectAnswer): HeaderField[] {
  const fields = [...agreedFields(answer), ...checkFields(answer.headers ?? [])];
  return [[':status', '200'], ...overHttp2(fields)];
}

/** The answer that refuses, as `serializeRejection` writes it for HTTP/1.1. Throws `UsageError` as that does. */
export function extendedConnectRefusal(
  status: number,
  headers: Iterable<HeaderField> = [],
  body: string | Uint8Array = '',
): ExtendedConnectRefusal {
  const content = contentOf(body);
  const fields = overHttp2(refusalFields(status, headers, content));
  return {
    fields: [[':status', String(status)], ['content-length', String(content.length)], ...fields],
    content,
  };
}

/** The fields of the request, names in lower case, beside `origin`, which the caller adds. */
export function extendedConnectRequest(offer: ExtendedConnectOffer): HeaderField[] {
  return [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', offer.scheme],
    [':authority', offer.authority],
    [':path', offer.path],
    ...offerFields(offer).map(inLowerCase),
  ];
}

/** Checks the server's answer. An error means: reset the stream. */
export function checkExtendedConnectResponse(
  response: { readonly status: number; readonly headers: HeaderLookup },
  offer: ClientOffer & { readonly requireProtocol?: boolean | undefined },
): Agreement | HandshakeError {
  const { status, headers } = response;
  // RFC 9110, 9.3.6. "Any 2xx (Successful) response indicates that the sender […] will switch to tunnel mode".
  if (status < 200 || status > 299) {
    return new HandshakeError(
      'UNEXPECTED_STATUS',
      `server answered extended CONNECT with status ${status} instead of 200; check the URL and that the server speaks WebSocket over HTTP/2`,
      status,
    );
  }
  return checkAgreement(headers, offer);
}

/** Fields that only mean something on HTTP/1.1, such as the Upgrade of a 426, are left out. */
function overHttp2(fields: readonly HeaderField[]): HeaderField[] {
  return fields.map(inLowerCase).filter(([name]) => !connectionFields.includes(name));
}

/** RFC 9113, 8.2. "Field names MUST be converted to lowercase when constructing an HTTP/2 message." */
function inLowerCase([name, value]: HeaderField): HeaderField {
  return [name.toLowerCase(), value];
}
