// A connection as streams: a client's `WebSocketStream`, and what `connection.stream()` gives on a server.

import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { BinaryData } from '../connection/message-data.ts';

/** A string for text, bytes that nothing else holds for binary. */
export type ReceivedMessage = string | Uint8Array<ArrayBuffer>;
export type SentMessage = string | BinaryData;

/** What a connection is once it is open. */
export interface WebSocketOpenInfo {
  /** While it is not read, the socket is not read either, and the peer has to wait. */
  readonly readable: ReadableStream<ReceivedMessage>;
  /** A write is done when the network has taken nearly all of it. Closing it starts the closing handshake. */
  readonly writable: WritableStream<SentMessage>;
  /** The subprotocol agreed on, or ''. */
  readonly protocol: string;
  /** The extensions agreed on, or ''. */
  readonly extensions: string;
}

/** How a connection was closed, or is to be closed. */
export interface WebSocketCloseInfo {
  /** 1000, or 3000 to 4999, to close with; when it was closed, what the peer said (1005: nothing). */
  readonly closeCode?: number | undefined;
  /** At most 123 bytes of UTF-8. */
  readonly reason?: string | undefined;
}

export interface ConnectionStream {
  /** Resolves when the connection is open. */
  readonly opened: Promise<WebSocketOpenInfo>;
  /**
   * Resolves with the peer's code and reason when the connection was closed properly; rejects with a `WebSocketError`
   * otherwise. Neither promise is ever an unhandled rejection.
   */
  readonly closed: Promise<WebSocketCloseInfo>;
  /**
   * Starts the closing handshake, behind what was written before. Throws an `InvalidAccessError` `DOMException` for a code
   * other than 1000 and 3000–4999, and a `SyntaxError` one for a reason of more than 123 bytes. What the reader has not
   * taken when `closeTimeoutMs` is over is lost, and `closed` says so.
   */
  close(info?: WebSocketCloseInfo): void;
}
