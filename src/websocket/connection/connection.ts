// A server's side of one WebSocket connection, as an application sees it.

import type { ConnectionStream } from '../whatwg/connection-stream.ts';
import type { BinaryData } from './message-data.ts';
import type { SendResult } from './message-sender.ts';
import type { PreparedMessage } from './prepared-message.ts';

export type ReadyState = 'open' | 'closing' | 'closed';

export interface DrainedOptions {
  /** Resolve as soon as at most this many bytes wait. @default 0 */
  readonly thresholdBytes?: number;
  /** Rejects the promise with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface SendOptions {
  /**
   * Whether to compress this message, where permessage-deflate was agreed to; a prepared message has its own choice.
   * @default whether it has at least `perMessageDeflate.thresholdBytes`
   */
  readonly compress?: boolean;
}

export interface Connection<Data = unknown> {
  /** What the `upgrade` hook gave for this connection. It is the application's to change. */
  data: Data;
  /** The subprotocol agreed on, or ''. */
  readonly protocol: string;
  /** The extensions agreed on, as in the handshake, or ''. */
  readonly extensions: string;
  /** The address of the peer's end of the TCP connection. */
  readonly remoteAddress: string;
  /** `'closing'`: a Close went out, so that nothing more can be sent; messages may still come in. */
  readonly readyState: ReadyState;
  /** Bytes, frame headers included, that the operating system has not taken yet. */
  readonly bufferedAmount: number;

  /**
   * Sends a message: text for a string, binary for anything else. Binary data above 16 KiB is not copied: do not change it,
   * nor hand it to another thread, before it is sent. Throws `UsageError` on what is neither, and `TypeError` never sends a byte.
   */
  send(data: string | BinaryData | Blob | PreparedMessage, options?: SendOptions): SendResult;
  /** Sends a Ping with at most 125 bytes. */
  ping(data?: string | BinaryData): SendResult;
  /** Sends a Pong that nobody asked for, a one-way heartbeat (RFC 6455, section 5.5.3), with at most 125 bytes. */
  pong(data?: string | BinaryData): SendResult;
  /**
   * Starts the closing handshake, behind what was sent before; the `close` handler follows. Throws `UsageError` on a code
   * that must not be sent, or a reason of more than 123 bytes.
   */
  close(code?: number, reason?: string): void;
  /** Cuts the connection at once: the peer sees 1006. */
  terminate(): void;
  /** Delivers no further message until `resume`, and stops reading, so that the peer has to wait. */
  pause(): void;
  resume(): void;
  /**
   * The connection as streams, with backpressure both ways. From this call on, messages go to the streams and not to the
   * `message` handler: call it in `open`. Calling it again gives the same object.
   */
  stream(): ConnectionStream;
  /** Resolves when the queue has drained; rejects with a `ConnectionError` when the connection closes before. */
  drained(options?: DrainedOptions): Promise<void>;
}

/** What an application does with connections. Every method is optional; one object serves all connections. */
export interface ConnectionHandlers<Data> {
  /** The opening handshake is done. */
  open?(connection: Connection<Data>): unknown;
  /**
   * A message: a string if it is text, a Buffer if it is binary. A promise that it returns counts against
   * `maxHandlersInFlight` until it settles.
   */
  message?(connection: Connection<Data>, data: string | Buffer, isBinary: boolean): unknown;
  /** All that was queued has been taken by the operating system: called after a `send` that answered `'queued'`. */
  drain?(connection: Connection<Data>): unknown;
  /** A Ping came in; its Pong is sent already. */
  ping?(connection: Connection<Data>, data: Buffer): unknown;
  pong?(connection: Connection<Data>, data: Buffer): unknown;
  /** The connection is gone: the last call. `code` is 1005 when the peer gave none, 1006 when there was no Close. */
  close?(connection: Connection<Data>, code: number, reason: string): unknown;
  /**
   * The peer broke the protocol (`ProtocolError`), the connection failed (`ConnectionError`), or one of these handlers
   * threw; in the last case the connection is closed with 1011. Without this handler, a process warning tells of what a
   * handler threw. Without a connection, the error is about a handshake or the server itself.
   */
  error?(error: Error, connection?: Connection<Data>): unknown;
}
