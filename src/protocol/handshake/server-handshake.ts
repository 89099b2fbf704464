// The server's side of the opening handshake: whether a request asks for a WebSocket (RFC 6455, section 4.2.1).

import { type Extension, type ExtensionLimits, parseExtensions } from '../extension/extension-header.ts';
import { isWebSocketKey } from './accept-key.ts';
import { listHasToken, Malformed } from './field-reader.ts';
import { type HandshakeRejection, rejection } from './handshake-error.ts';
import type { HeaderLookup } from './header-list.ts';
import { isAuthority, parseRequestTarget } from './request-target.ts';
import { defaultMaxProtocols, parseProtocols } from './subprotocol.ts';

/** The head of a request, as `HttpHeadParser` or Node's `http` gives it. */
export interface UpgradeRequestHead {
  readonly method: string;
  /** As in `1.1`, without `HTTP/`. */
  readonly httpVersion: string;
  readonly target: string;
  readonly headers: HeaderLookup;
}

/** A request that asks for a WebSocket as it should. Whether to give one is for the application to say. */
export interface OpeningRequest {
  readonly type: 'request';
  /** The path and the query of the target, still percent-encoded. */
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  /** The host that the client meant, with its port where it gave one. */
  readonly host: string;
  /** `Sec-WebSocket-Key`; undefined over HTTP/2, which has none. */
  readonly key: string | undefined;
  /** As sent. Browsers always send it; without a check of it any web page may connect. */
  readonly origin: string | undefined;
  /** The subprotocols offered, in the client's order of preference. */
  readonly protocols: readonly string[];
  /** The extensions offered, in the client's order of preference. */
  readonly extensions: readonly Extension[];
}

export interface UpgradeRequestLimits extends ExtensionLimits {
  /** The number of subprotocols that a client may offer.
   * @default 64 */
  readonly maxProtocols?: number;
}

/** The parts of a request that mean the same over HTTP/1.1 and HTTP/2. */
export type OpeningOffer = Pick<OpeningRequest, 'origin' | 'protocols' | 'extensions'>;

/** Checks every requirement of section 4.2.1 on a request, in the order that gives the most helpful refusal. */
export function checkUpgradeRequest(
  request: UpgradeRequestHead,
  limits: UpgradeRequestLimits = {},
): OpeningRequest | HandshakeRejection {
  const { headers } = request;
  // 4.2.1, item 1. "An HTTP/1.1 or higher GET request, including a "Request-URI"".
  if (request.method !== 'GET') {
    return rejection('METHOD_NOT_ALLOWED', 'A WebSocket is opened with the method GET.', [['Allow', 'GET']]);
  }
  if (!isVersionAtLeast11(request.httpVersion)) {
    return rejection('HTTP_VERSION_TOO_LOW', 'A WebSocket is opened with HTTP/1.1. Ask with HTTP/1.1.');
  }
  const target = parseRequestTarget(request.target);
  if (target === undefined) {
    return rejection(
      'TARGET_INVALID',
      'The request target is neither a path nor an http or https URI. Ask for a path such as /chat, without a fragment.',
    );
  }
  // A body would be taken for frames, or frames for a body, by whoever stands between.
  // A length of 0 announces none: the JDK's client sends it.
  if ((headers.get('content-length') ?? '0') !== '0' || headers.get('transfer-encoding') !== undefined) {
    return rejection(
      'BODY_NOT_ALLOWED',
      'The request announces a body. Leave out Content-Length and Transfer-Encoding.',
    );
  }
  // 4.2.1, item 2. "A |Host| header field containing the server's authority."
  const hostField = headers.get('host');
  if (hostField === undefined || !isAuthority(hostField)) {
    return rejection('HOST_INVALID', 'The request needs one Host field, such as Host: example.com:8080.');
  }
  return (
    checkUpgrade(headers) ??
    checkVersion(headers, upgradeToWebSocket) ??
    checkKey(headers) ??
    readOffer(headers, limits, (offer) => ({
      type: 'request',
      path: target.path,
      query: target.query,
      host: target.authority ?? hostField,
      key: headers.get('sec-websocket-key'),
      ...offer,
    }))
  );
}

/** RFC 9110, 15.5.22. "The server MUST send an Upgrade header field in a 426 response". */
const upgradeToWebSocket = [['Upgrade', 'websocket']] as const;

function isVersionAtLeast11(version: string): boolean {
  const [major, minor, ...rest] = version.split('.');
  if (rest.length > 0) return false;
  return Number(major) > 1 || (major === '1' && Number(minor) >= 1);
}

function checkUpgrade(headers: HeaderLookup): HandshakeRejection | undefined {
  // 4.2.1, item 3. "An |Upgrade| header field containing the value "websocket", treated as
  // an ASCII case-insensitive value."
  if (!listHasToken(headers.get('upgrade') ?? '', 'websocket')) {
    return rejection(
      'UPGRADE_MISSING',
      'Only WebSocket is spoken here. Connect with a WebSocket client; if you did, a proxy between dropped Upgrade: websocket.',
      upgradeToWebSocket,
    );
  }
  // 4.2.1, item 4. "A |Connection| header field that includes the token "Upgrade"".
  if (!listHasToken(headers.get('connection') ?? '', 'upgrade')) {
    return rejection(
      'CONNECTION_NOT_UPGRADE',
      'The request has Upgrade: websocket but not Connection: Upgrade. If it passed a proxy, let it forward both fields.',
      upgradeToWebSocket,
    );
  }
  return undefined;
}

/**
 * 4.2.1, item 6. "A |Sec-WebSocket-Version| header field, with a value of 13." Shared with extended CONNECT, which
 * cannot name an `upgrade`.
 */
export function checkVersion(
  headers: HeaderLookup,
  upgrade: HandshakeRejection['headers'],
): HandshakeRejection | undefined {
  const version = headers.get('sec-websocket-version');
  if (version === '13') return undefined;
  if (version !== undefined && !isVersionNumber(version)) {
    return rejection(
      'VERSION_INVALID',
      'Sec-WebSocket-Version is not a number. Send Sec-WebSocket-Version: 13.',
    );
  }
  // 4.2.2, item 4. "the server MUST abort the WebSocket handshake […] and instead send an appropriate HTTP error code
  // (such as 426 Upgrade Required) and a |Sec-WebSocket-Version| header field".
  return rejection(
    'VERSION_UNSUPPORTED',
    'Only version 13 of the WebSocket protocol is spoken here. Send Sec-WebSocket-Version: 13.',
    [...upgrade, ['Sec-WebSocket-Version', '13']],
  );
}

/** 4.3. "version = DIGIT | (NZDIGIT DIGIT) | ("1" DIGIT DIGIT) | ("2" DIGIT DIGIT)", limited to 0–255. */
function isVersionNumber(text: string): boolean {
  return text.length <= 3 && String(Number(text)) === text && Number(text) >= 0 && Number(text) <= 255;
}

function checkKey(headers: HeaderLookup): HandshakeRejection | undefined {
  if (isWebSocketKey(headers.get('sec-websocket-key') ?? '')) return undefined;
  return rejection(
    'KEY_INVALID',
    'Sec-WebSocket-Key is missing or not 16 random bytes in base64. Send one such key.',
  );
}

/** Shared with extended CONNECT: the offers of a request, put into it by `complete`. */
export function readOffer(
  headers: HeaderLookup,
  limits: UpgradeRequestLimits,
  complete: (offer: OpeningOffer) => OpeningRequest,
): OpeningRequest | HandshakeRejection {
  const protocolField = headers.get('sec-websocket-protocol');
  const protocols =
    protocolField === undefined
      ? []
      : parseProtocols(protocolField, limits.maxProtocols ?? defaultMaxProtocols);
  if (protocols instanceof Malformed) {
    return rejection(
      'PROTOCOLS_INVALID',
      `Sec-WebSocket-Protocol is not a list of different names: ${protocols.reason}.`,
    );
  }
  const extensionField = headers.get('sec-websocket-extensions');
  const extensions = extensionField === undefined ? [] : parseExtensions(extensionField, limits);
  if (extensions instanceof Malformed) {
    return rejection('EXTENSIONS_INVALID', `Sec-WebSocket-Extensions cannot be read: ${extensions.reason}.`);
  }
  return Object.freeze(complete({ origin: headers.get('origin'), protocols, extensions }));
}
