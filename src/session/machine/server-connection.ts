// The server's machine for one connection: messages in, packets out; no socket, no clock.

import { asClientPacket } from '../client-packet-shape.ts';
import { SessionCloseCode } from '../close-code.ts';
import type { PacketCodec } from '../codec/packet-codec.ts';
import { withWellFormedText } from '../codec/well-formed.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import { PacketError } from '../errors.ts';
import type { ClientPacket, HelloPacket, ResumeResult, SubPacket } from '../packet.ts';
import { CallDesk } from './call-desk.ts';
import type { Subscription } from './channel-subscription.ts';
import {
  type Answer,
  ConnectionContext,
  type ConnectionHub,
  type ContextOwner,
} from './connection-context.ts';
import { ConnectionOutput, type MessageSink } from './connection-output.ts';
import type { ConnectionParts } from './connection-parts.ts';
import type { Authentication, OpenedSession } from './hub-port.ts';
import type { PresenceDesk } from './presence-desk.ts';
import type { PublishLanes } from './publish-lanes.ts';
import type { SubscribeResult, SubscriptionSet } from './subscription-set.ts';

export type PlainSubscription = Pick<SubPacket, 'ch' | 'e' | 'o'>;

export interface ServerConnectionOptions {
  readonly sink: MessageSink;
  readonly codec: PacketCodec;
  /** What the authority gets to see of the transport: headers, address. */
  readonly origin?: unknown;
  /** How fast the client may ask. @default as fast as it can */
  readonly pace?: PacketPace;
  /** The plain profile: no `hello` is waited for, these are subscribed at once, and silence is no fault. */
  readonly plain?: readonly PlainSubscription[];
}

/** Bounds how fast one client may ask. */
export interface PacketPace {
  /**
   * Counts a packet. 0: it is handled. Otherwise it is refused with `rate_limited` and so many milliseconds to wait; and
   * the connection is closed with 4429 when that is for ever.
   */
  admit(type: ClientPacket['t'], now: number): number;
}

/** The hub, as the connection machine sees it. */
export interface ServerConnectionHub extends ConnectionHub {
  readonly parts: ConnectionParts;
  /** From 0 up to 1. */
  random(): number;
  onConnectionEnd(connection: ServerConnection): void;
}

/** A credential may say that it lasts longer than a packet can. */
const longestExpiryMs = 2 ** 52;

type ConnectionState = 'new' | 'authenticating' | 'open' | 'closed';

export class ServerConnection implements ContextOwner {
  readonly #hub: ServerConnectionHub;
  readonly #output: ConnectionOutput;
  readonly #codec: PacketCodec;
  readonly #origin: unknown;
  readonly #isPlain: boolean;
  readonly #pace: PacketPace | undefined;
  readonly #context: ConnectionContext;
  readonly #subscriptions: SubscriptionSet;
  // Made when they are needed first: most connections only listen.
  #lanes: PublishLanes | undefined;
  #presence: PresenceDesk | undefined;
  #calls: CallDesk | undefined;
  readonly #acceptedAt: number;
  #state: ConnectionState = 'new';
  #heardAt: number;
  #authExpiresAt = Number.POSITIVE_INFINITY;
  /** How long before it runs out a new credential is asked for; 0 once it was. */
  #noticeMs = 0;
  #session: OpenedSession | undefined;

  /** Made by `Hub.accept`. */
  constructor(hub: ServerConnectionHub, options: ServerConnectionOptions) {
    this.#hub = hub;
    this.#codec = options.codec;
    this.#origin = options.origin;
    this.#isPlain = options.plain !== undefined;
    this.#pace = options.pace;
    this.#output = new ConnectionOutput(options.sink, options.codec, hub);
    this.#acceptedAt = hub.now;
    this.#heardAt = hub.now;
    const context = new ConnectionContext(hub, this.#output, this);
    this.#context = context;
    this.#subscriptions = new hub.parts.Subscriptions(context, hub.parts.Subscription);
    if (options.plain !== undefined) this.#openPlain(options.plain);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Public name of the session, once there is one. */
  get sid(): string | undefined {
    return this.#session?.sid;
  }

  get subject(): string {
    return this.#context.subject;
  }

  /** What the authority gave with the subject. */
  get identity(): unknown {
    return this.#context.identity;
  }

  /** How many channels it is subscribed to. */
  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  // What the shell calls.

  /** A message has arrived. Never throws. */
  receive(message: string | Uint8Array, now: number): void {
    this.#hub.advance(now);
    if (this.#state === 'closed') return;
    this.#heardAt = now;
    // A text of n UTF-16 units has at least n bytes; the shell counts the bytes as it reads.
    const limit = this.#state === 'open' ? 'maxPacketBytes' : 'maxHelloBytes';
    if (message.length > this.#hub.limits[limit]) return this.#refuseLong(limit);
    try {
      const packet = asClientPacket(withWellFormedText(this.#codec.decode(message), message));
      if (this.#state !== 'open') this.#greet(packet, now);
      else if (this.#isInPace(packet, now)) this.#handle(packet);
    } catch (error) {
      if (error instanceof PacketError) {
        this.#hub.countBadPacket();
        this.close(error.closeCode, error.message);
      } else {
        this.#hub.report(error);
        this.close(SessionCloseCode.InternalError, 'internal error');
      }
    }
  }

  #refuseLong(limit: 'maxPacketBytes' | 'maxHelloBytes'): void {
    this.#hub.onLimit(limit);
    this.close(SessionCloseCode.TooBig, `packet above ${this.#hub.limits[limit]} bytes`);
  }

  /** The transport's queue is empty again. */
  drained(now: number): void {
    this.#hub.advance(now);
    this.#resume();
  }

  /** The transport has ended. */
  transportClosed(now: number): void {
    this.#hub.advance(now);
    this.#output.ended();
    this.#end('broken');
  }

  // What the hub calls.

  /** Looks at the deadlines, about once a second. */
  sweep(now: number): void {
    const { times } = this.#hub;
    if (this.#state !== 'open') {
      const { helloMs } = times;
      if (now - this.#acceptedAt >= helloMs) this.close(SessionCloseCode.NoHello, 'no hello in time');
    } else if (now - this.#heardAt >= times.idleMs && !this.#isPlain) {
      this.close(SessionCloseCode.Idle, 'silent for too long');
    } else if (now >= this.#authExpiresAt) {
      this.close(SessionCloseCode.CredentialExpired, 'credential expired');
    } else {
      if (this.#context.lackedRoom) this.#resume();
      this.#noticeExpiry(this.#authExpiresAt - now);
    }
  }

  /** Closes from this side. The session can be continued, unless it was fenced. */
  close(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#output.close(code, reason);
    this.#end(code === SessionCloseCode.Fenced ? 'fenced' : 'broken');
  }

  goAway(inMs: number, spreadMs: number): void {
    if (this.#state === 'open') this.#output.send({ t: 'goaway', inMs, spreadMs });
  }

  /**
   * Subscribes the client of the server's own accord, as it would itself: authorised, from now on, and told by a packet.
   * Calls back once, with what refused it.
   */
  subscribe(channel: string, done: (error: ErrorBody | undefined) => void): void {
    if (this.#state !== 'open') return done(errorBody('unavailable', 'the client has not been let in'));
    if (this.#subscriptions.has(channel)) return done(undefined);
    const onResult = (result: SubscribeResult): void => {
      if ('error' in result) return done(result.error);
      this.#context.send({ t: 'sub', ch: channel, ...result.verdict });
      result.subscription.flow();
      done(undefined);
    };
    this.#subscriptions.subscribe({ ch: channel }, onResult, () => done(undefined));
  }

  /** What the subject may do has changed: every channel is asked about again. */
  authorizeAgain(): void {
    const end = (s: number, err: ErrorBody): void => this.#endedByServer(s, err);
    this.#subscriptions.authorizeAgain(end);
    this.#presence?.authorizeAgain(end);
    this.#calls?.authorizeAgain();
  }

  /** The broker made the members of this node leave. */
  enterAgain(): void {
    this.#presence?.enterAgain();
  }

  onStreamNumber(subscription: Subscription, s: number): void {
    this.#subscriptions.onStreamNumber(subscription, s);
  }

  // Greeting.

  #greet(packet: ClientPacket, now: number): void {
    if (this.#state !== 'new' || packet.t !== 'hello') throw new PacketError('only one hello before welcome');
    if (packet.v !== 1) throw new PacketError('unknown version of the protocol');
    this.#state = 'authenticating';
    this.#authenticate(packet.auth, (answer) => {
      if (!this.#acceptCredential(answer, now)) return;
      this.#context.producer = packet.prod;
      this.#openSession(packet);
    });
  }

  #openSession({ id, resume = {} }: HelloPacket): void {
    const { sid, tok, ch = [] } = resume;
    const claim = sid !== undefined && tok !== undefined ? { claim: { sid, tok } } : {};
    this.#hub.sessions.open(
      { subject: this.subject, ...claim },
      {
        done: (session) => {
          if (session.type === 'failed') {
            this.close(SessionCloseCode.TryAgainLater, 'sessions cannot be kept now');
          } else if (this.#state !== 'authenticating') {
            this.#hub.sessions.release(session.sid);
          } else {
            this.#setSession(session);
            this.#subscriptions.resume(ch, (results, subscriptions) =>
              this.#welcome(id, results, subscriptions),
            );
          }
        },
        onFenced: () => this.close(SessionCloseCode.Fenced, 'continued by another connection'),
      },
    );
  }

  #openPlain(channels: readonly PlainSubscription[]): void {
    this.#state = 'authenticating';
    this.#authenticate(undefined, (answer) => {
      if (!this.#acceptCredential(answer, this.#acceptedAt)) return;
      const sid = this.#hub.nextName();
      this.#setSession({ sid, tok: '', chain: sid, resumed: false });
      this.#subscriptions.resume(channels, (results, subscriptions) =>
        this.#welcome(undefined, results, subscriptions),
      );
    });
  }

  #setSession(session: OpenedSession): void {
    this.#session = session;
    this.#context.presenceKey = `${this.subject}/${session.chain}`;
  }

  #welcome(
    id: number | undefined,
    res: readonly ResumeResult[],
    subscriptions: readonly Subscription[],
  ): void {
    if (this.#state !== 'authenticating') return;
    this.#state = 'open';
    this.#context.isOpen = true;
    const { limits, times } = this.#hub;
    const { sid, tok, resumed } = this.#session!;
    this.#output.send({
      t: 'welcome',
      ...(id !== undefined && { id }),
      sid,
      ...(!this.#isPlain && { tok }),
      resumed,
      ttlMs: this.#isPlain ? 0 : times.sessionTtlMs,
      ...this.#timeLeft,
      pingMs: times.pingMs,
      idleMs: times.idleMs,
      max: { packet: limits.maxPacketBytes, subs: limits.maxSubscriptions, inflight: limits.maxInflight },
      res,
    });
    for (const subscription of subscriptions) subscription.flow();
  }

  #authenticate(token: string | undefined, done: (answer: Authentication) => void): void {
    try {
      this.#hub.authority.authenticate({ token, origin: this.#origin }, done);
    } catch (error) {
      this.#hub.report(error);
      done({ type: 'rejected', closeCode: SessionCloseCode.InternalError, reason: 'internal error' });
    }
  }

  /** Returns whether the greeting goes on. */
  #acceptCredential(answer: Authentication, askedAt: number): boolean {
    if (this.#state !== 'authenticating') return false;
    if (answer.type === 'rejected') {
      this.close(answer.closeCode ?? SessionCloseCode.Unauthenticated, answer.reason);
      return false;
    }
    this.#context.subject = answer.subject;
    this.#context.identity = answer.identity;
    this.#setExpiry(answer.expiresInMs, askedAt);
    return true;
  }

  #setExpiry(expiresInMs: number | undefined, askedAt: number): void {
    this.#authExpiresAt = Number.POSITIVE_INFINITY;
    this.#noticeMs = 0;
    if (expiresInMs === undefined) return;
    this.#authExpiresAt = askedAt + Math.min(expiresInMs, longestExpiryMs);
    // Credentials that were given out together run out together, and are not all renewed at once.
    this.#noticeMs = this.#hub.times.authNoticeMs * (1 - this.#hub.random() / 2);
  }

  get #timeLeft(): { readonly authMs?: number } {
    const authMs = this.#authExpiresAt - this.#hub.now;
    return Number.isFinite(authMs) ? { authMs: Math.max(0, Math.floor(authMs)) } : {};
  }

  #noticeExpiry(inMs: number): void {
    if (inMs > this.#noticeMs) return;
    this.#noticeMs = 0;
    this.#output.send({ t: 'auth', inMs: Math.floor(inMs) });
  }

  // Open.

  #isInPace(packet: ClientPacket, now: number): boolean {
    const waitMs = this.#pace?.admit(packet.t, now) ?? 0;
    if (waitMs === 0) return true;
    if (waitMs === Number.POSITIVE_INFINITY) {
      this.close(SessionCloseCode.TooMany, 'too many packets');
    } else {
      const err = errorBody('rate_limited', 'too many packets in too short a time', { afterMs: waitMs });
      this.#context.answer('id' in packet ? packet.id : undefined, { err });
    }
    return false;
  }

  #handle(packet: ClientPacket): void {
    const context = this.#context;
    switch (packet.t) {
      case 'sub':
        return this.#subscribe(packet);
      case 'unsub':
        this.#subscriptions.unsubscribe(packet.ch);
        return context.answer(packet.id, { ok: {} });
      case 'pub':
        return context.request(packet.id, () => this.#lanesOf().publish(packet));
      case 'credit':
        if (packet.s !== undefined) this.#subscriptions.credit(packet.s, packet.n);
        if (packet.id !== undefined) this.#calls?.credit(packet.id, packet.n);
        return;
      case 'ack':
        return this.#subscriptions.acknowledge(packet.s, packet.o);
      case 'ping':
        return context.send({
          t: 'pong',
          pos: [...this.#subscriptions.positions(), ...(this.#presence?.positions() ?? [])],
        });
      case 'hist':
        return context.request(packet.id, (reply) => this.#callsOf().history(packet, reply));
      case 'pres':
        return context.request(packet.id, (reply) => this.#presenceOf().handle(packet, reply));
      case 'rpc':
        return context.request(packet.id, (reply) => this.#callsOf().call(packet, reply));
      case 'cancel':
        return this.#calls?.cancel(packet.id);
      case 'auth':
        return context.request(packet.id, (reply) => this.#renewCredential(packet.auth, reply));
      case 'bye':
        this.#output.close(SessionCloseCode.Normal, 'bye');
        return this.#end('bye');
      case 'hello':
        throw new PacketError('a second hello');
      default:
        packet satisfies never;
    }
  }

  #lanesOf(): PublishLanes {
    this.#lanes ??= new this.#hub.parts.Lanes(this.#context);
    return this.#lanes;
  }

  #presenceOf(): PresenceDesk {
    this.#presence ??= new this.#hub.parts.Presence(this.#context);
    return this.#presence;
  }

  #callsOf(): CallDesk {
    this.#calls ??= new CallDesk(this.#context);
    return this.#calls;
  }

  #subscribe(packet: SubPacket): void {
    this.#subscriptions.subscribe(packet, (result) => {
      if ('error' in result) return this.#context.answer(packet.id, { err: result.error });
      this.#context.answer(packet.id, { ok: { ...result.verdict } });
      result.subscription.flow();
    });
  }

  #renewCredential(token: string, reply: (answer: Answer) => void): void {
    const askedAt = this.#hub.now;
    this.#authenticate(token, (answer) => {
      if (this.#state !== 'open') return;
      if (answer.type === 'rejected') return reply({ err: errorBody('unauthenticated', answer.reason) });
      if (answer.subject !== this.subject) {
        return reply({ err: errorBody('forbidden', 'the credential is of another subject') });
      }
      this.#context.identity = answer.identity;
      this.#setExpiry(answer.expiresInMs, askedAt);
      reply({ ok: this.#timeLeft });
      this.authorizeAgain();
    });
  }

  #endedByServer(s: number, err: ErrorBody): void {
    this.#context.send({ t: 'end', s, err });
  }

  /** There is room again: what was parked, and what was not told, goes on. */
  #resume(): void {
    if (!this.#output.hasRoom) return;
    this.#context.lackedRoom = false;
    this.#subscriptions.resumeAll();
    this.#presence?.resume();
    this.#calls?.resume();
  }

  #end(how: 'broken' | 'fenced' | 'bye'): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#context.isOpen = false;
    this.#subscriptions.endAll();
    this.#calls?.endAll();
    if (how === 'bye') this.#presence?.leaveAll();
    else this.#presence?.breakOff();
    const sid = this.#isPlain ? undefined : this.sid;
    if (sid !== undefined && how === 'bye') this.#hub.sessions.end(sid);
    if (sid !== undefined && how === 'broken') this.#hub.sessions.release(sid);
    this.#hub.onConnectionEnd(this);
  }
}
