// Bytes as the RFC prints them: `81 05 48 65 6c 6c 6f`, with `0x` and commas allowed.

import { createHash } from 'node:crypto';

/** The bytes that the text shows; every call gives fresh memory, since a parser unmasks in place. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll('0x', '').replace(/[^0-9a-f]/gi, ''), 'hex');
}

/** Short runs of bytes as hex; long ones as their length and the beginning of their digest. */
export function show(bytes: Uint8Array): string {
  if (bytes.length > 32) {
    return `${bytes.length} bytes ${createHash('sha1').update(bytes).digest('hex').slice(0, 8)}`;
  }
  return bytes.length === 0
    ? 'nothing'
    : Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
