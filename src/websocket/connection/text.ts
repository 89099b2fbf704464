// Text to bytes and back, by the shortest way that the runtime has.

import { isUtf8 as isBufferUtf8 } from 'node:buffer';

/**
 * The methods behind `toString` and `write`, which Node has on every Buffer but does not list: they skip the choice of an
 * encoding, half the time of a short text. Where one is missing, the public method does the same.
 */
interface DirectMethods {
  latin1Slice?(this: Buffer, start: number, end: number): string;
  utf8Slice?(this: Buffer, start: number, end: number): string;
  utf8Write?(this: Buffer, text: string, offset: number): number;
}

const { latin1Slice, utf8Slice, utf8Write } = Buffer.prototype as unknown as DirectMethods;

const asciiOf =
  latin1Slice ??
  function (this: Buffer, start: number, end: number): string {
    return this.toString('latin1', start, end);
  };

const utf8Of =
  utf8Slice ??
  function (this: Buffer, start: number, end: number): string {
    return this.toString('utf8', start, end);
  };

const write =
  utf8Write ??
  function (this: Buffer, text: string, offset: number): number {
    return this.write(text, offset);
  };

/** Whether `bytes[start, end)` is UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  return isBufferUtf8(bytes.subarray(start, end));
}

/** The text of `buffer[start, end)`, which is known to be ASCII. */
export function decodeAscii(buffer: Buffer, start: number, end: number): string {
  return asciiOf.call(buffer, start, end);
}

/** The text of `buffer[start, end)`, which is known to be UTF-8. */
export function decodeUtf8(buffer: Buffer, start: number, end: number): string {
  return utf8Of.call(buffer, start, end);
}

/** Writes text as UTF-8 and returns the number of bytes. Lone surrogates become U+FFFD. */
export function encodeTextInto(buffer: Buffer, text: string, offset: number): number {
  return write.call(buffer, text, offset);
}
