// What one connection may cost, and the defaults: the limits that servers and clients have in common.

import {
  type MessageLimits,
  messageLimitDefaults,
  resolveMessageLimits,
  UsageError,
} from '../../protocol/index.ts';
import { checkWhole } from './check-whole.ts';

export interface ConnectionLimits extends MessageLimits {
  /**
   * Bytes that may wait to be sent on one connection, frame headers included. A message that finds the queue empty is
   * always accepted, whatever its size.
   * Beyond: close code 1013 (`QUEUE_FULL`), or `send` answers `'refused'`: see `whenQueueFull`.
   * @default 1_048_576 (1 MiB); for a client 67_108_864 (64 MiB)
   */
  readonly maxQueuedBytes?: number;
  /**
   * `message` handlers of one connection that may be waiting on a promise; and what they were given may not be more than
   * `maxMessageBytes` together.
   * Beyond: the connection is not read until one settles.
   * @default 64
   */
  readonly maxHandlersInFlight?: number;
  /**
   * Messages that one connection may bring in a second, each further fragment and each control frame counted as one; a
   * second's worth may come at once.
   * Beyond: the connection is not read for as long as it is ahead.
   * @default 100_000
   */
  readonly maxMessagesPerSecond?: number;
  /**
   * Bytes that one connection may bring in a second, as they come on the wire; a second's worth may come at once.
   * Beyond: the connection is not read for as long as it is ahead.
   * @default 268_435_456 (256 MiB)
   */
  readonly maxBytesPerSecond?: number;
}

export const connectionLimitDefaults = Object.freeze({
  ...messageLimitDefaults,
  maxQueuedBytes: 1024 * 1024,
  maxHandlersInFlight: 64,
  maxMessagesPerSecond: 100_000,
  maxBytesPerSecond: 256 * 1024 * 1024,
}) satisfies ConnectionLimits;

export const connectionLimitNames: ReadonlySet<string> = new Set([
  'maxMessageBytes',
  'maxFrameBytes',
  'maxMessageCostBytes',
  'maxQueuedBytes',
  'maxHandlersInFlight',
  'maxMessagesPerSecond',
  'maxBytesPerSecond',
] satisfies (keyof ConnectionLimits)[]);

/** Small enough to be counted down in the integers that engines keep without a box. */
const LARGEST_RATE = 1_000_000_000;

/** Fills in the defaults, and refuses what is out of range or cannot work together. */
export function resolveConnectionLimits(
  limits: ConnectionLimits,
  names: ReadonlySet<string> = connectionLimitNames,
): Required<ConnectionLimits> {
  for (const name of Object.keys(limits)) {
    // A limit whose name is mistyped would not hold, in silence.
    if (!names.has(name))
      throw new UsageError(`limits.${name} is no limit; there are ${[...names].join(', ')}`);
  }
  const { maxQueuedBytes, maxHandlersInFlight, maxMessagesPerSecond, maxBytesPerSecond } = {
    ...connectionLimitDefaults,
    ...given(limits),
  };
  return Object.freeze({
    ...resolveMessageLimits(limits),
    maxQueuedBytes: checkWhole('maxQueuedBytes', maxQueuedBytes, 1, Number.MAX_SAFE_INTEGER),
    maxHandlersInFlight: checkWhole('maxHandlersInFlight', maxHandlersInFlight, 1, 1_000_000),
    maxMessagesPerSecond: checkWhole('maxMessagesPerSecond', maxMessagesPerSecond, 1, LARGEST_RATE),
    maxBytesPerSecond: checkWhole('maxBytesPerSecond', maxBytesPerSecond, 1, LARGEST_RATE),
  });
}

/** A limit beside the `limits`, where it would not hold, is refused. */
export function checkPlaceOfLimits(options: object, names: ReadonlySet<string> = connectionLimitNames): void {
  for (const name of Object.keys(options)) {
    if (names.has(name)) throw new UsageError(`${name} is a limit: give it as limits: { ${name}: … }`);
  }
}

/** An option that is undefined is an option not given. */
export function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
