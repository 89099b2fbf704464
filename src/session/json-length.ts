// How long a payload is as it is sent, and whether it can be sent at all: a server takes what no packet can carry for
// malformed, after which a client does not come back.

import type { PlainData } from '../channel/index.ts';

/** Characters of JSON, which nearly are bytes; -1 of what has no JSON, such as `undefined`, a BigInt, or a circle. */
export function jsonLength(data: PlainData): number {
  try {
    return JSON.stringify(data).length;
  } catch {
    return -1;
  }
}
