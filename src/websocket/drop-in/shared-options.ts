// The options of `ws` that its sockets and servers have in common, as options of ours.

import type { ConnectionOptions } from '../connection/connection-options.ts';
import type { DeflateOptions } from '../deflate/deflate-options.ts';

/** As in `ws`; the windows and thresholds of permessage-deflate (RFC 7692). */
export interface PerMessageDeflateOptions {
  readonly serverNoContextTakeover?: boolean | undefined;
  readonly clientNoContextTakeover?: boolean | undefined;
  readonly serverMaxWindowBits?: number | undefined;
  readonly clientMaxWindowBits?: number | boolean | undefined;
  /** Messages of fewer bytes are sent as they are. @default 1_024 */
  readonly threshold?: number | undefined;
  /** `level` and `memLevel` are used. */
  readonly zlibDeflateOptions?: { readonly level?: number; readonly memLevel?: number } | undefined;
  /** Not used. */
  readonly zlibInflateOptions?: object | undefined;
  /** Not used: long messages go through Node's thread pool. */
  readonly concurrencyLimit?: number | undefined;
}

export interface SharedOptions {
  /** The longest message, in bytes; 0 allows 2 GiB. @default 104_857_600 (100 MiB) */
  readonly maxPayload?: number | undefined;
  /** @default false on servers, true on clients */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** How long the closing handshake may take, in milliseconds. @default 30_000 */
  readonly closeTimeout?: number | undefined;
  /** Not used: text that is not UTF-8 always ends the connection with 1007. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** Not used: events are emitted as messages are read. */
  readonly allowSynchronousEvents?: boolean | undefined;
  /** Not used: every Ping is answered. */
  readonly autoPong?: boolean | undefined;
  /** Not used: of Pongs that wait, only the latest is kept. */
  readonly maxPendingAutoPongs?: number | undefined;
  /** Not used: fragments are counted by what they cost, and put together as they come. */
  readonly maxFragments?: number | undefined;
  /** Not used: what arrives is kept in one buffer for a message. */
  readonly maxBufferedChunks?: number | undefined;
}

const DEFAULT_PAYLOAD_BYTES = 100 * 1024 * 1024;
const LARGEST_PAYLOAD_BYTES = 2 ** 31 - 1;
const LONGEST_MS = 2 ** 31 - 1;

/** How long an opening handshake may take. `ws` waits for ever. */
export const HANDSHAKE_TIMEOUT_MS = 60_000;

/** `ws` has no keepalive and no limit on what waits to be sent, and programs written for it count on that. */
export function connectionOptions(options: SharedOptions, deflatesByDefault: boolean): ConnectionOptions {
  const { maxPayload = DEFAULT_PAYLOAD_BYTES, closeTimeout = 30_000 } = options;
  const isLimited = maxPayload > 0 && maxPayload < LARGEST_PAYLOAD_BYTES;
  return {
    limits: {
      maxMessageBytes: isLimited ? Math.ceil(maxPayload) : LARGEST_PAYLOAD_BYTES,
      maxQueuedBytes: Number.MAX_SAFE_INTEGER,
      maxMessagesPerSecond: 1_000_000_000,
      maxBytesPerSecond: 1_000_000_000,
    },
    keepalive: { intervalMs: 0 },
    closeTimeoutMs: Math.min(Math.max(Math.ceil(closeTimeout), 1), LONGEST_MS),
    perMessageDeflate: deflateOptions(options.perMessageDeflate ?? deflatesByDefault),
  };
}

function deflateOptions(option: boolean | PerMessageDeflateOptions): boolean | DeflateOptions {
  if (typeof option === 'boolean') return option;
  const { threshold, zlibDeflateOptions: { level, memLevel } = {} } = option;
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
    option;
  return {
    ...(serverNoContextTakeover !== undefined && { serverNoContextTakeover }),
    ...(clientNoContextTakeover !== undefined && { clientNoContextTakeover }),
    ...(serverMaxWindowBits !== undefined && { serverMaxWindowBits }),
    ...(typeof clientMaxWindowBits === 'number' && { clientMaxWindowBits }),
    ...(threshold !== undefined && { thresholdBytes: threshold }),
    // 0 means no compression to zlib, and -1 its own choice.
    ...(level !== undefined && level > 0 && { level }),
    ...(memLevel !== undefined && { memLevel }),
  };
}
