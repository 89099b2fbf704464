// The options that every connection has, on servers and clients, and their defaults.

import { type MessageLimits, resolveMessageLimits, UsageError } from '../../protocol/index.ts';
import {
  type DeflateOptions,
  type DeflateSettings,
  resolveDeflateOptions,
} from '../deflate/deflate-options.ts';
import { checkWhole } from './check-whole.ts';

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

export interface ConnectionOptions extends MessageLimits {
  /** @default { intervalMs: 20_000, maxMisses: 2 } */
  readonly keepalive?: KeepaliveOptions;
  /** How long the closing handshake may take before the connection is cut, in milliseconds.
   * @default 5_000 */
  readonly closeTimeoutMs?: number;
  /**
   * How many bytes may wait to be sent, frame headers included. A message that finds the queue empty is always accepted,
   * whatever its size; one that would exceed the cap is refused.
   * @default 1_048_576 (1 MiB)
   */
  readonly maxQueuedBytes?: number;
  /**
   * What a refused message means. `'close'`: the connection is closed with 1013, so that no hole stays silent.
   * `'refuse'`: only `send` tells, and the caller must look at its result.
   * @default 'close'
   */
  readonly whenQueueFull?: 'close' | 'refuse';
  /**
   * How many `message` handlers of one connection may be waiting on a promise. At this many, the connection is not read
   * until one settles.
   * @default 64
   */
  readonly maxHandlersInFlight?: number;
  /**
   * permessage-deflate (RFC 7692). A server agrees to it when a client offers it; a client offers it. `false` does neither;
   * an object says how.
   * @default true, with `deflateDefaults`
   */
  readonly perMessageDeflate?: boolean | DeflateOptions;
}

export const connectionDefaults = Object.freeze({
  keepalive: Object.freeze({ intervalMs: 20_000, maxMisses: 2 }),
  closeTimeoutMs: 5_000,
  maxQueuedBytes: 1024 * 1024,
  whenQueueFull: 'close',
  maxHandlersInFlight: 64,
}) satisfies ConnectionOptions;

/** The options of a connection with every default filled in. */
export interface ConnectionSettings {
  readonly limits: Required<MessageLimits>;
  readonly keepalive: Required<KeepaliveOptions>;
  readonly closeTimeoutMs: number;
  readonly maxQueuedBytes: number;
  readonly whenQueueFull: 'close' | 'refuse';
  readonly maxHandlersInFlight: number;
  readonly deflate: DeflateSettings | undefined;
}

/** The longest time that a timer can wait: 2³¹ − 1 milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

export function resolveConnectionOptions(options: ConnectionOptions): ConnectionSettings {
  const settings = { ...connectionDefaults, ...withoutUndefined(options) };
  const keepalive = { ...connectionDefaults.keepalive, ...withoutUndefined(options.keepalive ?? {}) };
  if (settings.whenQueueFull !== 'close' && settings.whenQueueFull !== 'refuse') {
    throw new UsageError(`whenQueueFull must be 'close' or 'refuse', not ${String(settings.whenQueueFull)}`);
  }
  return Object.freeze({
    limits: resolveMessageLimits(options),
    keepalive: Object.freeze({
      intervalMs: checkWhole('keepalive.intervalMs', keepalive.intervalMs, 0, LONGEST_MS),
      maxMisses: checkWhole('keepalive.maxMisses', keepalive.maxMisses, 1, 1000),
    }),
    closeTimeoutMs: checkWhole('closeTimeoutMs', settings.closeTimeoutMs, 1, LONGEST_MS),
    maxQueuedBytes: checkWhole('maxQueuedBytes', settings.maxQueuedBytes, 1, Number.MAX_SAFE_INTEGER),
    whenQueueFull: settings.whenQueueFull,
    maxHandlersInFlight: checkWhole('maxHandlersInFlight', settings.maxHandlersInFlight, 1, 1_000_000),
    deflate: resolveDeflateOptions(options.perMessageDeflate),
  });
}

/** An option that is undefined is an option not given. */
function withoutUndefined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
