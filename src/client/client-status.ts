// What is shown to a person of the connection: its state, why it is not there, and when it is tried again.

import { ClientCloseCode } from '../session/index.ts';

/**
 * `idle`: not begun, or suspended. `connecting`: until the server has said welcome. `waiting`: to try again.
 * `credentials`: the token ran out, and a new one is needed. `stopped`: it does not come back by itself.
 */
export type ConnectionState = 'idle' | 'connecting' | 'open' | 'waiting' | 'credentials' | 'stopped';

export interface StatusReason {
  /** `network`: nobody answered, or the connection broke. `timeout`: the server was silent for too long. `server`: it
   * closed the connection, and `code` says why. `reset`: this end gave the connection up, because a reply was missing or
   * the server asked to come back. `token`: the token could not be had. `client`: the application closed it. */
  readonly type: 'network' | 'timeout' | 'server' | 'reset' | 'token' | 'client';
  /** The close code: docs/reference/channel-errors.md. */
  readonly code: number;
  /** For people. */
  readonly message: string;
}

/** A new object with each change, so that two can be compared by identity. */
export interface ClientStatus {
  readonly state: ConnectionState;
  /** Why there is no connection, or why the one before ended. Absent while the first one is being made. */
  readonly reason?: StatusReason;
  /** `waiting`: when it is tried again, in milliseconds since 1970. */
  readonly nextAttemptAt?: number;
  /** Attempts since there was a connection, the present one included. 0 while open. */
  readonly attempt: number;
}

/** Why there is no connection, when the peer or the network has closed it. */
export function closeReason(code: number, reason: string): StatusReason {
  // 1005 and 1006 never stand in a Close frame: nobody has said them.
  const isLost = code === 1006 || code === 1005;
  const message = reason || (isLost ? 'the connection was lost' : `closed with ${code}`);
  return { type: isLost ? 'network' : 'server', code, message };
}

/** Why this end closes. */
export function givenUpReason(code: number, message: string): StatusReason {
  return { type: code === ClientCloseCode.Idle ? 'timeout' : 'reset', code, message };
}
