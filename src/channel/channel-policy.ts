// What a channel promises and keeps, as plain numbers: what the broker must know of a contract.

import { type DeliveryClass, isDeliveryClass } from './delivery-class.ts';
import { UsageError } from './errors.ts';

/** How lasting an acknowledged publication is: in one process's memory, on its disk, or on several nodes. */
export type Durability = 'memory' | 'disk' | 'replicated';

const durabilityRank: { readonly [D in Durability]: number } = { memory: 0, disk: 1, replicated: 2 };

/** Whether a broker that offers `offered` keeps the promise `promised`. */
export function isAtLeastAsDurable(offered: Durability, promised: Durability): boolean {
  return durabilityRank[offered] >= durabilityRank[promised];
}

/** How much a channel keeps. What the two numbers mean depends on the delivery class. */
export interface HistoryLimits {
  /**
   * `log`: publications kept. `state`: keys kept; a new key above it is refused. `mailbox`: entries that wait; one more
   * is refused. `signal`: not used.
   * @default 1_000 */
  readonly maxCount: number;
  /**
   * In milliseconds. `log`: how long a publication is kept. `state`: how long it is remembered that a key was removed.
   * `mailbox`: how long an entry waits for its acknowledgement. `signal`: not used.
   * @default 3_600_000 (an hour) */
  readonly maxAgeMs: number;
}

export interface ChannelPolicy {
  readonly class: DeliveryClass;
  readonly history: HistoryLimits;
  /** What an acknowledgement stands for. A broker that offers less refuses the channel.
   * @default 'memory' */
  readonly durability: Durability;
  /** How long a producer's last sequence, and the results of its last `producerResults` ones, are remembered after it
   * published, in milliseconds. A client must not retry anything older: the answer is then unknown.
   * @default 300_000 */
  readonly producerWindowMs: number;
  /** How many results of one producer are remembered: at least the publishes that a connection may have in flight.
   * @default 128 */
  readonly producerResults: number;
  /** How long a caller's own dedupe key is remembered, in milliseconds.
   * @default 120_000 */
  readonly dedupeWindowMs: number;
}

/** A policy with only what differs from the defaults. */
export interface ChannelPolicyOptions extends Partial<Omit<ChannelPolicy, 'class' | 'history'>> {
  readonly class: DeliveryClass;
  readonly history?: Partial<HistoryLimits>;
}

export const channelPolicyDefaults: Omit<ChannelPolicy, 'class'> = Object.freeze({
  history: Object.freeze({ maxCount: 1_000, maxAgeMs: 3_600_000 }),
  durability: 'memory',
  producerWindowMs: 300_000,
  producerResults: 128,
  dedupeWindowMs: 120_000,
});

/** Fills in the defaults. @throws {UsageError} naming the field that can never work; nothing is unlimited, so 0 is refused. */
export function resolveChannelPolicy(options: ChannelPolicyOptions): ChannelPolicy {
  const policy: ChannelPolicy = {
    ...channelPolicyDefaults,
    ...options,
    history: { ...channelPolicyDefaults.history, ...options.history },
  };
  if (!isDeliveryClass(policy.class)) throw new UsageError(`not a delivery class: ${String(policy.class)}`);
  if (!Object.hasOwn(durabilityRank, policy.durability)) {
    throw new UsageError(`not a durability: ${String(policy.durability)}`);
  }
  const numbers: readonly (readonly [string, number])[] = [
    ['history.maxCount', policy.history.maxCount],
    ['history.maxAgeMs', policy.history.maxAgeMs],
    ['producerWindowMs', policy.producerWindowMs],
    ['producerResults', policy.producerResults],
    ['dedupeWindowMs', policy.dedupeWindowMs],
  ];
  for (const [name, value] of numbers) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UsageError(`${name} must be a whole number from 1, got ${String(value)}`);
    }
  }
  return Object.freeze(policy);
}
