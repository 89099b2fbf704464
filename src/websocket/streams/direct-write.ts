// Hands bytes to a plain socket past the queue of its stream while nothing waits there. `_write`, by which the stream does
// the same, is not for applications to call: this file alone does, on plain sockets that `canChooseMemory` knows as Node's.

import type { Duplex } from 'node:stream';

export type WriteCallback = (error?: Error | null) => void;

/** Whether nothing is before the bytes, and the stream takes any. */
export function canWriteDirectly(socket: Duplex): boolean {
  return socket.writableLength === 0 && socket.writable && socket.writableCorked === 0;
}

/**
 * Writes, and calls back once: before it returns, if the system took all bytes. What is written later waits behind them in
 * the system's own queue, whichever way it is written, and so do the end and the close.
 */
export function writeDirectly(socket: Duplex, bytes: Uint8Array, callback: WriteCallback): void {
  socket._write(bytes, 'buffer' as BufferEncoding, callback);
}
