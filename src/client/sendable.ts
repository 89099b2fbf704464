// What no packet can carry is found before it is sent: a server takes such a packet for malformed.

import type { PlainData } from '../channel/index.ts';

/** Whether there is something to send, and it can be written. After a malformed packet a client does not come back. */
export function isSendable(data: PlainData): boolean {
  try {
    return JSON.stringify(data) !== undefined;
  } catch {
    return false;
  }
}
