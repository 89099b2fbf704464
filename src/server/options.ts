// The options of a realtime server, their defaults, and what can never work.

import { type Broker, type Clock, systemClock } from '../broker/index.ts';
import {
  type AnyCallContract,
  type AnyChannelContract,
  Contract,
  isAtLeastAsDurable,
  UsageError,
} from '../channel/index.ts';
import { type SessionStore, type SessionTimes, sessionTimeDefaults } from '../session/index.ts';
import type { ConnectionHandlers, WebSocketServerOptions } from '../websocket/index.ts';
import type { Authenticate } from './auth/authentication-desk.ts';
import type { TokenFromOptions } from './auth/authentication-request.ts';
import type { Authorize } from './auth/contract-gate.ts';
import type { CallHandlers, Middleware } from './calls/call-handlers.ts';
import { type RealtimeLimits, realtimeLimitNames } from './limits.ts';
import type { Logger } from './logger.ts';

type Channels = Readonly<Record<string, AnyChannelContract>>;
type Calls = Readonly<Record<string, AnyCallContract>>;

/** Options of the WebSocket server below that a realtime server takes as they are. */
export type WebSocketOptions = Omit<
  WebSocketServerOptions<unknown>,
  | keyof ConnectionHandlers<unknown>
  | ('upgrade' | 'limitReached' | 'limits' | 'port' | 'host' | 'tls' | 'server' | 'path')
>;

export interface RealtimeServerOptions<KnownChannels extends Channels, KnownCalls extends Calls> {
  /** Every channel and call that there is: what `defineContract` gave. */
  readonly contracts: Contract<KnownChannels, KnownCalls>;
  /** Listen on this port; 0 takes any free one. Without `port` and `server`, see `webSocketOptions`. */
  readonly port?: number;
  /** The address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** Speak `wss:` on the own port: at least `{ key, cert }`. */
  readonly tls?: NonNullable<WebSocketServerOptions<unknown>['tls']>;
  /** Attach to this http, https or http2 server, beside its other routes. */
  readonly server?: NonNullable<WebSocketServerOptions<unknown>['server']>;
  /** Take only requests for exactly this path. @default every path */
  readonly path?: string;
  /** Options of the WebSocket server below, such as `deviceProfile`, `allowedOrigins` or `keepalive`. */
  readonly webSocket?: WebSocketOptions;
  /**
   * Says who somebody is, from the credential and the opening request: an `Identity`, `guest`, or nothing, which refuses
   * with 4401. Asked again when a client renews its credential in place.
   * @default everybody is a guest
   */
  readonly authenticate?: Authenticate;
  /** Where a token may stand besides the first packet, the subprotocol and `Authorization`. @default nowhere */
  readonly tokenFrom?: TokenFromOptions;
  /** Asked after the contract's own rule, for every verb and call, again on every resume. Permits by `true` alone.
   * @default what the contract permits */
  readonly authorize?: Authorize;
  /** Runs around every call that was permitted. @default none */
  readonly use?: readonly Middleware[];
  /** Keeps the channels. One that is given is not closed with the server.
   * @default a `MemoryBroker` */
  readonly broker?: Broker;
  /** Keeps sessions, where several nodes share them. @default in this process's memory */
  readonly sessions?: SessionStore;
  /** Whether a client that offers no subprotocol is served plain JSON (PROTOCOL.md, section 15). @default true */
  readonly plainProfile?: boolean;
  /** What a connection, a channel, an address and the whole server may cost; each limit has a default, and none can be
   * switched off. @default realtimeLimitDefaults */
  readonly limits?: RealtimeLimits;
  /** @default sessionTimeDefaults */
  readonly times?: Partial<SessionTimes>;
  /** A pino logger, or anything like it. @default errors become process warnings */
  readonly logger?: Logger;
  /** Time and timers, for tests. @default systemClock */
  readonly clock?: Clock;
}

/** The options of `createRealtime`: a contract with calls needs their handlers. */
export type RealtimeOptions<KnownChannels extends Channels, KnownCalls extends Calls> = RealtimeServerOptions<
  KnownChannels,
  KnownCalls
> &
  ([keyof KnownCalls] extends [never]
    ? { readonly calls?: CallHandlers<KnownCalls> }
    : {
        /** A function for each call of the contract. */
        readonly calls: CallHandlers<KnownCalls>;
      });

export const realtimeDefaults = Object.freeze({
  plainProfile: true,
  use: Object.freeze([]) as readonly Middleware[],
  clock: systemClock,
});

/** @throws {UsageError} naming the option that can never work. */
export function checkOptions({
  contracts,
  limits = {},
  sessions,
  broker,
  times = {},
  authenticate,
  authorize,
  tokenFrom,
  webSocket,
  ...place
}: RealtimeServerOptions<Channels, Calls>): void {
  if (!(contracts instanceof Contract))
    throw new UsageError('contracts: pass what defineContract() returned');
  for (const [name, hook] of Object.entries({ authenticate, authorize })) {
    if (hook !== undefined && typeof hook !== 'function') throw new UsageError(`${name} must be a function`);
  }
  for (const name of ['host', 'tls'] as const) {
    if (place[name] !== undefined && place.port === undefined) {
      throw new UsageError(`${name} needs port: there is nothing of one's own to listen on`);
    }
  }
  if (tokenFrom?.cookie !== undefined && webSocket?.allowedOrigins === '*') {
    throw new UsageError(
      "tokenFrom.cookie with allowedOrigins '*': any page of the world could connect as its visitor",
    );
  }
  for (const name of Object.keys(place)) {
    if (limitNames.has(name)) throw new UsageError(`${name} is a limit: give it as limits: { ${name}: … }`);
  }
  if (webSocket !== undefined && 'limits' in webSocket) {
    throw new UsageError('webSocket.limits: limits of all floors stand in one object, limits: { … }');
  }
  checkParts({ sessions, broker }, limits);
  checkTimes(times);
  const { pingMs, idleMs } = { ...sessionTimeDefaults, ...times };
  if (idleMs <= pingMs) {
    throw new UsageError(
      `times.idleMs (${idleMs}) must be above times.pingMs (${pingMs}): silence is no fault before`,
    );
  }
}

/** @throws {UsageError} when a channel promises what the broker does not keep. */
export function checkBroker(contract: Contract, broker: Broker): void {
  for (const [name, { policy, presence }] of Object.entries(contract.channels)) {
    if (!isAtLeastAsDurable(broker.durability, policy.durability)) {
      throw new UsageError(
        `channel ${name} promises durability ${policy.durability}, the broker offers ${broker.durability}`,
      );
    }
    if (presence !== undefined && broker.presence === undefined) {
      throw new UsageError(`channel ${name} has presence, and the broker keeps none`);
    }
    if (policy.class === 'mailbox' && broker.mailbox === undefined) {
      throw new UsageError(`channel ${name} is a mailbox, and the broker keeps none`);
    }
  }
}

/** Limits of what the server makes for itself, unless it is given. */
const limitsOfParts = {
  sessions: ['maxKeptSessions'],
  broker: ['maxChannels', 'maxStoredBytes', 'maxMembers', 'maxRemembered', 'maxHeld'],
} as const;

function checkParts(
  given: { readonly sessions: unknown; readonly broker: unknown },
  limits: RealtimeLimits,
): void {
  for (const part of ['sessions', 'broker'] as const) {
    if (given[part] === undefined) continue;
    const name = limitsOfParts[part].find((limit) => limits[limit] !== undefined);
    if (name === undefined) continue;
    throw new UsageError(`limits.${name} with ${part}: one that is given has limits of its own`);
  }
}

const longestTimerMs = 2 ** 31 - 1;
const limitNames: ReadonlySet<string> = new Set(realtimeLimitNames);

function checkTimes(times: Partial<SessionTimes>): void {
  for (const [name, value] of Object.entries(times)) {
    if (!Object.hasOwn(sessionTimeDefaults, name)) throw new UsageError(`times.${name} is not known`);
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1 || value > longestTimerMs)) {
      throw new UsageError(`times.${name} must be a whole number from 1, got ${String(value)}`);
    }
  }
}
