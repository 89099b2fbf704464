// The client's machine: connects, resumes, keeps subscriptions and publishes alive; no socket, no clock.

import type { PlainData, Position } from '../../channel/index.ts';
import { Backoff, type BackoffOptions } from '../backoff.ts';
import { closeVerdict, SessionCloseCode } from '../close-code.ts';
import type { PacketCodec } from '../codec/packet-codec.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import { PacketError } from '../errors.ts';
import type {
  ClientPacket,
  HistPacket,
  PongPacket,
  PresPacket,
  PubPacket,
  ReplyPacket,
  ResumeEntry,
  RpcPacket,
  ServerPacket,
  SubVerdict,
  WelcomePacket,
} from '../packet.ts';
import { asServerPacket, isSubVerdict } from '../packet-shape.ts';
import type { Transport } from '../transport.ts';
import { ClientPresence } from './client-presence.ts';
import { ClientSubscription, type ClientSubscriptionOptions } from './client-subscription.ts';
import { type Deadline, DeadlineQueue } from './deadline-queue.ts';
import { Outbox, type PublishFields, type PublishResult } from './outbox.ts';

export type ClientState = 'idle' | 'waiting' | 'connecting' | 'greeting' | 'open' | 'credentials' | 'stopped';

/** What the machine asks of the shell around it. None of it may call back into the machine before it returns. */
export interface ClientHost {
  /** Open a transport, and call `transportOpened`, or `transportClosed` when it fails. `elsewhere`: not to the same
   * address again, when there is another. */
  openTransport(elsewhere: boolean): void;
  onState(state: ClientState): void;
  /** The credential has run out, or does soon: call `setCredential`. */
  onCredentialNeeded(): void;
  /** A producer id: at least 64 bits from a cryptographic source, at most 64 characters. */
  randomId(): string;
  /** From 0 up to 1; for backoff. */
  random(): number;
}

export interface ClientMachineOptions {
  readonly host: ClientHost;
  readonly credential?: string;
  /** What `resumeState` gave in an earlier life: before a page was reloaded. */
  readonly resume?: ResumeState;
  readonly backoff?: BackoffOptions;
  readonly times?: Partial<ClientTimes>;
  /** Replaces parts of the machine, in tests. */
  readonly parts?: Partial<ClientParts>;
}

export interface ClientParts {
  readonly Subscription: typeof ClientSubscription;
  readonly Outbox: typeof Outbox;
}

/** In milliseconds. */
export interface ClientTimes {
  /** @default 10_000 */
  readonly connectMs: number;
  /** Less than the server waits for `hello`.
   * @default 8_000 */
  readonly welcomeMs: number;
  /** A request unanswered for so long means that an end lost track: the connection is replaced.
   * @default 15_000 */
  readonly replyMs: number;
  /** How long a probe after waking up waits.
   * @default 5_000 */
  readonly probeMs: number;
  /** The connection counts as good, and backoff begins anew, after so long.
   * @default 5_000 */
  readonly steadyMs: number;
}

export const clientTimeDefaults: ClientTimes = Object.freeze({
  connectMs: 10_000,
  welcomeMs: 8_000,
  replyMs: 15_000,
  probeMs: 5_000,
  steadyMs: 5_000,
});

/** What a later life needs to go on: plain data, for a page's session storage. Holds a secret. */
export interface ResumeState {
  readonly sid: string;
  readonly tok: string;
  readonly clock: number;
  readonly positions: readonly (readonly [channel: string, position: Position])[];
}

export type RequestResult =
  | { readonly data: PlainData; readonly error?: undefined }
  | { readonly error: ErrorBody };

interface PendingRequest {
  readonly deadline: Deadline | undefined;
  /** `undefined`: the connection was lost first. */
  done(reply: ReplyPacket | undefined): void;
  onPart?(data: PlainData): void;
}

/** Deadlines this late mean that the process slept or the clock jumped. */
const jumpMs = 5_000;

export class ClientMachine {
  readonly #host: ClientHost;
  readonly #times: ClientTimes;
  readonly #parts: ClientParts;
  readonly #deadlines = new DeadlineQueue();
  readonly #backoff: Backoff;
  readonly #subscriptions = new Map<string, ClientSubscription>();
  readonly #byStream = new Map<number, ClientSubscription>();
  readonly #requests = new Map<number, PendingRequest>();
  readonly #outbox: Outbox;
  readonly presence: ClientPresence;
  #state: ClientState = 'idle';
  #now = 0;
  #credential: string | undefined;
  #session: { sid: string; tok: string | undefined } | undefined;
  /** Positions of an earlier life: each is taken by the first subscription of its channel. */
  readonly #resumed: Map<string, Position>;
  #transport: Pick<Transport, 'send' | 'close'> | undefined;
  #codec: PacketCodec | undefined;
  #nextId = 0;
  #maxInflight = 1;
  #pingMs = 25_000;
  #idleMs = 33_000;
  /** Deadlines of the connection: cancelled with it. */
  #connectionDeadlines: Deadline[] = [];
  #silence: Deadline | undefined;
  #goaway: Deadline | undefined;

  constructor(options: ClientMachineOptions) {
    this.#host = options.host;
    this.#credential = options.credential;
    this.#times = { ...clientTimeDefaults, ...options.times };
    this.#parts = { Subscription: ClientSubscription, Outbox, ...options.parts };
    this.#backoff = new Backoff(() => this.#host.random(), options.backoff);
    const { resume } = options;
    this.#session = resume === undefined ? undefined : { sid: resume.sid, tok: resume.tok };
    this.#resumed = new Map(resume?.positions);
    this.#outbox = new this.#parts.Outbox(this.#outboxHost());
    this.presence = new ClientPresence(this.#presenceHost(), resume?.clock);
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Public name of the session. */
  get sid(): string | undefined {
    return this.#session?.sid;
  }

  /** Publications without an answer. */
  get unanswered(): number {
    return this.#outbox.size;
  }

  get resumeState(): ResumeState | undefined {
    const session = this.#session;
    if (session?.tok === undefined) return undefined;
    const positions: (readonly [string, Position])[] = [];
    for (const { channel, position, isContinuable } of this.#subscriptions.values()) {
      if (position !== undefined && isContinuable) positions.push([channel, position]);
    }
    return { sid: session.sid, tok: session.tok, clock: this.presence.clock, positions };
  }

  // What the application calls.

  connect(now: number): void {
    this.#advance(now);
    if (this.#state === 'idle' || this.#state === 'stopped') this.#open(false);
  }

  /** A new credential. Once `credentials` was reached it also connects again. */
  setCredential(credential: string, now: number): void {
    this.#advance(now);
    this.#credential = credential;
    if (this.#state === 'credentials') this.#open(false);
    else if (this.#state === 'open') this.#sendAuth(credential);
  }

  /** The page became visible, the network returned: is the connection still there? Waiting to reconnect ends. */
  wake(now: number): void {
    this.#advance(now);
    if (this.#state === 'waiting') this.#open(false);
    else if (this.#state === 'open') this.#probe();
  }

  /** Leaves for good. */
  bye(now: number): void {
    this.#advance(now);
    if (this.#state === 'open') this.#send({ t: 'bye' });
    this.#session = undefined;
    this.#dropTransport(SessionCloseCode.Normal, 'bye');
    this.#setState('stopped');
  }

  /** One subscription for a channel: subscribing again ends the one before. */
  subscribe(options: ClientSubscriptionOptions, now: number): ClientSubscription {
    this.#advance(now);
    this.#subscriptions.get(options.channel)?.end();
    const known = options.position ?? this.#resumed.get(options.channel);
    this.#resumed.delete(options.channel);
    const subscription = new this.#parts.Subscription(this.#subscriptionHost(), {
      ...options,
      ...(known !== undefined && { position: known }),
    });
    this.#subscriptions.set(options.channel, subscription);
    if (this.#state === 'open') this.#sendSub(subscription);
    return subscription;
  }

  unsubscribe(subscription: ClientSubscription, now: number): void {
    this.#advance(now);
    if (subscription.isEnded) return;
    const mustTell = this.#state === 'open' && !subscription.isWanted;
    subscription.end();
    if (mustTell)
      this.#request(
        (id) => ({ t: 'unsub', id, ch: subscription.channel }),
        () => {},
      );
  }

  /** Publishes with a sequence: sent again as often as needed, appended once. */
  publish(
    channel: string,
    fields: PublishFields,
    { now, done }: { readonly now: number; done(result: PublishResult): void },
  ): void {
    this.#advance(now);
    this.#outbox.publish(channel, fields, done);
  }

  /** Sends once, if there is a connection now, and does not look back. */
  signal(channel: string, data: PlainData, now: number): void {
    this.#advance(now);
    if (this.#state === 'open') this.#send({ t: 'pub', ch: channel, d: data });
  }

  history(
    query: Omit<HistPacket, 't' | 'id'>,
    { now, done }: { readonly now: number; done(result: RequestResult): void },
  ): void {
    this.#advance(now);
    if (this.#state !== 'open') return done(disconnected());
    this.#request(
      (id) => ({ t: 'hist', id, ...query }),
      (reply) => done(result(reply)),
    );
  }

  /** Calls a method. Returns what cancels it. */
  call(
    call: Omit<RpcPacket, 't' | 'id'>,
    {
      now,
      done,
      onPart,
    }: { readonly now: number; done(result: RequestResult): void; onPart?(data: PlainData): void },
  ): () => void {
    this.#advance(now);
    if (this.#state !== 'open') {
      done(disconnected());
      return () => {};
    }
    // A call may take as long as its own deadline says, or as long as it likes.
    const options = { replyMs: call.ms === undefined ? undefined : call.ms + this.#times.replyMs, onPart };
    const id = this.#request(
      (id) => ({ t: 'rpc', id, ...call }),
      (reply) => done(result(reply)),
      options,
    );
    return () => {
      if (this.#requests.has(id)) this.#send({ t: 'cancel', id });
    };
  }

  // What the shell calls.

  transportOpened(transport: Pick<Transport, 'send' | 'close'>, codec: PacketCodec, now: number): void {
    this.#advance(now);
    if (this.#state !== 'connecting') return transport.close(SessionCloseCode.Normal, 'not wanted any more');
    this.#clearConnectionDeadlines();
    this.#transport = transport;
    this.#codec = codec;
    this.#setState('greeting');
    this.#connectionTimer(this.#times.welcomeMs, () => this.#reset('no welcome in time'));
    this.#sendHello();
  }

  /** A message has arrived. Never throws for what the server sent. */
  receive(message: string | Uint8Array, now: number): void {
    this.#advance(now);
    if (this.#transport === undefined) return;
    let packet: ServerPacket;
    try {
      packet = asServerPacket(this.#codec!.decode(message));
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
      return this.#lose(SessionCloseCode.Reset, error.message);
    }
    if (this.#state === 'open') this.#onSilenceBroken();
    this.#handle(packet);
  }

  /** The transport has ended, or could not be opened (1006). */
  transportClosed(code: number, now: number): void {
    this.#advance(now);
    if (this.#state !== 'connecting' && this.#transport === undefined) return;
    this.#transport = undefined;
    this.#disconnected();
    const verdict = closeVerdict(code);
    if (verdict === 'stop') this.#setState('stopped');
    else if (verdict === 'credentials') {
      this.#setState('credentials');
      this.#host.onCredentialNeeded();
    } else this.#wait(verdict === 'elsewhere');
  }

  nextTimeout(): number | undefined {
    return this.#deadlines.nextAt();
  }

  handleTimeout(now: number): void {
    const due = this.#deadlines.nextAt();
    if (due !== undefined && now - due > jumpMs && this.#state === 'open') this.wake(now);
    this.#advance(now);
    this.#deadlines.pass(this.#now);
  }

  // Connecting.

  #open(elsewhere: boolean): void {
    this.#cancelReconnect();
    this.#setState('connecting');
    this.#connectionTimer(this.#times.connectMs, () => {
      this.#disconnected();
      this.#wait(false);
    });
    this.#host.openTransport(elsewhere);
  }

  #sendHello(): void {
    const entries: ResumeEntry[] = [];
    for (const subscription of this.#subscriptions.values()) {
      const at = subscription.resumePosition;
      if (at === undefined) continue;
      const { channel } = subscription;
      const credit = subscription.openingCredit();
      entries.push(
        credit === undefined ? [channel, at.epoch, at.offset] : [channel, at.epoch, at.offset, credit],
      );
      subscription.asked();
    }
    const session = this.#session;
    this.#send({
      t: 'hello',
      id: ++this.#nextId,
      v: 1,
      ...(this.#credential !== undefined && { auth: this.#credential }),
      cap: ['credit', 'map'],
      resume: {
        ...(session?.tok !== undefined && { sid: session.sid, tok: session.tok }),
        ch: entries,
      },
    });
    // The secret is spent with the first use, whatever becomes of it.
    if (session !== undefined) session.tok = undefined;
  }

  #onWelcome(packet: WelcomePacket): void {
    this.#clearConnectionDeadlines();
    this.#session = { sid: packet.sid, tok: packet.tok };
    this.#pingMs = packet.pingMs;
    this.#idleMs = packet.idleMs;
    this.#maxInflight = packet.max.inflight;
    this.#setState('open');
    this.#onSilenceBroken();
    this.#pingLater();
    this.#connectionTimer(this.#times.steadyMs, () => this.#backoff.reset());
    for (const entry of packet.res) {
      const subscription = this.#subscriptions.get(entry.ch);
      if (entry.err === undefined) subscription?.onVerdict(entry);
      else subscription?.onRefused(entry.err);
    }
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.isWanted) this.#sendSub(subscription);
    }
    this.presence.connected();
    this.#outbox.flush();
  }

  #wait(elsewhere: boolean): void {
    this.#setState('waiting');
    const goaway = this.#goaway;
    const waitMs = goaway === undefined ? this.#backoff.next() : Math.max(0, goaway.at - this.#now);
    this.#deadlines.cancel(goaway);
    this.#goaway = undefined;
    this.#reconnect = this.#deadlines.add(this.#now + waitMs, () => {
      if (this.#state === 'waiting') this.#open(elsewhere);
    });
  }

  #reconnect: Deadline | undefined;

  #cancelReconnect(): void {
    this.#deadlines.cancel(this.#reconnect);
    this.#reconnect = undefined;
  }

  /** This end gives the connection up and comes back. */
  #lose(code: number, reason: string): void {
    if (this.#transport === undefined) return;
    this.#dropTransport(code, reason);
    this.#wait(false);
  }

  #reset(reason: string): void {
    this.#lose(SessionCloseCode.Reset, reason);
  }

  #dropTransport(code: number, reason: string): void {
    const transport = this.#transport;
    this.#transport = undefined;
    transport?.close(code, reason);
    this.#disconnected();
  }

  #disconnected(): void {
    this.#clearConnectionDeadlines();
    this.#cancelReconnect();
    for (const subscription of this.#subscriptions.values()) subscription.disconnected();
    this.#byStream.clear();
    this.#outbox.disconnected();
    this.presence.disconnected();
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const { deadline, done } of requests) {
      this.#deadlines.cancel(deadline);
      done(undefined);
    }
  }

  // Packets.

  #handle(packet: ServerPacket): void {
    if (packet.t === 'welcome') {
      if (this.#state === 'greeting') this.#onWelcome(packet);
      return;
    }
    if (this.#state !== 'open') return;
    switch (packet.t) {
      case 'reply':
        return this.#onReply(packet);
      case 'msg':
        return this.#byStream.get(packet.s)?.onMsg(packet);
      case 'pos':
        return this.#byStream.get(packet.s)?.onPos(packet);
      case 'live':
        return this.#byStream.get(packet.s)?.onLive(packet);
      case 'gap':
        return this.#byStream.get(packet.s)?.onGap(packet);
      case 'end':
        return this.#byStream.get(packet.s)?.onEndPacket(packet.err);
      case 'map':
        return this.presence.onMap(packet);
      case 'pong':
        return this.#onPong(packet);
      case 'auth':
        return this.#host.onCredentialNeeded();
      case 'goaway':
        return this.#onGoaway(packet.inMs + Math.floor(this.#host.random() * packet.spreadMs));
      case 'rpc':
        return this.#requests.get(packet.id)?.onPart?.(packet.d);
      default:
        packet satisfies never;
    }
  }

  #onReply(packet: ReplyPacket): void {
    const request = this.#requests.get(packet.id);
    if (request === undefined) return;
    this.#requests.delete(packet.id);
    this.#deadlines.cancel(request.deadline);
    request.done(packet);
    this.#outbox.flush();
  }

  #onPong({ pos = [] }: PongPacket): void {
    const entries = new Map(pos.map((entry) => [entry[0], entry]));
    for (const subscription of [...this.#byStream.values()]) {
      subscription.onPong(entries.get(subscription.s!));
    }
    this.presence.onPong(entries);
  }

  #onGoaway(waitMs: number): void {
    this.#deadlines.cancel(this.#goaway);
    this.#goaway = this.#deadlines.add(this.#now + waitMs, () => {
      this.#goaway = undefined;
      if (this.#transport === undefined) return;
      this.#dropTransport(SessionCloseCode.Reset, 'the server asked to come back');
      this.#open(true);
    });
  }

  #sendAuth(auth: string): void {
    this.#request(
      (id) => ({ t: 'auth', id, auth }),
      () => {},
    );
  }

  #sendSub(subscription: ClientSubscription): void {
    const at = subscription.resumePosition;
    const n = subscription.openingCredit();
    subscription.asked();
    this.#request(
      (id) => ({
        t: 'sub',
        id,
        ch: subscription.channel,
        ...(at !== undefined && { e: at.epoch, o: at.offset }),
        ...(n !== undefined && { n }),
      }),
      (reply) => {
        if (reply === undefined || reply.id !== this.#lastSub.get(subscription)) return;
        if (reply.err !== undefined) subscription.onRefused(reply.err);
        else if (isSubVerdict(reply.ok)) subscription.onVerdict(reply.ok as unknown as SubVerdict);
        else this.#reset('a reply to sub that is none');
      },
    );
    this.#lastSub.set(subscription, this.#nextId);
  }

  /** The id of the latest `sub` of each: a reply to an older one says nothing about it. */
  readonly #lastSub = new WeakMap<ClientSubscription, number>();

  #request(
    packet: (id: number) => ClientPacket,
    done: (reply: ReplyPacket | undefined) => void,
    options: {
      readonly replyMs?: number | undefined;
      readonly onPart?: ((data: PlainData) => void) | undefined;
    } = { replyMs: this.#times.replyMs },
  ): number {
    const id = ++this.#nextId;
    const { replyMs, onPart } = options;
    const deadline =
      replyMs === undefined
        ? undefined
        : this.#deadlines.add(this.#now + replyMs, () => this.#reset('no reply in time'));
    this.#requests.set(id, { deadline, done, ...(onPart !== undefined && { onPart }) });
    this.#send(packet(id));
    return id;
  }

  #send(packet: ClientPacket): void {
    this.#transport?.send(this.#codec!.encode(packet));
  }

  // Time.

  #advance(now: number): void {
    if (now > this.#now) this.#now = now;
  }

  #onSilenceBroken(): void {
    const at = this.#now + this.#idleMs;
    // Moved only once a second: a deadline for each packet would cost more than the packet.
    if (this.#silence?.onPassed !== undefined && Math.abs(at - this.#silence.at) < 1_000) return;
    this.#expectSoundWithin(this.#idleMs);
  }

  #expectSoundWithin(ms: number): void {
    this.#deadlines.cancel(this.#silence);
    this.#silence = this.#deadlines.add(this.#now + ms, () =>
      this.#lose(SessionCloseCode.Idle, 'silent for too long'),
    );
  }

  #probe(): void {
    this.#send({ t: 'ping' });
    this.#expectSoundWithin(this.#times.probeMs);
  }

  #pingLater(): void {
    this.#connectionTimer(this.#pingMs, () => {
      this.#send({ t: 'ping' });
      this.#pingLater();
    });
  }

  #connectionTimer(afterMs: number, callback: () => void): void {
    this.#connectionDeadlines = this.#connectionDeadlines.filter(({ onPassed }) => onPassed !== undefined);
    this.#connectionDeadlines.push(this.#deadlines.add(this.#now + afterMs, callback));
  }

  #clearConnectionDeadlines(): void {
    for (const deadline of this.#connectionDeadlines) this.#deadlines.cancel(deadline);
    this.#connectionDeadlines = [];
    this.#deadlines.cancel(this.#silence);
  }

  #setState(state: ClientState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#host.onState(state);
  }

  // What the parts need of it.

  #subscriptionHost() {
    return {
      send: (packet: ClientPacket): void => this.#send(packet),
      requestSubscription: (subscription: ClientSubscription): void => this.#sendSub(subscription),
      nameStream: (subscription: ClientSubscription, s: number | undefined): void => {
        if (s !== undefined) this.#byStream.set(s, subscription);
        else if (subscription.s !== undefined && this.#byStream.get(subscription.s) === subscription) {
          this.#byStream.delete(subscription.s);
        }
      },
      endSubscription: (subscription: ClientSubscription): void => {
        const { channel } = subscription;
        if (this.#subscriptions.get(channel) === subscription) this.#subscriptions.delete(channel);
      },
      subscribeLater: (subscription: ClientSubscription, afterMs: number): void => {
        this.#connectionTimer(afterMs, () => {
          if (subscription.isWanted) this.#sendSub(subscription);
        });
      },
    };
  }

  #outboxHost() {
    const machine = this;
    return {
      get canSend(): boolean {
        return machine.#state === 'open' && machine.#requests.size < machine.#maxInflight;
      },
      sendPublish: (fields: Omit<PubPacket, 't' | 'id'>): number => {
        const id: number = this.#request(
          (id) => ({ t: 'pub', id, ...fields }),
          (reply) => {
            if (reply !== undefined) this.#outbox.onReply(reply);
          },
        );
        return id;
      },
      newProducer: (): string => this.#host.randomId(),
      setTimer: (afterMs: number, callback: () => void): void => {
        this.#deadlines.add(this.#now + afterMs, callback);
      },
    };
  }

  #presenceHost() {
    const machine = this;
    return {
      get isOpen(): boolean {
        return machine.#state === 'open';
      },
      request: (
        packet: Omit<PresPacket, 't' | 'id'>,
        done: (reply: ReplyPacket | undefined) => void,
      ): void => {
        this.#request((id) => ({ t: 'pres', id, ...packet }), done);
      },
      setTimer: (afterMs: number, callback: () => void): void => {
        this.#connectionTimer(afterMs, callback);
      },
    };
  }
}

function result(reply: ReplyPacket | undefined): RequestResult {
  if (reply === undefined) return disconnected();
  return reply.err === undefined ? { data: reply.ok } : { error: reply.err };
}

function disconnected(): RequestResult {
  return { error: { ...errorBody('unknown', 'the connection was lost'), code: 'disconnected' } };
}
