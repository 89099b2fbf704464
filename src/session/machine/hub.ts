// The heart of one server: all connections, the streams they share, and one notion of time.

import { Backoff } from '../backoff.ts';
import { SessionCloseCode } from '../close-code.ts';
import {
  resolveSessionLimits,
  type SessionLimits,
  type SessionTimes,
  sessionTimeDefaults,
} from '../limits.ts';
import type { ChannelStream, StreamHost } from './channel-stream.ts';
import { type ConnectionParts, connectionParts } from './connection-parts.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import type { Authority, Authorization, ChannelSource, LeaseOutcome, SessionStore } from './hub-port.ts';
import { PresenceStream, type PresenceStreamHost } from './presence-stream.ts';
import {
  ServerConnection,
  type ServerConnectionHub,
  type ServerConnectionOptions,
} from './server-connection.ts';

export interface HubOptions {
  readonly source: ChannelSource;
  readonly authority: Authority;
  readonly sessions: SessionStore;
  /** From 0 up to 1. Spreads what must not happen everywhere at once; no secret is made of it. */
  random(): number;
  /** Names this life of the process: part of the names of mailbox consumers and plain sessions. */
  readonly node: string;
  /** An error of the application or of the hub itself. Must not throw. */
  report(error: unknown): void;
  /** A limit was reached: somebody was refused, closed, parked or given less. Must not throw. */
  onLimit?(limit: keyof SessionLimits): void;
  /** `nextTimeout` is earlier than it was. Called from anywhere within the hub: do no more than set a timer. */
  onEarlierTimeout?(): void;
  readonly limits?: Partial<SessionLimits>;
  readonly times?: Partial<SessionTimes>;
  /** Replaces parts of the machine, in tests.
   * @default connectionParts */
  readonly parts?: Partial<ConnectionParts>;
}

const sweepMs = 1_000;

export class Hub implements ServerConnectionHub, StreamHost {
  readonly source: ChannelSource;
  readonly authority: Authority;
  readonly sessions: SessionStore;
  readonly limits: SessionLimits;
  readonly times: SessionTimes;
  readonly parts: ConnectionParts;
  readonly #options: HubOptions;
  readonly #connections = new Set<ServerConnection>();
  readonly #streams = new Map<string, ChannelStream>();
  readonly #presenceStreams = new Map<string, PresenceStream>();
  readonly #deadlines = new DeadlineQueue();
  #now = 0;
  #lastStreamNumber = 0;
  #lastName = 0;
  #isSweeping = false;
  #badPackets = 0;
  #renewAt = 0;
  #lease: 'none' | 'held' | 'doubtful' = 'none';

  constructor(options: HubOptions) {
    this.#options = options;
    this.source = options.source;
    this.authority = options.authority;
    this.sessions = options.sessions;
    this.limits = resolveSessionLimits(options.limits);
    this.times = { ...sessionTimeDefaults, ...options.times };
    this.parts = { ...connectionParts, ...options.parts };
  }

  // What the shell calls.

  /** A transport was opened. The shell then calls the connection with what happens to the transport. */
  accept(options: ServerConnectionOptions, now: number): ServerConnection {
    this.advance(now);
    const connection = new ServerConnection(this, options);
    if (connection.state === 'closed') return connection;
    this.#connections.add(connection);
    this.#beginSweeping();
    return connection;
  }

  /** When `handleTimeout` is to be called next, or `undefined`: nothing is waited for. */
  nextTimeout(): number | undefined {
    return this.#deadlines.nextAt();
  }

  handleTimeout(now: number): void {
    this.advance(now);
    this.#deadlines.pass(this.#now);
  }

  get connections(): ReadonlySet<ServerConnection> {
    return this.#connections;
  }

  /** Channels that are listened to, and presence maps that are watched: 0 when nobody is here. */
  get openStreams(): number {
    return this.#streams.size + this.#presenceStreams.size;
  }

  /** Packets so malformed that they closed their connection. */
  get badPackets(): number {
    return this.#badPackets;
  }

  /** Asks all clients to come back elsewhere, spread over `spreadMs` from `inMs` on. */
  goAway(inMs: number, spreadMs: number): void {
    for (const connection of this.#connections) connection.goAway(inMs, spreadMs);
  }

  /** Closes every connection; their sessions can be continued on another node. */
  closeAll(code: number = SessionCloseCode.ServiceRestart, reason = 'the server restarts'): void {
    for (const connection of [...this.#connections]) connection.close(code, reason);
  }

  /** The subject may not be here any more. Returns how many connections were closed. */
  revoke(subject: string): number {
    const theirs = [...this.#connections].filter((connection) => connection.subject === subject);
    for (const connection of theirs) connection.close(SessionCloseCode.Forbidden, 'revoked');
    return theirs.length;
  }

  /** What a subject may do has changed: its subscriptions are authorised again. */
  authorizeAgain(subject: string): void {
    for (const connection of [...this.#connections]) {
      if (connection.subject === subject) connection.authorizeAgain();
    }
  }

  // What connections and streams call.

  random(): number {
    return this.#options.random();
  }

  get now(): number {
    return this.#now;
  }

  /** Time moves on, never back. */
  advance(now: number): void {
    if (now > this.#now) this.#now = now;
  }

  nextStreamNumber(): number {
    return ++this.#lastStreamNumber;
  }

  nextName(): string {
    return `${this.#options.node}.${++this.#lastName}`;
  }

  setTimer(afterMs: number, callback: () => void): () => void {
    const before = this.#deadlines.nextAt();
    const deadline = this.#deadlines.add(this.#now + afterMs, callback);
    if (before === undefined || deadline.at < before) this.#options.onEarlierTimeout?.();
    return () => this.#deadlines.cancel(deadline);
  }

  report(error: unknown): void {
    this.#options.report(error);
  }

  onLimit(limit: keyof SessionLimits): void {
    this.#options.onLimit?.(limit);
  }

  countBadPacket(): void {
    this.#badPackets++;
  }

  streamOf(channel: string, { policy }: Extract<Authorization, { type: 'allowed' }>): ChannelStream {
    const known = this.#streams.get(channel);
    if (known !== undefined) return known;
    const stream = new this.parts.Stream(channel, policy, this);
    this.#streams.set(channel, stream);
    this.#checkLater(stream);
    return stream;
  }

  retryLater(stream: ChannelStream, attempt: number): void {
    const backoff = new Backoff(this.#options.random, { baseMs: 200, maxMs: this.times.maxStreamRetryMs });
    for (let index = 0; index < Math.min(attempt, 10); index++) backoff.next();
    this.setTimer(backoff.next(), () => stream.retry());
  }

  onUnused(stream: ChannelStream): void {
    if (this.#streams.get(stream.channel) === stream) this.#streams.delete(stream.channel);
  }

  presenceStreamOf(channel: string): PresenceStream {
    const known = this.#presenceStreams.get(channel);
    if (known !== undefined) return known;
    const host: PresenceStreamHost = {
      source: this.source.presence!,
      limits: this.limits,
      sampleMs: this.times.presenceSampleMs,
      nextStreamNumber: () => this.nextStreamNumber(),
      setTimer: (afterMs, callback) => this.setTimer(afterMs, callback),
      onUnused: (unused) => this.#presenceStreams.delete(unused),
      onLimit: (limit) => this.onLimit(limit),
    };
    const stream = new PresenceStream(channel, host);
    this.#presenceStreams.set(channel, stream);
    return stream;
  }

  onConnectionEnd(connection: ServerConnection): void {
    this.#connections.delete(connection);
  }

  // Time.

  /** Deadlines of connections need no timer each: one look at all of them a second. */
  #beginSweeping(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#renewAt = this.#now + this.times.nodeLeaseMs / 3;
    this.#sweepLater();
  }

  #sweepLater(): void {
    this.setTimer(sweepMs, () => {
      for (const connection of [...this.#connections]) connection.sweep(this.#now);
      this.#renewLease();
      if (this.#connections.size > 0) this.#sweepLater();
      else this.#isSweeping = false;
    });
  }

  #renewLease(): void {
    const { presence } = this.source;
    if (presence === undefined || this.#now < this.#renewAt) return;
    this.#renewAt = this.#now + this.times.nodeLeaseMs / 3;
    presence.renew((outcome) => this.onLease(outcome));
  }

  /**
   * Members stay as long as the node's lease does. When it began anew, all that were put under the one before have
   * left; and after a failed call nobody knows whether that call was the one to begin it.
   */
  onLease(outcome: LeaseOutcome): void {
    if (outcome === 'full') return;
    const mayHaveLost = this.#lease !== 'none' && (outcome === 'began' || this.#lease === 'doubtful');
    this.#lease = outcome === 'failed' ? 'doubtful' : 'held';
    if (outcome === 'failed' || !mayHaveLost) return;
    for (const connection of [...this.#connections]) connection.enterAgain();
  }

  #checkLater(stream: ChannelStream): void {
    const spread = 0.75 + this.#options.random() / 2;
    this.setTimer(this.times.positionCheckMs * spread, () => {
      if (this.#streams.get(stream.channel) !== stream) return;
      stream.checkPosition();
      this.#checkLater(stream);
    });
  }
}
