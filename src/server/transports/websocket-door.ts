// Lets WebSocket connections in to the hub: the handlers of a WebSocket server.

import type { Clock } from '../../broker/index.ts';
import { type Hub, SessionCloseCode } from '../../session/index.ts';
import {
  type Connection,
  ConnectionError,
  type Decision,
  OriginPolicy,
  ProtocolError,
  reject,
  type UpgradeRequest,
  type WebSocketServerOptions,
} from '../../websocket/index.ts';
import { readOpeningRequest, type TokenFromOptions } from '../auth/authentication-request.ts';
import { countedAs, type ResolvedLimits } from '../limits.ts';
import type { Logger } from '../logger.ts';
import type { MetricsCounter } from '../metrics.ts';
import type { WebSocketOptions } from '../options.ts';
import { PacketRates } from '../packet-rates.ts';
import { ClientLink } from './client-link.ts';
import { readOpening } from './opening.ts';
import { WebSocketSink } from './websocket-sink.ts';

export interface WebSocketDoorOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly metrics: MetricsCounter;
  readonly logger: Logger;
  readonly webSocket: WebSocketOptions;
  readonly path: string | undefined;
  readonly tokenFrom: TokenFromOptions;
  readonly limits: ResolvedLimits;
  readonly plainProfile: boolean;
  report(error: unknown): void;
}

export class WebSocketDoor {
  readonly links = new Set<ClientLink>();
  /** While it is `false`, requests are answered with 503. */
  isOpen = true;
  #onEmpty: (() => void) | undefined;
  readonly #options: WebSocketDoorOptions;
  readonly #origins: OriginPolicy;

  constructor(options: WebSocketDoorOptions) {
    this.#options = options;
    const { allowedOrigins = [] } = options.webSocket;
    // Where every page may connect, the cookies of its visitors still count only for pages of this host.
    this.#origins = new OriginPolicy(allowedOrigins === '*' ? [] : allowedOrigins);
  }

  /** The options of a WebSocket server whose connections are clients of the hub. */
  get serverOptions(): WebSocketServerOptions<ClientLink> {
    const { path, metrics, limits } = this.#options;
    return {
      ...(path !== undefined && { path }),
      ...this.#options.webSocket,
      limits: limits.webSocket,
      limitReached: (limit) => metrics.countLimit(countedAs(limit)),
      upgrade: (request) => this.#decide(request),
      open: (connection) => this.#open(connection),
      message: (connection, data) => this.#receive(connection, data),
      drain: (connection) => connection.data.machine?.drained(this.#options.clock.now()),
      close: (connection, code) => this.#closed(connection, code),
      error: (error) => this.#failed(error),
    };
  }

  #decide(request: UpgradeRequest): Decision<ClientLink> {
    const { plainProfile, tokenFrom, limits, metrics } = this.#options;
    if (!this.isOpen) {
      return reject(503, 'The server goes away. Come back in a moment.', { headers: { 'Retry-After': '1' } });
    }
    const asked = readOpening(request, {
      allowsPlain: plainProfile,
      maxSubscriptions: limits.session.maxSubscriptions,
      onLimit: (limit) => metrics.countLimit(limit),
    });
    if ('status' in asked) {
      metrics.refusedOpenings++;
      return asked;
    }
    const opening = readOpeningRequest(request, { origins: this.#origins, tokenFrom });
    const { protocol } = asked;
    return { data: new ClientLink(opening, asked), ...(protocol !== undefined && { protocol }) };
  }

  #open(connection: Connection<ClientLink>): void {
    const { hub, clock, metrics, limits } = this.#options;
    const link = connection.data;
    const { codec, plain } = link.asked;
    metrics.opened++;
    this.links.add(link);
    link.connection = connection;
    const sink = new WebSocketSink(connection, metrics);
    const pace = new PacketRates(limits.rates, (limit) => metrics.countLimit(limit));
    const options = { sink, codec, origin: link.visitor, pace };
    link.machine = hub.accept(plain === undefined ? options : { ...options, plain }, clock.now());
  }

  #receive(connection: Connection<ClientLink>, data: string | Buffer): void {
    const { clock, metrics } = this.#options;
    metrics.received++;
    metrics.receivedBytes += data.length;
    connection.data.machine?.receive(data, clock.now());
  }

  #closed(connection: Connection<ClientLink>, code: number): void {
    const { clock, metrics } = this.#options;
    metrics.countClose(code);
    this.links.delete(connection.data);
    connection.data.machine?.transportClosed(clock.now());
    if (this.links.size === 0) this.#onEmpty?.();
  }

  /** What a peer or the network did is no fault of ours: the connection ends, and that is counted. */
  #failed(error: Error): void {
    const isTheirs =
      error instanceof ProtocolError || (error instanceof ConnectionError && error.code !== 'LISTEN_FAILED');
    if (isTheirs) this.#options.logger.debug({ err: error }, 'a connection failed');
    else this.#options.report(error);
  }

  /** Resolves when no connection is left, and `timeoutMs` from now at the latest. */
  emptied(timeoutMs: number): Promise<void> {
    if (this.links.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.setTimer(resolve, timeoutMs);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Closes those that a test picks. Returns how many they were. */
  close(picks: (link: ClientLink) => boolean, code: number = SessionCloseCode.Normal, reason = ''): number {
    const picked = [...this.links].filter(picks);
    for (const { machine } of picked) machine?.close(code, reason);
    return picked.length;
  }
}
