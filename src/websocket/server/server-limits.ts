// What a WebSocket server may be made to hold: by one connection, by one address, and by all together.

import { UsageError } from '../../protocol/index.ts';
import { checkWhole } from '../connection/check-whole.ts';
import {
  type ConnectionLimits,
  connectionLimitDefaults,
  connectionLimitNames,
  given,
  resolveConnectionLimits,
} from '../connection/connection-limits.ts';
import { openFileLimit, usableDescriptors } from './open-files.ts';

/**
 * `maxConnections`, `maxHandshakes` and the budgets (`maxUnfinishedBytes`, `maxTotalQueuedBytes`, `maxInflating`) are of the
 * process: each server of it keeps to its own, and all together to the highest. So are those of a worker thread.
 *
 * An address is the client's, behind proxies that `trustProxy` names too; IPv6 addresses count by their first 64 bits.
 */
export interface ServerLimits extends ConnectionLimits {
  /**
   * Connections at the same time, those in their handshake included.
   * Beyond: 503 with `Retry-After`.
   * @default 16_000
   */
  readonly maxConnections?: number;
  /**
   * Connections of one address at the same time, those in their handshake included.
   * Beyond: 503 with `Retry-After`.
   * @default 4_000
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Opening handshakes under way, TLS handshakes and answers that are not read yet included.
   * Beyond: 503 with `Retry-After`; under TLS the socket is cut.
   * @default 4_000, or `maxConnections` if that is less
   */
  readonly maxHandshakes?: number;
  /**
   * Opening handshakes of one address under way.
   * Beyond: 503 with `Retry-After`; under TLS the socket is cut.
   * @default 1_000, or the least of `maxHandshakes` and `maxConnectionsPerAddress` if that is less
   */
  readonly maxHandshakesPerAddress?: number;
  /**
   * Opening handshakes of one address in a minute that are refused with a status from 400 to 499, but 426.
   * Beyond: each answer is held back for `tarpitMs`; while half of `maxHandshakesPerAddress` are, 429 with `Retry-After`.
   * @default 30
   */
  readonly maxFailedHandshakesPerMinute?: number;
  /**
   * The highest number of a descriptor that a socket may get, which tells how many files and sockets the process has open.
   * Beyond: 503 with `Retry-After`, and at most one `ConnectionError` (`DESCRIPTORS_LOW`) a minute.
   * @default the process's limit, less an eighth of it and at least 64
   */
  readonly maxDescriptors?: number;
  /**
   * Memory, in bytes, of what all connections have sent and is not handed over: messages without their end, and what is not
   * read because a connection is paused.
   * Beyond: the connection that holds most is closed with code 1013 (`BUDGET_EXCEEDED`).
   * @default 268_435_456 (256 MiB), or eight times `maxMessageBytes` if that is more
   */
  readonly maxUnfinishedBytes?: number;
  /**
   * Bytes that wait to be sent on all connections together.
   * Beyond: the connection with the longest queue is cut (`BUDGET_EXCEEDED`, 1006).
   * @default 268_435_456 (256 MiB), or four times `maxQueuedBytes` if that is more
   */
  readonly maxTotalQueuedBytes?: number;
  /**
   * Messages of more than 1 KiB, as they came, that are being inflated at the same time.
   * Beyond: they wait, and their connections are not read.
   * @default 4
   */
  readonly maxInflating?: number;
}

const MiB = 1024 * 1024;

export const serverLimitDefaults = Object.freeze({
  ...connectionLimitDefaults,
  maxConnections: 16_000,
  maxConnectionsPerAddress: 4_000,
  maxFailedHandshakesPerMinute: 30,
  maxInflating: 4,
}) satisfies ServerLimits;

export const serverLimitNames: ReadonlySet<string> = new Set([
  ...connectionLimitNames,
  ...([
    'maxConnections',
    'maxConnectionsPerAddress',
    'maxHandshakes',
    'maxHandshakesPerAddress',
    'maxFailedHandshakesPerMinute',
    'maxDescriptors',
    'maxUnfinishedBytes',
    'maxTotalQueuedBytes',
    'maxInflating',
  ] satisfies (keyof ServerLimits)[]),
]);

/** Fills in the defaults, and refuses what is out of range or cannot work together. */
export function resolveServerLimits(limits: ServerLimits): Required<ServerLimits> {
  const connection = resolveConnectionLimits(limits, serverLimitNames);
  const { maxQueuedBytes } = connection;
  const own = { ...serverLimitDefaults, ...given(limits) };
  const { maxConnections, maxConnectionsPerAddress, maxFailedHandshakesPerMinute, maxInflating } = own;
  const { maxHandshakes = Math.min(4_000, maxConnections) } = limits;
  const {
    maxHandshakesPerAddress = Math.min(1_000, maxHandshakes, maxConnectionsPerAddress),
    maxDescriptors = usableDescriptors(),
    maxUnfinishedBytes = Math.max(256 * MiB, 8 * connection.maxMessageBytes),
    maxTotalQueuedBytes = Math.min(Math.max(256 * MiB, 4 * maxQueuedBytes), Number.MAX_SAFE_INTEGER),
  } = limits;
  const resolved = {
    ...connection,
    maxConnections: checkWhole('maxConnections', maxConnections, 1, 10_000_000),
    maxConnectionsPerAddress: checkWhole('maxConnectionsPerAddress', maxConnectionsPerAddress, 1, 10_000_000),
    maxHandshakes: checkWhole('maxHandshakes', maxHandshakes, 1, 10_000_000),
    maxHandshakesPerAddress: checkWhole('maxHandshakesPerAddress', maxHandshakesPerAddress, 1, 10_000_000),
    maxFailedHandshakesPerMinute: checkWhole(
      'maxFailedHandshakesPerMinute',
      maxFailedHandshakesPerMinute,
      1,
      10_000_000,
    ),
    maxDescriptors: checkWhole('maxDescriptors', maxDescriptors, 1, openFileLimit()),
    maxUnfinishedBytes: checkWhole('maxUnfinishedBytes', maxUnfinishedBytes, 1, Number.MAX_SAFE_INTEGER),
    maxTotalQueuedBytes: checkWhole('maxTotalQueuedBytes', maxTotalQueuedBytes, 1, Number.MAX_SAFE_INTEGER),
    maxInflating: checkWhole('maxInflating', maxInflating, 1, 1_000_000),
  };
  checkOrder(resolved, 'maxConnectionsPerAddress', 'maxConnections', limits);
  checkOrder(resolved, 'maxHandshakes', 'maxConnections', limits);
  checkOrder(resolved, 'maxHandshakesPerAddress', 'maxHandshakes', limits);
  if (maxUnfinishedBytes < 2 * connection.maxMessageBytes) {
    throw new UsageError(
      `maxUnfinishedBytes (${maxUnfinishedBytes}) must be at least twice maxMessageBytes (${connection.maxMessageBytes}): ` +
        'one longest message would not fit',
    );
  }
  checkOrder(resolved, 'maxQueuedBytes', 'maxTotalQueuedBytes', limits);
  return Object.freeze(resolved);
}

/** A limit of a part that is above that of the whole never holds: one of the two is not what was meant. */
function checkOrder(
  limits: Required<ServerLimits>,
  part: keyof ServerLimits,
  whole: keyof ServerLimits,
  asked: ServerLimits,
): void {
  if (limits[part] <= limits[whole] || asked[part] === undefined) return;
  throw new UsageError(
    `${part} (${limits[part]}) is above ${whole} (${limits[whole]}): it would never be reached`,
  );
}
