// Names an epoch of a channel: never the same twice.

import { randomBytes } from 'node:crypto';

/** 72 random bits. */
export function createEpoch(): string {
  return randomBytes(9).toString('base64url');
}
