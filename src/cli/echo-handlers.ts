// Sends every message back, no faster than it is read.

import type { Connection } from '../websocket/index.ts';

export const echoHandlers = Object.freeze({
  /** Whoever does not read what comes back is not read either: what waits is one message, not all of them. */
  message(connection: Connection, data: string | Buffer): void {
    if (connection.send(data) === 'queued') connection.pause();
  },

  drain(connection: Connection): void {
    connection.resume();
  },
});
