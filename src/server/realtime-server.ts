// A realtime server put together: the one file that knows all its parts.

import { randomBytes, randomInt } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type Broker, GuardedBroker, MemoryBroker } from '../broker/index.ts';
import type {
  AnyCallContract,
  AnyChannelContract,
  ChannelNameOf,
  ChannelOf,
  Contract,
  DraftOf,
  PayloadOf,
  Position,
  PresenceMember,
} from '../channel/index.ts';
import { Hub, SessionCloseCode, SessionRegistry, sessionTimeDefaults } from '../session/index.ts';
import { WebSocketServer, type WebSocketServerOptions } from '../websocket/index.ts';
import { AuthenticationDesk } from './auth/authentication-desk.ts';
import { ContractGate } from './auth/contract-gate.ts';
import type { AnyCallHandler } from './calls/call-handlers.ts';
import { CallRouter } from './calls/call-router.ts';
import {
  ChannelAccess,
  type HistoryOptions,
  type HistoryResult,
  type PublishOptions,
} from './channel-access.ts';
import { BrokerSource } from './hub/broker-source.ts';
import { HubTimer } from './hub/hub-timer.ts';
import { NodeCalls } from './hub/node-calls.ts';
import { resolveLimits } from './limits.ts';
import { warningLogger } from './logger.ts';
import { MetricsCounter, type RealtimeMetrics } from './metrics.ts';
import { checkBroker, checkOptions, type RealtimeOptions, realtimeDefaults } from './options.ts';
import type { ClientLink, ConnectedClient } from './transports/client-link.ts';
import { WebSocketDoor } from './transports/websocket-door.ts';

type Channels = Readonly<Record<string, AnyChannelContract>>;
type Calls = Readonly<Record<string, AnyCallContract>>;

/** Whom a call is about: every connection of a subject, or the one of a session. */
export type ClientSelector = { readonly subject: string } | { readonly sid: string };

export interface RealtimeCloseOptions {
  /** Clients are asked to come back within this time, each at a moment of its own, in milliseconds. The server waits
   * for them to leave as long. @default 5_000 */
  readonly spreadMs?: number;
  /** How long those that stayed may take to say goodbye before they are cut, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number;
}

export const realtimeCloseDefaults: Required<RealtimeCloseOptions> = Object.freeze({
  spreadMs: 5_000,
  timeoutMs: 5_000,
});

export class RealtimeServer<KnownChannels extends Channels = Channels, KnownCalls extends Calls = Calls> {
  /**
   * Resolves when the own port is listening. Rejects with a `ConnectionError` (`LISTEN_FAILED`) when it cannot be
   * listened on. Resolves at once where there is no own port.
   */
  readonly listening: Promise<void>;
  readonly #broker: Broker;
  readonly #ownsBroker: boolean;
  readonly #access: ChannelAccess;
  readonly #hub: Hub;
  readonly #timer: HubTimer;
  /** Where the broker may have other nodes. */
  readonly #nodes: NodeCalls | undefined;
  readonly #door: WebSocketDoor;
  readonly #server: WebSocketServer<ClientLink> | undefined;
  readonly #metrics = new MetricsCounter();
  #closing: Promise<void> | undefined;

  /** @throws {UsageError} naming the option that can never work. */
  constructor(options: RealtimeOptions<KnownChannels, KnownCalls>) {
    checkOptions(options);
    const limits = resolveLimits(options.limits);
    const { port, host, tls, server, path, webSocket = {}, tokenFrom = {} } = options;
    const { use, plainProfile, clock } = { ...realtimeDefaults, ...defined(options) };
    const contract = options.contracts as unknown as Contract;
    const logger = options.logger ?? warningLogger;
    const report = (error: unknown): void => {
      this.#metrics.errors++;
      logger.error({ err: error }, 'a handler failed');
    };
    this.#ownsBroker = options.broker === undefined;
    const times = { ...sessionTimeDefaults, ...defined(options.times) };
    this.#broker =
      options.broker === undefined
        ? new MemoryBroker({
            clock,
            ...limits.broker,
            onLimit: (limit) => this.#metrics.countLimit(limit),
            onHandlerError: report,
          })
        : new GuardedBroker(options.broker, {
            clock,
            callMs: times.brokerMs,
            onFault: () => {
              this.#metrics.brokerFaults++;
            },
          });
    checkBroker(contract, this.#broker);
    this.#access = new ChannelAccess(contract, this.#broker);

    const node = randomBytes(9).toString('base64url');
    const gate = new ContractGate({
      contract,
      authorize: options.authorize,
      maxContainers: limits.maxContainers,
      onLimit: (limit) => this.#metrics.countLimit(limit),
      report,
    });
    const desk = new AuthenticationDesk({
      authenticate: options.authenticate,
      wallTime: () => clock.wallTime(),
      report,
      onAnswer: (isAccepted) => {
        this.#metrics[isAccepted ? 'authenticated' : 'unauthenticated']++;
      },
    });
    const handlers = (options.calls ?? {}) as Readonly<Record<string, AnyCallHandler>>;
    const router = new CallRouter({ contract, gate, handlers, use, report });
    const sessions =
      options.sessions ??
      new SessionRegistry({
        randomToken: () => randomBytes(18).toString('base64url'),
        ttlMs: times.sessionTtlMs,
        maxReleased: limits.maxKeptSessions,
        onForgotten: () => this.#metrics.countLimit('maxKeptSessions'),
        now: () => clock.now(),
        defer: queueMicrotask,
      });
    this.#hub = new Hub({
      source: new BrokerSource({ broker: this.#broker, node, leaseMs: times.nodeLeaseMs, report }),
      authority: {
        authenticate: (credentials, done) => desk.authenticate(credentials, done),
        authorize: (request, done) => gate.authorize(request, done),
        call: (request, handler) => router.call(request, handler),
      },
      sessions,
      random: () => randomInt(2 ** 32) / 2 ** 32,
      node,
      report,
      onEarlierTimeout: () => this.#timer.arm(),
      onLimit: (limit) => this.#metrics.countLimit(limit),
      times,
      limits: limits.session,
    });
    this.#timer = new HubTimer(this.#hub, clock);
    if (!this.#ownsBroker) {
      this.#nodes = new NodeCalls({
        broker: this.#broker,
        node,
        clock,
        onCall: (call) => {
          if (call.do === 'authorize') this.#hub.authorizeAgain(call.subject);
          else this.#revokeHere(call);
        },
        report,
      });
    }

    this.#door = new WebSocketDoor({
      hub: this.#hub,
      metrics: this.#metrics,
      clock,
      logger,
      webSocket,
      path,
      tokenFrom,
      limits,
      plainProfile,
      report,
    });
    if (port === undefined && server === undefined) {
      this.listening = Promise.resolve();
    } else {
      const place = defined({ port, host, tls, server }) as WebSocketServerOptions<ClientLink>;
      this.#server = new WebSocketServer({ ...this.#door.serverOptions, ...place });
      this.listening = this.#server.listening;
    }
  }

  /** Where the own port listens; undefined before it does, and where there is none. */
  address(): AddressInfo | undefined {
    return this.#server?.address();
  }

  /**
   * For a `WebSocketServer` of your own, also one that is handed requests by a framework:
   * `new WebSocketServer({ ...realtime.webSocketOptions, port: 8080 })`. It is yours to close.
   */
  get webSocketOptions(): WebSocketServerOptions<ClientLink> {
    return this.#door.serverOptions;
  }

  /**
   * Publishes as the server itself. Resolves when it is appended, with the durability of the channel.
   * @throws {UsageError} when no contract describes the channel.
   * @throws {RequestError} `schema` or `full`; and what the broker rejects with.
   */
  publish<Name extends ChannelNameOf<KnownChannels>>(
    channel: Name,
    payload: DraftOf<ChannelOf<KnownChannels, Name>>,
    options?: PublishOptions,
  ): Promise<Position> {
    this.#metrics.published++;
    return this.#access.publish(channel, payload, options);
  }

  /** Takes a key out of a `state` channel. */
  remove(channel: ChannelNameOf<KnownChannels>, stateKey: string): Promise<Position> {
    this.#metrics.published++;
    return this.#access.remove(channel, stateKey);
  }

  /** Reads what a channel keeps: the newest first, or from a position on. */
  history<Name extends ChannelNameOf<KnownChannels>>(
    channel: Name,
    options?: HistoryOptions,
  ): Promise<HistoryResult<PayloadOf<ChannelOf<KnownChannels, Name>>>> {
    return this.#access.history(channel, options) as Promise<
      HistoryResult<PayloadOf<ChannelOf<KnownChannels, Name>>>
    >;
  }

  /** Who is present, on all nodes. */
  presence(channel: ChannelNameOf<KnownChannels>): Promise<readonly PresenceMember[]> {
    return this.#access.presence(channel);
  }

  /** The clients that are connected to this process. */
  get connections(): ReadonlySet<ConnectedClient> {
    return this.#door.links;
  }

  /** Closes connections with a code that tells the client what to do. Returns how many they were. */
  disconnect(
    whom: ClientSelector,
    {
      code = SessionCloseCode.Normal,
      reason = '',
    }: { readonly code?: number; readonly reason?: string } = {},
  ): number {
    return this.#door.close(selects(whom), code, reason);
  }

  /**
   * Subscribes clients to a channel, as they would themselves: authorised, and told. A client of `tidewire/client` that does
   * not want it unsubscribes. Resolves to the number of connections.
   * @throws {RequestError} why one of them was refused; others may be subscribed.
   */
  async subscribe(whom: ClientSelector, channel: ChannelNameOf<KnownChannels>): Promise<number> {
    const links = [...this.#door.links].filter(selects(whom));
    await Promise.all(links.map((link) => link.subscribe(channel)));
    return links.length;
  }

  /**
   * Closes connections with 4403, and their sessions cannot be continued; also on the other nodes of the broker, as far as
   * it reaches them now. That `authenticate` lets nobody in with the same credential again is the application's part.
   * Returns how many were closed here.
   */
  revoke(whom: ClientSelector): number {
    this.#nodes?.tell({ do: 'revoke', ...whom });
    return this.#revokeHere(whom);
  }

  #revokeHere(whom: ClientSelector): number {
    const sids = [...this.#door.links].filter(selects(whom)).map(({ sid }) => sid);
    const count = this.#door.close(selects(whom), SessionCloseCode.Forbidden, 'revoked');
    for (const sid of sids) if (sid !== undefined) this.#hub.sessions.end(sid);
    return count;
  }

  /** What a subject may do has changed: its live subscriptions are authorised again, and those refused end; also on the
   * other nodes of the broker. */
  authorizeAgain(subject: string): void {
    this.#nodes?.tell({ do: 'authorize', subject });
    this.#hub.authorizeAgain(subject);
  }

  /** What was counted so far. */
  metrics(): RealtimeMetrics {
    let queuedBytes = 0;
    for (const { bufferedAmount } of this.#door.links) queuedBytes += bufferedAmount;
    const { openStreams, badPackets } = this.#hub;
    return this.#metrics.snapshot({
      connections: this.#door.links.size,
      openStreams,
      badPackets,
      queuedBytes,
    });
  }

  /**
   * Goes away: takes no new connection, asks clients to come back within `spreadMs`, waits until they have left, closes
   * the others with 1012, and cuts those that do not answer in `timeoutMs`. Calling it again gives the same promise.
   */
  close(options: RealtimeCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close({ ...realtimeCloseDefaults, ...defined(options) });
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close({ spreadMs, timeoutMs }: Required<RealtimeCloseOptions>): Promise<void> {
    this.#door.isOpen = false;
    await this.listening.catch(() => undefined);
    if (spreadMs > 0) {
      this.#hub.goAway(0, spreadMs);
      await this.#door.emptied(spreadMs);
    }
    this.#hub.closeAll();
    const { ServiceRestart } = SessionCloseCode;
    if (this.#server === undefined) await this.#door.emptied(timeoutMs);
    else await this.#server.close({ timeoutMs, code: ServiceRestart, reason: 'the server restarts' });
    this.#timer.stop();
    this.#nodes?.close();
    if (this.#ownsBroker) await this.#broker.close();
  }
}

/**
 * A server of typed channels and calls, on its own port or attached to an http server.
 * @throws {UsageError} naming the option that can never work.
 */
export function createRealtime<
  KnownChannels extends Channels,
  // biome-ignore lint/complexity/noBannedTypes: a contract without calls has none, not any
  KnownCalls extends Calls = {},
>(options: RealtimeOptions<KnownChannels, KnownCalls>): RealtimeServer<KnownChannels, KnownCalls> {
  return new RealtimeServer(options);
}

function selects(whom: ClientSelector): (link: ConnectedClient) => boolean {
  if ('sid' in whom) return ({ sid }) => sid === whom.sid;
  return ({ subject }) => subject === whom.subject;
}

/** An option that is undefined is an option not given. */
function defined<Options extends object>(
  options: Options | undefined,
): { [Key in keyof Options]: Exclude<Options[Key], undefined> } {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Options]: Exclude<Options[Key], undefined> };
}
