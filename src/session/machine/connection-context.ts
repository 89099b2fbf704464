// What the desks of one server connection share: who is there, what may be sent, whom to ask.

import type { PlainData } from '../../channel/index.ts';
import { SessionCloseCode } from '../close-code.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import type { SessionLimits, SessionTimes } from '../limits.ts';
import type { PresPacket, PubPacket, ServerPacket } from '../packet.ts';
import type { CallHost } from './call-desk.ts';
import type { ChannelStream } from './channel-stream.ts';
import type { Subscription } from './channel-subscription.ts';
import type { ConnectionOutput } from './connection-output.ts';
import type { EncodedPacket } from './encoded-packet.ts';
import type {
  Authority,
  Authorization,
  AuthorizationRequest,
  ChannelSource,
  LeaseOutcome,
  PresenceSource,
  SessionStore,
} from './hub-port.ts';
import type { PresenceHost } from './presence-desk.ts';
import type { PresenceStream } from './presence-stream.ts';
import type { PublishHost } from './publish-lanes.ts';
import type { SubscriptionHost } from './subscription-set.ts';

/** The hub, as its connections see it. */
export interface ConnectionHub {
  readonly now: number;
  readonly limits: SessionLimits;
  readonly times: SessionTimes;
  readonly source: ChannelSource;
  readonly authority: Authority;
  readonly sessions: SessionStore;
  advance(now: number): void;
  streamOf(channel: string, allowed: Extract<Authorization, { type: 'allowed' }>): ChannelStream;
  presenceStreamOf(channel: string): PresenceStream;
  onLease(outcome: LeaseOutcome): void;
  /** A public name that is not given out again. */
  nextName(): string;
  setTimer(afterMs: number, callback: () => void): () => void;
  report(error: unknown): void;
  /** A limit was reached. */
  onLimit(limit: keyof SessionLimits): void;
  countBadPacket(): void;
}

export type Answer = { readonly ok: PlainData } | { readonly err: ErrorBody };

/** The connection itself, as its context sees it. */
export interface ContextOwner {
  close(code: number, reason: string): void;
  onStreamNumber(subscription: Subscription, s: number): void;
}

export class ConnectionContext implements SubscriptionHost, PublishHost, PresenceHost, CallHost {
  readonly hub: ConnectionHub;
  readonly #output: ConnectionOutput;
  readonly #owner: ContextOwner;
  isOpen = false;
  subject = '';
  /** What the authority gave with the subject. */
  identity: unknown = undefined;
  presenceKey = '';
  producer: string | undefined;
  #inflight = 0;
  /** A subscription or watcher has waited for room since the queue was last found empty. */
  lackedRoom = false;

  constructor(hub: ConnectionHub, output: ConnectionOutput, owner: ContextOwner) {
    this.hub = hub;
    this.#output = output;
    this.#owner = owner;
  }

  // Output.

  get hasRoom(): boolean {
    if (this.#output.hasRoom) return true;
    // However many subscriptions wait for it, the queue was full once.
    if (!this.lackedRoom && !this.#output.isClosed) this.onLimit('maxQueuedBytes');
    this.lackedRoom = true;
    return false;
  }

  send(packet: ServerPacket): void {
    this.#output.send(packet);
  }

  sendShared(packet: EncodedPacket): void {
    this.#output.sendShared(packet);
  }

  closeSlowReader(): void {
    this.#owner.close(SessionCloseCode.SlowReader, 'the queue is full: resume');
  }

  onStreamNumber(subscription: Subscription, s: number): void {
    this.#owner.onStreamNumber(subscription, s);
  }

  // Requests and their one answer.

  /** Begins a request, unless too many are under way. It must be answered by `reply`. */
  request(id: number | undefined, begin: (reply: (answer: Answer) => void) => void): void {
    const most = this.limits.maxInflight;
    if (this.#inflight >= most) {
      this.onLimit('maxInflight');
      const err = errorBody('too_many_inflight', `at most ${most} requests without a reply`);
      return this.answer(id, { err });
    }
    this.#inflight++;
    begin((answer) => this.reply(id, answer));
  }

  reply(id: number | undefined, answer: Answer): void {
    this.#inflight--;
    this.answer(id, answer);
  }

  answer(id: number | undefined, answer: Answer): void {
    if (id !== undefined && this.isOpen) this.send({ t: 'reply', id, ...answer });
  }

  // Authorisation: one place, for every verb, on every connection.

  authorizeSubscribe(channel: string, done: (answer: Authorization) => void): void {
    this.#authorize({ verb: 'subscribe', channel }, done);
  }

  authorizePublish({ ch, d, k, x }: PubPacket, done: (answer: Authorization) => void): void {
    const named = { ...(k !== undefined && { stateKey: k }), ...(x === 1 && { removed: true as const }) };
    this.#authorize({ verb: 'publish', channel: ch, data: d, ...named }, done);
  }

  authorizeHistory(channel: string, done: (answer: Authorization) => void): void {
    this.#authorize({ verb: 'history', channel }, done);
  }

  authorizePresence(
    { ch: channel, do: what, d = null }: PresPacket,
    done: (answer: Authorization) => void,
  ): void {
    if (what === 'enter') this.#authorize({ verb: 'enter', channel, data: d }, done);
    else this.#authorize({ verb: 'presence', channel }, done);
  }

  /** What the application throws is contained: it is reported, and the client is told `internal`. */
  #authorize(
    question: Omit<AuthorizationRequest, 'subject' | 'identity'>,
    done: (answer: Authorization) => void,
  ): void {
    const request = { subject: this.subject, identity: this.identity, ...question };
    let isAnswered = false;
    const answerOnce = (answer: Authorization): void => {
      if (isAnswered) return;
      isAnswered = true;
      done(answer);
    };
    try {
      this.hub.authority.authorize(request, answerOnce);
    } catch (error) {
      this.report(error);
      answerOnce({ type: 'refused', error: errorBody('internal', 'the check failed') });
    }
  }

  // What comes from the hub.

  get source(): ChannelSource {
    return this.hub.source;
  }

  get presence(): PresenceSource | undefined {
    return this.hub.source.presence;
  }

  get authority(): Authority {
    return this.hub.authority;
  }

  get limits(): SessionLimits {
    return this.hub.limits;
  }

  onLimit(limit: keyof SessionLimits): void {
    this.hub.onLimit(limit);
  }

  get mailboxLeaseMs(): number {
    return this.hub.times.mailboxLeaseMs;
  }

  get graceMs(): number {
    return this.hub.times.presenceGraceMs;
  }

  streamOf(channel: string, allowed: Extract<Authorization, { type: 'allowed' }>): ChannelStream {
    return this.hub.streamOf(channel, allowed);
  }

  presenceStreamOf(channel: string): PresenceStream {
    return this.hub.presenceStreamOf(channel);
  }

  onLease(outcome: LeaseOutcome): void {
    this.hub.onLease(outcome);
  }

  nextConsumer(): string {
    return this.hub.nextName();
  }

  setTimer(afterMs: number, callback: () => void): () => void {
    return this.hub.setTimer(afterMs, callback);
  }

  report(error: unknown): void {
    this.hub.report(error);
  }
}
