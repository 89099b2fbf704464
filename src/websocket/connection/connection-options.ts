// The options that every connection has, on servers and clients, and their defaults.

import { UsageError } from '../../protocol/index.ts';
import {
  type DeflateOptions,
  type DeflateSettings,
  resolveDeflateOptions,
} from '../deflate/deflate-options.ts';
import { checkWhole } from './check-whole.ts';
import { type ConnectionLimits, given, resolveConnectionLimits } from './connection-limits.ts';

export interface KeepaliveOptions {
  /**
   * After this long without a byte from the peer, a Ping is sent; in milliseconds. `0` turns keepalive off, and half-open
   * connections then stay until something is sent.
   * @default 20_000
   */
  readonly intervalMs?: number;
  /** After this many Pings in a row without a byte from the peer, the connection is ended with code 1006.
   * @default 2 */
  readonly maxMisses?: number;
}

export interface ConnectionOptions {
  /** What the connection may cost; each limit has a default, and none can be switched off. */
  readonly limits?: ConnectionLimits;
  /**
   * Whether a length must come in its shortest form, as section 5.2 of RFC 6455 demands. Some devices break this; `false`
   * accepts them and endangers nothing.
   * @default true
   */
  readonly requireMinimalLength?: boolean;
  /** @default { intervalMs: 20_000, maxMisses: 2 } */
  readonly keepalive?: KeepaliveOptions;
  /** How long the closing handshake may take before the connection is cut, in milliseconds.
   * @default 5_000 */
  readonly closeTimeoutMs?: number;
  /**
   * What a message means that `maxQueuedBytes` refuses. `'close'`: the connection is closed with 1013, so that no hole
   * stays silent.
   * `'refuse'`: only `send` tells, and the caller must look at its result.
   * @default 'close'
   */
  readonly whenQueueFull?: 'close' | 'refuse';
  /**
   * permessage-deflate (RFC 7692). A server agrees to it when a client offers it; a client offers it. `false` does neither;
   * an object says how.
   * @default true, with `deflateDefaults`
   */
  readonly perMessageDeflate?: boolean | DeflateOptions;
}

export const connectionDefaults = Object.freeze({
  requireMinimalLength: true,
  keepalive: Object.freeze({ intervalMs: 20_000, maxMisses: 2 }),
  closeTimeoutMs: 5_000,
  whenQueueFull: 'close',
}) satisfies ConnectionOptions;

/** The options of a connection with every default filled in. */
export interface ConnectionSettings {
  readonly limits: Required<ConnectionLimits>;
  readonly requireMinimalLength: boolean;
  readonly keepalive: Required<KeepaliveOptions>;
  readonly closeTimeoutMs: number;
  readonly whenQueueFull: 'close' | 'refuse';
  readonly deflate: DeflateSettings | undefined;
}

/** The longest time that a timer can wait: 2³¹ − 1 milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

export function resolveConnectionOptions(options: ConnectionOptions): ConnectionSettings {
  const settings = { ...connectionDefaults, ...given(options) };
  const keepalive = { ...connectionDefaults.keepalive, ...given(options.keepalive ?? {}) };
  if (settings.whenQueueFull !== 'close' && settings.whenQueueFull !== 'refuse') {
    throw new UsageError(`whenQueueFull must be 'close' or 'refuse', not ${String(settings.whenQueueFull)}`);
  }
  return Object.freeze({
    limits: resolveConnectionLimits(options.limits ?? {}),
    requireMinimalLength: settings.requireMinimalLength,
    keepalive: Object.freeze({
      intervalMs: checkWhole('keepalive.intervalMs', keepalive.intervalMs, 0, LONGEST_MS),
      maxMisses: checkWhole('keepalive.maxMisses', keepalive.maxMisses, 1, 1000),
    }),
    closeTimeoutMs: checkWhole('closeTimeoutMs', settings.closeTimeoutMs, 1, LONGEST_MS),
    whenQueueFull: settings.whenQueueFull,
    deflate: resolveDeflateOptions(options.perMessageDeflate),
  });
}
