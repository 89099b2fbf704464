// What can be wrong with an opening handshake: the server's refusals with their status, the client's errors.

/**
 * Why a server refuses an opening handshake, with the HTTP status that says so to the client. Each has its sentence in
 * `docs/reference/handshake.md`.
 */
export const RejectionCode = Object.freeze({
  /** The head is not HTTP/1.1 as RFC 9112 writes it. */
  MALFORMED_HEAD: 400,
  /** The request line is longer than `maxTargetBytes` allows. */
  TARGET_TOO_LONG: 414,
  /** The head is longer than `maxHeadBytes`. */
  HEAD_TOO_LONG: 431,
  /** The head has more fields than `maxHeaders`. */
  TOO_MANY_HEADERS: 431,
  /** A field came twice that may come once. */
  DUPLICATE_HEADER: 400,
  /** The version of HTTP is not 1.x. */
  HTTP_VERSION_UNSUPPORTED: 505,
  /** The version of HTTP is below 1.1 (4.2.1, item 1). */
  HTTP_VERSION_TOO_LOW: 400,
  /** The method is not GET (4.2.1, item 1), or not CONNECT (RFC 8441). */
  METHOD_NOT_ALLOWED: 405,
  /** The target is neither a path nor an absolute http(s) URI (4.2.1, item 1). */
  TARGET_INVALID: 400,
  /** The request announces a body. */
  BODY_NOT_ALLOWED: 400,
  /** `Host`, or `:authority`, is missing or not a host with an optional port (4.2.1, item 2). */
  HOST_INVALID: 400,
  /** `Upgrade` does not list websocket (4.2.1, item 3). */
  UPGRADE_MISSING: 426,
  /** `Connection` does not list Upgrade (4.2.1, item 4). */
  CONNECTION_NOT_UPGRADE: 426,
  /** `Sec-WebSocket-Version` is missing or names a version other than 13 (4.2.2, item 4). */
  VERSION_UNSUPPORTED: 426,
  /** `Sec-WebSocket-Version` is not a number from 0 to 255 (4.1, item 9). */
  VERSION_INVALID: 400,
  /** `Sec-WebSocket-Key` is missing or not 16 bytes in base64 (4.2.1, item 5). */
  KEY_INVALID: 400,
  /** `Sec-WebSocket-Protocol` is not a list of unique tokens (4.1, item 10). */
  PROTOCOLS_INVALID: 400,
  /** `Sec-WebSocket-Extensions` does not follow its grammar (9.1). */
  EXTENSIONS_INVALID: 400,
  /** An extended CONNECT asks for another protocol than websocket (RFC 8441, section 4). */
  CONNECT_PROTOCOL_UNSUPPORTED: 501,
  /** `:scheme` is neither http nor https (RFC 8441, section 5). */
  SCHEME_INVALID: 400,
  /** A field stands in an HTTP/2 request that belongs to HTTP/1.1 connections (RFC 9113, section 8.2.2). */
  CONNECTION_HEADER: 400,
} as const);

export type RejectionCode = keyof typeof RejectionCode;

/** A refusal of a request, ready to be written by `serializeRejection`; the connection is closed after it. */
export interface HandshakeRejection {
  readonly type: 'rejection';
  /** Stable, for programs. */
  readonly code: RejectionCode;
  readonly status: number;
  /** Fields that the status calls for, such as `Sec-WebSocket-Version` with 426. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** A sentence or two for a person: what was wrong and what to do. */
  readonly body: string;
}

/** A refusal with the status of its code. The body is sent to the peer: it holds no internal detail. */
export function rejection(
  code: RejectionCode,
  body: string,
  headers: HandshakeRejection['headers'] = [],
): HandshakeRejection {
  return Object.freeze({ type: 'rejection', code, status: RejectionCode[code], headers, body });
}

/** Why a client fails an opening handshake, with the section that says it must. */
export const HandshakeErrorCode = Object.freeze({
  /** The status is not the one that accepts: 101, or 2xx on HTTP/2. */
  UNEXPECTED_STATUS: 'RFC 6455, section 4.1, item 1',
  /** The head of the answer is not HTTP/1.1 as RFC 9112 writes it, or breaks a limit. */
  HEAD_REFUSED: 'RFC 9112',
  /** `Upgrade` is missing or not websocket. */
  UPGRADE_MISMATCH: 'RFC 6455, section 4.1, item 2',
  /** `Connection` does not list Upgrade. */
  CONNECTION_MISMATCH: 'RFC 6455, section 4.1, item 3',
  /** `Sec-WebSocket-Accept` is missing or does not answer the key that was sent. */
  ACCEPT_MISMATCH: 'RFC 6455, section 4.1, item 4',
  /** `Sec-WebSocket-Extensions` does not follow its grammar. */
  EXTENSIONS_MALFORMED: 'RFC 6455, section 9.1',
  /** The server chose an extension that was not offered, or one twice. */
  EXTENSION_NOT_OFFERED: 'RFC 6455, section 4.1, item 5',
  /** The server's parameters for an extension cannot be agreed to. */
  EXTENSION_PARAMETERS: 'RFC 7692, section 7.1',
  /** The server chose a subprotocol that was not offered, or more than one. */
  PROTOCOL_NOT_OFFERED: 'RFC 6455, section 4.1, item 6',
  /** The server chose none of the offered subprotocols, where the client asked for one to be chosen. */
  PROTOCOL_NOT_CHOSEN: 'WHATWG WebSockets, section 3',
} as const);

export type HandshakeErrorCode = keyof typeof HandshakeErrorCode;

/** The server's answer to an opening handshake cannot be accepted; the client closes the connection. */
export class HandshakeError extends Error {
  override readonly name: string = 'HandshakeError';
  /** Stable, for programs. */
  readonly code: HandshakeErrorCode;
  /** The status of the answer, where that is what was wrong. */
  readonly status: number | undefined;

  constructor(code: HandshakeErrorCode, message: string, status?: number) {
    super(`${message} (${HandshakeErrorCode[code]})`);
    this.code = code;
    this.status = status;
  }
}
