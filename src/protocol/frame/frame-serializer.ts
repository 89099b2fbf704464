// Writes frame headers (RFC 6455, section 5.2) into bytes that the caller provides.

import { applyMaskingKey } from '../bytes/masking.ts';

/** First-byte flags, to be combined with an opcode. */
export const FIN = 0x80;
export const RSV1 = 0x40;

const MASK = 0x80;

/** How many bytes the header of a frame with this payload takes: 2, 4 or 10, and 4 more for a masking key. */
export function headerBytes(payloadBytes: number, isMasked: boolean): number {
  const key = isMasked ? 4 : 0;
  if (payloadBytes < 126) return 2 + key;
  return payloadBytes < 65_536 ? 4 + key : 10 + key;
}

/**
 * Writes the header of an unmasked frame at `offset`, with the length in its shortest form, and returns the offset
 * after it. `firstByte` is the opcode with `FIN` and `RSV1` as they apply.
 */
export function writeHeader(
  target: Uint8Array,
  offset: number,
  firstByte: number,
  payloadBytes: number,
): number {
  target[offset] = firstByte;
  if (payloadBytes < 126) {
    target[offset + 1] = payloadBytes;
    return offset + 2;
  }
  if (payloadBytes < 65_536) {
    target[offset + 1] = 126;
    target[offset + 2] = payloadBytes >>> 8;
    target[offset + 3] = payloadBytes;
    return offset + 4;
  }
  const high = Math.floor(payloadBytes / 2 ** 32);
  target[offset + 1] = 127;
  target[offset + 2] = 0;
  target[offset + 3] = 0;
  target[offset + 4] = high >>> 8;
  target[offset + 5] = high;
  target[offset + 6] = payloadBytes >>> 24;
  target[offset + 7] = payloadBytes >>> 16;
  target[offset + 8] = payloadBytes >>> 8;
  target[offset + 9] = payloadBytes;
  return offset + 10;
}

/** Makes the frame whose header was just written a masked one: appends the key, and returns the offset after it. */
export function writeMaskingKey(
  target: Uint8Array,
  headerOffset: number,
  offset: number,
  key: number,
): number {
  target[headerOffset + 1] = (target[headerOffset + 1] as number) | MASK;
  target[offset] = key;
  target[offset + 1] = key >>> 8;
  target[offset + 2] = key >>> 16;
  target[offset + 3] = key >>> 24;
  return offset + 4;
}

/**
 * A whole frame in bytes of its own, masked when a key is given (see `maskingKeyFrom`). For frames that are rare or
 * prepared; the payload is copied.
 */
export function serializeFrame(
  firstByte: number,
  payload: Uint8Array,
  maskingKey?: number,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(headerBytes(payload.length, maskingKey !== undefined) + payload.length);
  let at = writeHeader(frame, 0, firstByte, payload.length);
  if (maskingKey !== undefined) at = writeMaskingKey(frame, 0, at, maskingKey);
  frame.set(payload, at);
  if (maskingKey !== undefined) applyMaskingKey(frame, at, frame.length, maskingKey);
  return frame;
}
