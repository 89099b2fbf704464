// Compresses long messages where they hold nobody up.

import { constants, deflateRaw } from 'node:zlib';
import { type DeflateParameters, deflateWindowBits, FLUSH_TAIL } from './zlib-context.ts';

/** Below this, a round trip to the thread pool costs more than it spares the event loop. */
export const THREAD_POOL_BYTES = 32 * 1024;

/** Compresses a message that can be read without any other, as `DeflateContext.deflate` would. */
export function deflateInThreadPool(payload: Uint8Array, parameters: DeflateParameters): Promise<Uint8Array> {
  const options = {
    ...parameters,
    windowBits: deflateWindowBits(parameters.windowBits),
    finishFlush: constants.Z_SYNC_FLUSH,
  };
  return new Promise((resolve, reject) => {
    deflateRaw(payload, options, (error, compressed) => {
      if (error === null) resolve(compressed.subarray(0, compressed.length - FLUSH_TAIL.length));
      else reject(error);
    });
  });
}
