// Masks and unmasks payloads in place (RFC 6455, section 5.3).

/** Below this many bytes a word view costs more than it saves. */
const WORDWISE_MIN_BYTES = 128;

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/**
 * A masking key as one number: the first byte of the key on the wire is its lowest byte, so that shifting it right
 * by a byte moves to the next byte of the key.
 */
export function maskingKeyFrom(byte0: number, byte1: number, byte2: number, byte3: number): number {
  return byte0 | (byte1 << 8) | (byte2 << 16) | (byte3 << 24);
}

/** The key for a payload of which `count` bytes have gone by: the same key, turned by `count` bytes. */
export function turnMaskingKey(key: number, count: number): number {
  const bits = (count & 3) << 3;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/** XORs `bytes[start, end)` with the key, in place. Masking and unmasking are the same operation (5.3). */
export function applyMaskingKey(bytes: Uint8Array, start: number, end: number, key: number): void {
  if (end - start < WORDWISE_MIN_BYTES || !isLittleEndian) {
    applyKeyToBytes(bytes, start, end, key);
    return;
  }
  const aligned = start + (-(bytes.byteOffset + start) & 3);
  applyKeyToBytes(bytes, start, aligned, key);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (end - aligned) >> 2);
  const wordKey = turnMaskingKey(key, aligned - start);
  applyKeyToWords(words, wordKey);
  applyKeyToBytes(bytes, aligned + (words.length << 2), end, wordKey);
}

/** As `applyMaskingKey`, and says whether all resulting bytes are ASCII: text that is needs no further check. */
export function applyMaskingKeyToText(bytes: Uint8Array, start: number, end: number, key: number): boolean {
  if (end - start < WORDWISE_MIN_BYTES || !isLittleEndian) {
    return (applyKeyToBytes(bytes, start, end, key) & 0x80) === 0;
  }
  const aligned = start + (-(bytes.byteOffset + start) & 3);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (end - aligned) >> 2);
  const wordKey = turnMaskingKey(key, aligned - start);
  const edges =
    applyKeyToBytes(bytes, start, aligned, key) |
    applyKeyToBytes(bytes, aligned + (words.length << 2), end, wordKey);
  const inner = applyKeyToTextWords(words, wordKey);
  return (edges & 0x80) === 0 && (inner & 0x80808080) === 0;
}

/** Four bytes a round; returns the OR of all results. */
function applyKeyToBytes(bytes: Uint8Array, start: number, end: number, key: number): number {
  const key0 = key & 0xff;
  const key1 = (key >>> 8) & 0xff;
  const key2 = (key >>> 16) & 0xff;
  const key3 = key >>> 24;
  let seen = 0;
  let at = start;
  for (const lastRound = end - 3; at < lastRound; at += 4) {
    const byte0 = (bytes[at] as number) ^ key0;
    const byte1 = (bytes[at + 1] as number) ^ key1;
    const byte2 = (bytes[at + 2] as number) ^ key2;
    const byte3 = (bytes[at + 3] as number) ^ key3;
    bytes[at] = byte0;
    bytes[at + 1] = byte1;
    bytes[at + 2] = byte2;
    bytes[at + 3] = byte3;
    seen |= byte0 | byte1 | byte2 | byte3;
  }
  if (at < end) seen |= bytes[at] = (bytes[at] as number) ^ key0;
  if (at + 1 < end) seen |= bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
  if (at + 2 < end) seen |= bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
  return seen;
}

/** Sixteen words a round: twice as fast as four, and as fast as 64-bit words where those are fast. */
function applyKeyToWords(words: Int32Array, key: number): void {
  const length = words.length;
  let at = 0;
  for (const lastRound = length - 15; at < lastRound; at += 16) {
    (words[at] as number) ^= key;
    (words[at + 1] as number) ^= key;
    (words[at + 2] as number) ^= key;
    (words[at + 3] as number) ^= key;
    (words[at + 4] as number) ^= key;
    (words[at + 5] as number) ^= key;
    (words[at + 6] as number) ^= key;
    (words[at + 7] as number) ^= key;
    (words[at + 8] as number) ^= key;
    (words[at + 9] as number) ^= key;
    (words[at + 10] as number) ^= key;
    (words[at + 11] as number) ^= key;
    (words[at + 12] as number) ^= key;
    (words[at + 13] as number) ^= key;
    (words[at + 14] as number) ^= key;
    (words[at + 15] as number) ^= key;
  }
  for (; at < length; at += 1) (words[at] as number) ^= key;
}

/** Eight words a round; returns the OR of all results. */
function applyKeyToTextWords(words: Int32Array, key: number): number {
  const length = words.length;
  let seen = 0;
  let at = 0;
  for (const lastRound = length - 7; at < lastRound; at += 8) {
    const word0 = (words[at] as number) ^ key;
    const word1 = (words[at + 1] as number) ^ key;
    const word2 = (words[at + 2] as number) ^ key;
    const word3 = (words[at + 3] as number) ^ key;
    const word4 = (words[at + 4] as number) ^ key;
    const word5 = (words[at + 5] as number) ^ key;
    const word6 = (words[at + 6] as number) ^ key;
    const word7 = (words[at + 7] as number) ^ key;
    words[at] = word0;
    words[at + 1] = word1;
    words[at + 2] = word2;
    words[at + 3] = word3;
    words[at + 4] = word4;
    words[at + 5] = word5;
    words[at + 6] = word6;
    words[at + 7] = word7;
    seen |= word0 | word1 | word2 | word3 | word4 | word5 | word6 | word7;
  }
  for (; at < length; at += 1) {
    const word = (words[at] as number) ^ key;
    words[at] = word;
    seen |= word;
  }
  return seen;
}

/** Whether `bytes[start, end)` holds ASCII only: what `applyMaskingKeyToText` answers, for text without a mask. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  for (let at = start; at < end; at += 1) seen |= bytes[at] as number;
  return (seen & 0x80) === 0;
}
