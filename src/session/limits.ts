// The numbers that bound one connection, one channel and one server (PROTOCOL.md, sections 10 and 13).

import { UsageError } from '../channel/index.ts';

export interface SessionLimits {
  /**
   * Bytes of one packet from a client, from 16_384 (16 KiB).
   * Beyond: close code 1009.
   * @default 65_536 (64 KiB)
   */
  readonly maxPacketBytes: number;
  /**
   * Bytes of a `hello`, which may come from anybody. Clients count on the default (PROTOCOL.md, section 3.1): less is refused.
   * Beyond: close code 1009.
   * @default 16_384 (16 KiB)
   */
  readonly maxHelloBytes: number;
  /**
   * Subscriptions of one connection, and as many channels whose presence it watches.
   * Beyond: `too_many_subs`; in the query of a plain client, 400.
   * @default 200
   */
  readonly maxSubscriptions: number;
  /**
   * Requests of one connection that wait for their reply.
   * Beyond: `too_many_inflight`.
   * @default 64
   */
  readonly maxInflight: number;
  /**
   * Bytes queued for one connection, as its socket counts them.
   * Beyond: its subscriptions are parked, conflated or drop until it has read; without credit, close code 4001.
   * @default 1_048_576 (1 MiB)
   */
  readonly maxQueuedBytes: number;
  /**
   * Bytes beyond `maxQueuedBytes` for replies, pongs and farewells.
   * Beyond: close code 4001.
   * @default 65_536 (64 KiB)
   */
  readonly controlReserveBytes: number;
  /**
   * Publications held for the replaying readers of one channel.
   * Beyond: they read history again.
   * @default 256
   */
  readonly maxGate: number;
  /**
   * Publications read from history at once.
   * Beyond: the page says that there is more.
   * @default 100, or `maxReplay` if that is less
   */
  readonly historyPage: number;
  /**
   * Offsets replayed for one subscription.
   * Beyond: gap `too_far`.
   * @default 10_000
   */
  readonly maxReplay: number;
  /**
   * Members listed for one channel.
   * Beyond: watchers get the count and a sample of 20.
   * @default 1_000
   */
  readonly maxListedMembers: number;
  /**
   * Channels in which one connection may be present.
   * Beyond: `too_many_subs`.
   * @default 50
   */
  readonly maxPresences: number;
  /**
   * Bytes of what one connection shows of itself in one channel: its characters, 16 for each value, and 64 for each map
   * and list.
   * Beyond: `too_large`.
   * @default 4_096 (4 KiB)
   */
  readonly maxPresenceBytes: number;
}

export const sessionLimitDefaults: SessionLimits = Object.freeze({
  maxPacketBytes: 65_536,
  maxHelloBytes: 16_384,
  maxSubscriptions: 200,
  maxInflight: 64,
  maxQueuedBytes: 1_048_576,
  controlReserveBytes: 65_536,
  maxGate: 256,
  historyPage: 100,
  maxReplay: 10_000,
  maxListedMembers: 1_000,
  maxPresences: 50,
  maxPresenceBytes: 4_096,
});

/** Limits of a part, each with that of its whole. */
const wholeOf = [
  ['maxHelloBytes', 'maxPacketBytes'],
  ['maxPresenceBytes', 'maxPacketBytes'],
  ['historyPage', 'maxReplay'],
] as const satisfies readonly (readonly [keyof SessionLimits, keyof SessionLimits])[];

/** Fills in the defaults. @throws {UsageError} naming the limit that is out of range, or both that cannot work together. */
export function resolveSessionLimits(given: Partial<SessionLimits> = {}): SessionLimits {
  const limits: Record<keyof SessionLimits, number> = { ...sessionLimitDefaults };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(sessionLimitDefaults, name)) throw new UsageError(`limits.${name} is not known`);
    if (value !== undefined) limits[name as keyof SessionLimits] = checkLimit(name, value);
  }
  const { maxHelloBytes: least } = sessionLimitDefaults;
  for (const name of ['maxPacketBytes', 'maxHelloBytes'] as const) {
    if (limits[name] >= least) continue;
    throw new UsageError(
      `limits.${name} (${limits[name]}) must be at least ${least}: clients count on so much for a hello`,
    );
  }
  for (const [part, whole] of wholeOf) fitPart(limits, given, { part, whole });
  return Object.freeze(limits);
}

/** @throws {UsageError} when it is no number that can limit anything: there is no value for "unlimited". */
export function checkLimit(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`limits.${name} must be a whole number from 1, got ${String(value)}`);
}

/**
 * A limit of a part that is above that of its whole would never be reached. A default gives way; one that was asked for
 * is a mistake, and which of the two is meant is not known.
 * @throws {UsageError} naming both.
 */
export function fitPart<Name extends string>(
  limits: Record<Name, number>,
  given: Partial<Record<Name, number | undefined>>,
  { part, whole }: { readonly part: Name; readonly whole: Name },
): void {
  if (limits[part] <= limits[whole]) return;
  if (given[part] !== undefined) {
    throw new UsageError(
      `limits.${part} (${limits[part]}) is above limits.${whole} (${limits[whole]}): it would never be reached`,
    );
  }
  limits[part] = limits[whole];
}

export interface SessionTimes {
  /** A connection without `hello` is closed after this long, in milliseconds, as all here.
   * @default 10_000 */
  readonly helloMs: number;
  /** A client that has received nothing for so long pings.
   * @default 25_000 */
  readonly pingMs: number;
  /** A connection that was silent for so long is closed.
   * @default 33_000 */
  readonly idleMs: number;
  /** How long after a disconnect a session can be continued.
   * @default 120_000 */
  readonly sessionTtlMs: number;
  /** How long a member whose connection broke stays, away, before it leaves.
   * @default 15_000 */
  readonly presenceGraceMs: number;
  /** How long before a credential runs out the client is asked for a new one: from half of it to all of it, so that
   * credentials given out together are not all renewed at once.
   * @default 60_000 */
  readonly authNoticeMs: number;
  /** How often a channel in which nothing happened is compared with the broker's head.
   * @default 30_000 */
  readonly positionCheckMs: number;
  /** A call to a broker of one's own that has no answer for so long has failed: its client is told `unavailable`, or of a
   * publish `unknown`. Less than a client waits for a reply.
   * @default 10_000 */
  readonly brokerMs: number;
  /** A broker that could not be listened to is tried again after up to this long.
   * @default 5_000 */
  readonly maxStreamRetryMs: number;
  /** The lease by which a node's presence members live. It is renewed three times in its length.
   * @default 30_000 */
  readonly nodeLeaseMs: number;
  /** How long a mailbox entry may be handled before another consumer gets it.
   * @default 30_000 */
  readonly mailboxLeaseMs: number;
  /** How often a channel with too many members to list tells their number.
   * @default 5_000 */
  readonly presenceSampleMs: number;
}

export const sessionTimeDefaults: SessionTimes = Object.freeze({
  helloMs: 10_000,
  pingMs: 25_000,
  idleMs: 33_000,
  sessionTtlMs: 120_000,
  presenceGraceMs: 15_000,
  authNoticeMs: 60_000,
  positionCheckMs: 30_000,
  brokerMs: 10_000,
  maxStreamRetryMs: 5_000,
  nodeLeaseMs: 30_000,
  mailboxLeaseMs: 30_000,
  presenceSampleMs: 5_000,
});
