// The limits of a realtime server: those of the WebSocket server, of the session and of the rates, as one object.

import { type MemoryBrokerLimits, memoryBrokerDefaults } from '../broker/index.ts';
import { UsageError } from '../channel/index.ts';
import {
  checkLimit,
  fitPart,
  resolveSessionLimits,
  type SessionLimits,
  sessionLimitDefaults,
} from '../session/index.ts';
import {
  type CountedLimit,
  countedNames,
  resolveServerLimits,
  type ServerLimits,
  serverLimitDefaults,
  serverLimitNames,
} from '../websocket/index.ts';
import { type RateLimits, rateLimitDefaults } from './packet-rates.ts';

/** Limits of the WebSocket server that follow from those of the session, each with the one that stands for it. */
const standsFor = {
  maxMessageBytes: 'maxPacketBytes',
  maxFrameBytes: 'maxPacketBytes',
  maxQueuedBytes: 'maxQueuedBytes',
  // A packet is handled within the call that brings it.
  maxHandlersInFlight: 'maxInflight',
} as const satisfies { readonly [Name in CountedLimit]?: keyof SessionLimits };

type Derived = keyof typeof standsFor;

export interface RealtimeLimits
  extends Partial<SessionLimits>,
    Omit<ServerLimits, Derived>,
    MemoryBrokerLimits,
    Partial<RateLimits> {
  /**
   * Maps and lists in what a client publishes, shows in presence or hands to a call: each takes a byte or two on the wire, and
   * sixty in memory.
   * Beyond: `bad_request`.
   * @default a sixth of `maxPacketBytes`
   */
  readonly maxContainers?: number;
  /**
   * Sessions without a connection that can still be continued. A store that is given as `sessions` has limits of its own.
   * Beyond: the one that was left longest ago ends; its client begins a new one, and goes on from its positions.
   * @default 100_000
   */
  readonly maxKeptSessions?: number;
}

/** A limit, or an option that refuses or cuts. */
export type RealtimeLimit = keyof RealtimeLimits | Exclude<CountedLimit, Derived>;

/** The limits, each for the floor that holds it. */
export interface ResolvedLimits {
  readonly session: SessionLimits;
  readonly rates: RateLimits;
  /** What was asked for, and what follows from the others: the WebSocket server fills in the rest. */
  readonly webSocket: ServerLimits;
  readonly maxContainers: number;
  readonly maxKeptSessions: number;
  /** Of the broker that the server makes for itself. */
  readonly broker: Required<MemoryBrokerLimits>;
}

const { maxChannels, maxStoredBytes, maxMembers, maxRemembered, maxHeld } = memoryBrokerDefaults;
const brokerDefaults = { maxChannels, maxStoredBytes, maxMembers, maxRemembered, maxHeld };
const own = { maxKeptSessions: 100_000, ...brokerDefaults };

/** Those of the WebSocket server are in its `serverLimitDefaults`. */
export const realtimeLimitDefaults = Object.freeze({ ...sessionLimitDefaults, ...rateLimitDefaults, ...own });

/** Every name under which is counted. */
export const realtimeLimitNames: readonly RealtimeLimit[] = [
  ...(Object.keys(realtimeLimitDefaults) as (keyof typeof realtimeLimitDefaults)[]),
  'maxContainers',
  ...countedNames.filter((name): name is Exclude<CountedLimit, Derived> => !(name in standsFor)),
];

const limitNames: ReadonlySet<string> = new Set([
  ...Object.keys(realtimeLimitDefaults),
  'maxContainers',
  ...[...serverLimitNames].filter((name) => !Object.hasOwn(standsFor, name)),
]);

/** Under which name a limit of the WebSocket server counts here. */
export function countedAs(limit: CountedLimit): RealtimeLimit {
  return limit in standsFor ? standsFor[limit as Derived] : (limit as Exclude<CountedLimit, Derived>);
}

/** Room for the one packet that goes out while there is just room left. */
const longestPacketBytes = 16 * 1024 * 1024;

/** Fills in the defaults. @throws {UsageError} naming the limit that is out of range, or those that cannot work together. */
export function resolveLimits(given: RealtimeLimits = {}): ResolvedLimits {
  for (const [name, value] of Object.entries(given) as [string, number | undefined][]) {
    if (!limitNames.has(name)) throw new UsageError(unknown(name));
    if (value !== undefined) checkLimit(name, value);
  }
  const session = resolveSessionLimits(pick(given, (name) => Object.hasOwn(sessionLimitDefaults, name)));
  const asked = pick(given, (name) => serverLimitNames.has(name) && !Object.hasOwn(standsFor, name));
  const webSocket = { ...asked, ...derived(session, asked) };
  // What remains is the WebSocket server's to refuse, here as where it is made.
  resolveServerLimits(webSocket);
  const { maxKeptSessions = realtimeLimitDefaults.maxKeptSessions } = given;
  const { maxContainers = Math.ceil(session.maxPacketBytes / 6) } = given;
  if (maxContainers > session.maxPacketBytes) {
    throw new UsageError(
      `limits.maxContainers (${maxContainers}) is above limits.maxPacketBytes (${session.maxPacketBytes}): each takes a byte`,
    );
  }
  const rates = resolveRates(given);
  const broker = { ...brokerDefaults, ...pick(given, (name) => Object.hasOwn(brokerDefaults, name)) };
  return Object.freeze({ session, rates, webSocket, broker, maxContainers, maxKeptSessions });
}

function unknown(name: string): string {
  if (!Object.hasOwn(standsFor, name)) return `limits.${name} is not known`;
  return `limits.${name} stands here as limits.${standsFor[name as Derived]}`;
}

/** @throws {UsageError} when a rate is above that of what it is a part of. */
function resolveRates(given: RealtimeLimits): RateLimits {
  const { maxMessagesPerSecond } = serverLimitDefaults;
  const asked = pick(
    given,
    (name) => Object.hasOwn(rateLimitDefaults, name) || name === 'maxMessagesPerSecond',
  );
  const rates = { ...rateLimitDefaults, maxMessagesPerSecond, ...asked };
  fitPart(rates, asked, { part: 'maxPacketsPerSecond', whole: 'maxMessagesPerSecond' });
  fitPart(rates, asked, { part: 'maxPublishesPerSecond', whole: 'maxPacketsPerSecond' });
  fitPart(rates, asked, { part: 'maxRequestsPerSecond', whole: 'maxPacketsPerSecond' });
  return rates;
}

/** What the connections below must hold, so that the session comes to its own end first. */
function derived(session: SessionLimits, { maxTotalQueuedBytes, ...asked }: ServerLimits): ServerLimits {
  const { maxPacketBytes, maxQueuedBytes, controlReserveBytes } = session;
  const queueBytes = maxQueuedBytes + controlReserveBytes;
  if (maxTotalQueuedBytes !== undefined && queueBytes > maxTotalQueuedBytes) {
    throw new UsageError(
      `limits.maxQueuedBytes (${maxQueuedBytes}) and limits.controlReserveBytes (${controlReserveBytes}) are together ` +
        `above limits.maxTotalQueuedBytes (${maxTotalQueuedBytes}): they would never be reached`,
    );
  }
  const atLeast = {
    maxMessageCostBytes: maxPacketBytes + 64,
    maxUnfinishedBytes: 2 * maxPacketBytes,
  } as const;
  for (const [name, bytes] of Object.entries(atLeast) as [keyof typeof atLeast, number][]) {
    const value = asked[name] ?? bytes;
    if (value < bytes) {
      throw new UsageError(
        `limits.${name} (${value}) must be at least ${bytes}: a packet of limits.maxPacketBytes (${maxPacketBytes}) would not fit`,
      );
    }
  }
  return {
    maxMessageBytes: maxPacketBytes,
    maxQueuedBytes: Math.min(queueBytes + longestPacketBytes, maxTotalQueuedBytes ?? Number.MAX_SAFE_INTEGER),
  };
}

/** Those that were given, and whose name passes. */
function pick(
  given: RealtimeLimits,
  passes: (name: string) => boolean,
): { [Name in keyof RealtimeLimits]: number } {
  const entries = Object.entries(given).filter(([name, value]) => value !== undefined && passes(name));
  return Object.fromEntries(entries) as { [Name in keyof RealtimeLimits]: number };
}
