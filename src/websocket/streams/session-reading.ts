// Has an HTTP/2 session wait for the next turn of the event loop before it reads on. Node reads the socket of a session
// natively, up to 32 times in a turn, and knows no public way to wait: this file alone uses the handle of the socket, and
// looks first whether it can.

import type { Socket } from 'node:net';

interface Handle {
  readStart?(): number;
  readStop?(): number;
}

/** Reads nothing more in this turn; calls back when it may be read again. */
export function endReadingOfTurn(socket: Socket, onNextTurn: () => void): void {
  handleOf(socket)?.readStop?.();
  setImmediate(() => {
    handleOf(socket)?.readStart?.();
    onNextTurn();
  });
}

/** Undefined or null when the socket is gone. */
function handleOf(socket: Socket): Handle | null | undefined {
  return socket.destroyed ? undefined : (socket as { _handle?: Handle | null })._handle;
}
