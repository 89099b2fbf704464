// The client's side of the opening handshake: the fields it sends, and the checks on the answer (RFC 6455, section 4.1).

import { UsageError } from '../errors.ts';
import { type Extension, parseExtensions, serializeExtensions } from '../extension/extension-header.ts';
import { isWebSocketKey } from './accept-key.ts';
import { equalsIgnoringCase, listHasToken, Malformed, trimSpace } from './field-reader.ts';
import { HandshakeError } from './handshake-error.ts';
import type { HeaderField, HeaderLookup } from './header-list.ts';
import { serializeProtocols } from './subprotocol.ts';

/** What a client offers; a server may agree to parts of it and to nothing else. */
export interface ClientOffer {
  /** Subprotocols in order of preference. */
  readonly protocols?: readonly string[] | undefined;
  /** Extensions in order of preference. */
  readonly extensions?: readonly Extension[] | undefined;
}

/** What the server agreed to. */
export interface Agreement {
  /** The subprotocol to speak; empty when there is none. */
  readonly protocol: string;
  /** The extensions in use, in the server's order, with the server's parameters: check those next. */
  readonly extensions: readonly Extension[];
}

export interface ExpectedAnswer extends ClientOffer {
  /** The value of `acceptKey` for the key that was sent. */
  readonly accept: string;
  /**
   * Whether to fail when subprotocols were offered and the server chose none. RFC 6455 leaves this open; the WHATWG
   * standard demands it of a browser's `WebSocket`.
   * @default false
   */
  readonly requireProtocol?: boolean | undefined;
}

/** The head of an answer, as `HttpHeadParser` or Node's `http` gives it. */
export interface UpgradeResponseHead {
  readonly status: number;
  readonly headers: HeaderLookup;
}

/**
 * The fields of the request, beside `Host` and `Origin`, which the caller adds. Throws `UsageError` for a key that is not
 * 16 bytes in base64, and for subprotocols or extensions that cannot be written.
 */
export function requestHeaders(request: ClientOffer & { readonly key: string }): HeaderField[] {
  if (!isWebSocketKey(request.key)) throw new UsageError('key: give 16 random bytes in base64');
  return [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', request.key],
    ...offerFields(request),
  ];
}

/** The fields that say what a client offers, over HTTP/1.1 and HTTP/2 alike. */
export function offerFields(offer: ClientOffer): HeaderField[] {
  const { protocols = [], extensions = [] } = offer;
  const fields: HeaderField[] = [['Sec-WebSocket-Version', '13']];
  if (protocols.length > 0) fields.push(['Sec-WebSocket-Protocol', serializeProtocols(protocols)]);
  if (extensions.length > 0) fields.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)]);
  return fields;
}

/** Checks the server's answer by the six rules of section 4.1. An error means: fail the connection. */
export function checkUpgradeResponse(
  response: UpgradeResponseHead,
  expected: ExpectedAnswer,
): Agreement | HandshakeError {
  const { status, headers } = response;
  if (status !== 101) {
    return new HandshakeError(
      'UNEXPECTED_STATUS',
      `server answered with status ${status} instead of 101; check the URL and whether a WebSocket server is behind it`,
      status,
    );
  }
  // 4.1, item 2. "contains a value that is not an ASCII case-insensitive match for the value "websocket"":
  // the whole value, not a list.
  if (!equalsIgnoringCase(trimSpace(headers.get('upgrade') ?? ''), 'websocket')) {
    return new HandshakeError('UPGRADE_MISMATCH', 'server did not answer with Upgrade: websocket');
  }
  if (!listHasToken(headers.get('connection') ?? '', 'upgrade')) {
    return new HandshakeError('CONNECTION_MISMATCH', 'server did not answer with Connection: Upgrade');
  }
  // 4.1, item 4. "[…] but ignoring any leading and trailing whitespace".
  if (trimSpace(headers.get('sec-websocket-accept') ?? '') !== expected.accept) {
    return new HandshakeError(
      'ACCEPT_MISMATCH',
      'server did not answer the key with its Sec-WebSocket-Accept; a cache or another protocol may stand between',
    );
  }
  return checkAgreement(headers, expected);
}

/** Items 5 and 6 of section 4.1, which hold over HTTP/1.1 and HTTP/2 alike. */
export function checkAgreement(
  headers: HeaderLookup,
  offer: Omit<ExpectedAnswer, 'accept'>,
): Agreement | HandshakeError {
  const extensions = checkExtensions(headers.get('sec-websocket-extensions'), offer.extensions ?? []);
  if (extensions instanceof HandshakeError) return extensions;
  const offered = offer.protocols ?? [];
  const protocol = headers.get('sec-websocket-protocol');
  // One name of the offer, and so never a list: a comma stands in no name.
  if (protocol !== undefined && !offered.includes(protocol)) {
    return new HandshakeError(
      'PROTOCOL_NOT_OFFERED',
      `server chose the subprotocol ${JSON.stringify(protocol)}, which was not offered`,
    );
  }
  if (protocol === undefined && offered.length > 0 && offer.requireProtocol === true) {
    return new HandshakeError('PROTOCOL_NOT_CHOSEN', 'server chose none of the subprotocols offered');
  }
  return Object.freeze({ protocol: protocol ?? '', extensions });
}

function checkExtensions(
  field: string | undefined,
  offered: readonly Extension[],
): readonly Extension[] | HandshakeError {
  if (field === undefined) return [];
  const extensions = parseExtensions(field);
  if (extensions instanceof Malformed) {
    return new HandshakeError(
      'EXTENSIONS_MALFORMED',
      `server answered with Sec-WebSocket-Extensions that cannot be read: ${extensions.reason}`,
    );
  }
  const names = new Set<string>();
  for (const { name } of extensions) {
    if (!offered.some((extension) => extension.name === name)) {
      return new HandshakeError(
        'EXTENSION_NOT_OFFERED',
        `server chose the extension ${name}, which was not offered`,
      );
    }
    if (names.has(name)) {
      return new HandshakeError('EXTENSION_NOT_OFFERED', `server chose the extension ${name} twice`);
    }
    names.add(name);
  }
  return extensions;
}
