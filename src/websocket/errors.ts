// The errors of the websocket floor that are nobody's fault but the network's, a deadline's or a full queue's.

/** Why a connection could not be opened, or did not last. Each has its sentence in `docs/reference/errors.md`. */
export type ConnectionErrorCode =
  /** The address could not be listened on: taken, or not permitted. */
  | 'LISTEN_FAILED'
  /** The TCP or TLS connection could not be made, or was lost; `cause` has the system's error. */
  | 'CONNECTION_FAILED'
  /** The other side refused or broke the opening handshake. */
  | 'HANDSHAKE_FAILED'
  /** The opening handshake took longer than `handshakeTimeoutMs`. */
  | 'HANDSHAKE_TIMEOUT'
  /** The peer answered no Ping for `keepalive.maxMisses` intervals. */
  | 'KEEPALIVE_TIMEOUT'
  /** More than `maxQueuedBytes` waited to be sent: the peer does not read. */
  | 'QUEUE_FULL'
  /** On all connections together more than `maxTotalQueuedBytes` waited to be sent, and on this one most. */
  | 'BUDGET_EXCEEDED'
  /** The process has nearly as many files and sockets open as it may. */
  | 'DESCRIPTORS_LOW'
  /** The connection is closed, or closing. */
  | 'CONNECTION_CLOSED';

/**
 * What an application threw, as an error; `who` did. It can be anything, also what cannot be made a string, such as a plain
 * object without a prototype.
 */
export function errorOf(thrown: unknown, who: string): Error {
  if (thrown instanceof Error) return thrown;
  const isObject = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function';
  return new Error(`${who} threw ${isObject ? 'something that is no Error' : String(thrown)}`, {
    cause: thrown,
  });
}

export class ConnectionError extends Error {
  override readonly name: string = 'ConnectionError';
  readonly code: ConnectionErrorCode;
  /** The HTTP status with which a server, or a proxy on the way, refused a client's opening handshake. */
  readonly status: number | undefined;

  constructor(code: ConnectionErrorCode, message: string, options?: ErrorOptions & { status?: number }) {
    super(message, options);
    this.code = code;
    this.status = options?.status;
  }
}
