// What a server counts: plain numbers that any monitoring can read.

import { type RealtimeLimit, realtimeLimitNames } from './limits.ts';

export interface RealtimeMetrics {
  /** Connections that are open now, those in their opening included. */
  readonly connections: number;
  /** Channels that are listened to and presence maps that are watched now. */
  readonly openStreams: number;
  /** Bytes that wait to be sent now, over all connections. */
  readonly queuedBytes: number;
  /** Since the start: connections that were opened. */
  readonly opened: number;
  /** Since the start: connections that ended, by close code. */
  readonly closed: ReadonlyMap<number, number>;
  /** Since the start: opening requests refused because their subprotocols or query will not do. */
  readonly refusedOpenings: number;
  /** Since the start: credentials that were accepted and refused. */
  readonly authenticated: number;
  readonly unauthenticated: number;
  /** Since the start: messages from clients, and their bytes (of text: its characters). */
  readonly received: number;
  readonly receivedBytes: number;
  /** Since the start: messages to clients; one that goes to many counts for each. */
  readonly sent: number;
  /** Since the start: packets that were malformed, or not allowed then, and closed their connection. */
  readonly badPackets: number;
  /** Since the start: how often each limit was reached, under its own name, and each option that refuses or cuts
   * (`allowedOrigins`, `handshakeTimeoutMs`, `closeTimeoutMs`, `keepalive`). */
  readonly limitsReached: Readonly<Record<RealtimeLimit, number>>;
  /** Since the start: what a broker of one's own gave that cannot be. It was dropped, and read again or refused. */
  readonly brokerFaults: number;
  /** Since the start: publications that the server itself has made. */
  readonly published: number;
  /** Since the start: errors of handlers, hooks and schemas that were reported to the logger. */
  readonly errors: number;
}

export class MetricsCounter {
  opened = 0;
  readonly closed = new Map<number, number>();
  refusedOpenings = 0;
  authenticated = 0;
  unauthenticated = 0;
  received = 0;
  receivedBytes = 0;
  sent = 0;
  brokerFaults = 0;
  published = 0;
  errors = 0;
  readonly #limitsReached = new Map<RealtimeLimit, number>(realtimeLimitNames.map((name) => [name, 0]));

  countLimit(limit: RealtimeLimit): void {
    this.#limitsReached.set(limit, (this.#limitsReached.get(limit) ?? 0) + 1);
  }

  countClose(code: number): void {
    this.closed.set(code, (this.closed.get(code) ?? 0) + 1);
  }

  snapshot(
    now: Pick<RealtimeMetrics, 'connections' | 'openStreams' | 'queuedBytes' | 'badPackets'>,
  ): RealtimeMetrics {
    const { opened, refusedOpenings, authenticated, unauthenticated } = this;
    const { received, receivedBytes, sent, brokerFaults, published, errors } = this;
    const closed = new Map(this.closed);
    const limitsReached = Object.freeze(Object.fromEntries(this.#limitsReached)) as Record<
      RealtimeLimit,
      number
    >;
    return Object.freeze({
      ...now,
      opened,
      closed,
      refusedOpenings,
      authenticated,
      unauthenticated,
      received,
      receivedBytes,
      sent,
      limitsReached,
      brokerFaults,
      published,
      errors,
    });
  }
}
