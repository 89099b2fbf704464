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
   * How many bytes may wait to be sent, frame headers included. A message that finds the queue empty is always accepted,
   * whatever its size; one that would exceed the cap is refused: see `whenQueueFull`.
   * @default 1_048_576 (1 MiB); for a client 67_108_864 (64 MiB)
   */
  readonly maxQueuedBytes?: number;
  /**
   * How many `message` handlers of one connection may be waiting on a promise. At this many, the connection is not read
   * until one settles.
   * @default 64
   */
  readonly maxHandlersInFlight?: number;
}

export const connectionLimitDefaults = Object.freeze({
  ...messageLimitDefaults,
  maxQueuedBytes: 1024 * 1024,
  maxHandlersInFlight: 64,
}) satisfies ConnectionLimits;

export const connectionLimitNames: ReadonlySet<string> = new Set([
  'maxMessageBytes',
  'maxFrameBytes',
  'maxMessageCostBytes',
  'maxQueuedBytes',
  'maxHandlersInFlight',
] satisfies (keyof ConnectionLimits)[]);

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
  const { maxQueuedBytes, maxHandlersInFlight } = { ...connectionLimitDefaults, ...given(limits) };
  return Object.freeze({
    ...resolveMessageLimits(limits),
    maxQueuedBytes: checkWhole('maxQueuedBytes', maxQueuedBytes, 1, Number.MAX_SAFE_INTEGER),
    maxHandlersInFlight: checkWhole('maxHandlersInFlight', maxHandlersInFlight, 1, 1_000_000),
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
