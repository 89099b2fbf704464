// Masking keys from a cryptographic source, fresh for each frame (RFC 6455, sections 5.3 and 10.3).

import { randomFillSync } from 'node:crypto';

/** Asking for randomness costs about the same for 4 bytes and for 8 KiB. */
const pool = new Int32Array(2048);
let next = pool.length;

export function nextMaskingKey(): number {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  const key = pool[next] as number;
  pool[next] = 0;
  next += 1;
  return key;
}
