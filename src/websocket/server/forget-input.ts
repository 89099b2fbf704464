// Reads what still comes from one who is refused, and forgets it: an answer is lost where input is left unread.

import type { Duplex } from 'node:stream';

/** More than this is left to wait until the connection is cut: whoever sends without end is not to be served for it. */
export const MOST_FORGOTTEN_BYTES = 4 * 1024 * 1024;

export function forgetInput(carrier: Duplex): void {
  let left = MOST_FORGOTTEN_BYTES;
  carrier.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) carrier.pause();
  });
  carrier.resume();
}
