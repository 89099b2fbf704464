// The options of permessage-deflate on servers and clients, and their defaults.

import { type PermessageDeflateOptions, UsageError } from '../../protocol/index.ts';
import { checkWhole } from '../connection/check-whole.ts';

export interface DeflateOptions extends PermessageDeflateOptions {
  /**
   * Messages of fewer bytes are sent as they are: short ones gain little. `send` can say otherwise for one message.
   * @default 1_024
   */
  readonly thresholdBytes?: number;
  /** How hard to compress, from 1 (fastest) to 9 (smallest). @default 1 */
  readonly level?: number;
  /** How much memory a compressor may take for speed, from 1 to 9: about 2^(memLevel + 9) bytes. @default 8 */
  readonly memLevel?: number;
}

/** What a server asks for when nothing is said: nothing has to be remembered of what clients sent. */
export const deflateDefaults = Object.freeze({
  thresholdBytes: 1024,
  level: 1,
  memLevel: 8,
  clientNoContextTakeover: true,
}) satisfies DeflateOptions;

export type DeflateSettings = PermessageDeflateOptions &
  Required<Pick<DeflateOptions, 'thresholdBytes' | 'level' | 'memLevel'>>;

/** `true` and left out mean the defaults; `false` means that the extension is not agreed to. */
export function resolveDeflateOptions(
  option: DeflateOptions | boolean | undefined,
): DeflateSettings | undefined {
  if (option === false) return undefined;
  const options = { ...deflateDefaults, ...(typeof option === 'object' ? option : {}) };
  checkWindowBits('serverMaxWindowBits', options.serverMaxWindowBits);
  checkWindowBits('clientMaxWindowBits', options.clientMaxWindowBits);
  return Object.freeze({
    ...options,
    thresholdBytes: checkWhole('thresholdBytes', options.thresholdBytes, 0, Number.MAX_SAFE_INTEGER),
    level: checkWhole('level', options.level, 1, 9),
    memLevel: checkWhole('memLevel', options.memLevel, 1, 9),
  });
}

function checkWindowBits(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= 8 && value <= 15)) {
    throw new UsageError(
      `${name} must be a whole number from 8 to 15, not ${String(value)} (RFC 7692, section 7.1.2)`,
    );
  }
}
