// What every implementation checks before it does anything: arguments that can never work.

import {
  type ChannelPolicy,
  type Draft,
  type Durability,
  deliveryTraits,
  isAtLeastAsDurable,
  isOffset,
  maxDedupeKeyLength,
  maxPresenceKeyLength,
  maxProducerIdLength,
  maxStateKeyLength,
  type PresenceMember,
  UsageError,
} from '../channel/index.ts';
import type { NodeLease } from './presence-broker.ts';

/** @throws {UsageError} when the policy promises more than the broker keeps. */
export function checkPolicy(policy: ChannelPolicy, offered: Durability): void {
  if (!isAtLeastAsDurable(offered, policy.durability)) {
    throw new UsageError(`channel promises durability ${policy.durability}, the broker offers ${offered}`);
  }
}

/** @throws {UsageError} naming the field of the draft that does not fit itself or the delivery class. */
export function checkDraft(draft: Draft, policy: ChannelPolicy): void {
  const { producer, dedupeKey, stateKey } = draft;
  if (producer !== undefined) {
    checkText('producer.id', producer.id, maxProducerIdLength);
    if (!Number.isSafeInteger(producer.sequence) || producer.sequence < 1) {
      throw new UsageError(
        `producer.sequence must be a whole number from 1, got ${String(producer.sequence)}`,
      );
    }
  }
  if (dedupeKey !== undefined) checkText('dedupeKey', dedupeKey, maxDedupeKeyLength);
  if (deliveryTraits[policy.class].isKeyed) {
    if (stateKey === undefined) throw new UsageError('a draft for a state channel needs a stateKey');
    checkText('stateKey', stateKey, maxStateKeyLength);
  } else if (stateKey !== undefined || draft.removed !== undefined) {
    throw new UsageError(`stateKey and removed are for state channels, this one is ${policy.class}`);
  }
}

/** @throws {UsageError} when it is not a whole number from 0. */
export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new UsageError(`limit must be a whole number from 0, got ${String(limit)}`);
  }
}

/** @throws {UsageError} when it cannot be a member, or the lease none. */
export function checkMember({ key, clock }: PresenceMember, { node, ttlMs }: NodeLease): void {
  checkText('key', key, maxPresenceKeyLength);
  if (!isOffset(clock)) throw new UsageError(`clock must be a whole number, got ${String(clock)}`);
  checkLease(node, ttlMs);
}

/** @throws {UsageError} when it names no node, or no time. */
export function checkLease(node: string, ttlMs: number): void {
  checkText('node', node, maxNodeLength);
  if (!Number.isFinite(ttlMs) || ttlMs <= 0) throw new UsageError(`ttlMs must be above 0, got ${ttlMs}`);
}

const maxNodeLength = 128;

/** An option that is undefined is an option not given. */
export function given<Options extends object>(
  options: Options,
): { [Key in keyof Options]: Exclude<Options[Key], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Options]: Exclude<Options[Key], undefined> };
}

/** @throws {UsageError} when a number that was given can limit nothing, or no timer can wait for it. */
export function checkNumbers<Name extends string>(
  given: { readonly [N in Name]?: number | undefined },
  names: readonly Name[],
): void {
  for (const name of names) {
    const value = given[name];
    const most = name.endsWith('Ms') ? 2 ** 31 - 1 : Number.MAX_SAFE_INTEGER;
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= most)) continue;
    throw new UsageError(`${name} must be a whole number from 1 to ${most}, got ${String(value)}`);
  }
}

function checkText(name: string, value: string, maxLength: number): void {
  if (typeof value !== 'string') throw new UsageError(`${name} must be text, is a ${typeof value}`);
  if (value.length === 0 || value.length > maxLength) {
    throw new UsageError(`${name} must have 1 to ${maxLength} characters, has ${value.length}`);
  }
}
