// The client's machine: connects, resumes, keeps subscriptions and publishes alive; no socket, no clock.

import type { PlainData } from '../../channel/index.ts';
import { Backoff } from '../backoff.ts';
import { ClientCloseCode, closeVerdict } from '../client-close-code.ts';
import type { PacketCodec } from '../codec/packet-codec.ts';
import type {
  CancelPacket,
  ClientPacket,
  CreditPacket,
  HistPacket,
  PongPacket,
  ReplyPacket,
  RpcPacket,
  ServerPacket,
  SubscribedPacket,
  WelcomePacket,
} from '../packet.ts';
import { asServerPacket } from '../server-packet-shape.ts';
import type { Transport } from '../transport.ts';
import {
  type ClientHost,
  type ClientMachineOptions,
  type ClientParts,
  type ClientState,
  type ClientTimes,
  clientTimeDefaults,
  type RequestResult,
  type ResumeState,
} from './client-options.ts';
import type { ClientPart, PartMachine } from './client-part.ts';
import { ClientRequests, disconnectedResult, type RequestOptions, requestResult } from './client-requests.ts';
import { ClientSubscription, type ClientSubscriptionOptions } from './client-subscription.ts';
import { ClientSubscriptions, type SubscriptionsHost } from './client-subscriptions.ts';
import { type Deadline, DeadlineQueue } from './deadline-queue.ts';
import { Outbox, type OutboxMachine, type PublishFields, type PublishResult } from './outbox.ts';

/** Deadlines this late mean that the process slept or the clock jumped. */
const jumpMs = 5_000;

/** For positions and the credential, of the 16 384 bytes that every server takes (PROTOCOL.md, section 3.1). */
const roomInHello = 16_384 - 512;

/** What a server may ask of a client's timers: no storm of pings, and nothing that a runtime's timer cannot wait for. */
const shortestPingMs = 1_000;
const longestPingMs = 86_400_000;

/** Nor does it get a client to keep away, or a request to wait, for longer. */
const longestWaitMs = 600_000;

export class ClientMachine {
  readonly #host: ClientHost;
  readonly #times: ClientTimes;
  readonly #parts: ClientParts;
  readonly #deadlines = new DeadlineQueue();
  readonly #backoff: Backoff;
  readonly #subscriptions: ClientSubscriptions;
  readonly #requests: ClientRequests;
  readonly #outbox: Outbox;
  #part: ClientPart | undefined;
  /** The clock of presence, as an earlier life has left it. */
  readonly #clock: number;
  #state: ClientState = 'idle';
  #now = 0;
  #credential: string | undefined;
  #session: { sid: string; tok: string | undefined } | undefined;
  #transport: Pick<Transport, 'send' | 'close'> | undefined;
  #codec: PacketCodec | undefined;
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
    this.#requests = new ClientRequests(this.#deadlines, () => this.#reset('no reply in time'));
    const { resume, room } = options;
    this.#session = resume === undefined ? undefined : { sid: resume.sid, tok: resume.tok };
    const { Subscription } = this.#parts;
    const resumed = new Map(resume?.positions);
    this.#subscriptions = new ClientSubscriptions(this.#subscriptionsHost(), resumed, Subscription);
    this.#outbox = new this.#parts.Outbox(this.#outboxHost(), room);
    this.#clock = resume?.clock ?? 0;
  }

  get state(): ClientState {
    return this.#state;
  }

  /** When a connection is tried again, while `waiting`. */
  get reconnectAt(): number | undefined {
    return this.#reconnect?.onPassed === undefined ? undefined : this.#reconnect.at;
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
    return {
      sid: session.sid,
      tok: session.tok,
      clock: this.#part?.clock ?? this.#clock,
      positions: this.#subscriptions.positions,
    };
  }

  // What the application calls.

  connect(now: number): void {
    this.#advance(now);
    if (this.#state === 'idle' || this.#state === 'stopped') this.#open(false);
  }

  /** A new credential; an empty one stands for none. Once `credentials` was reached it also connects again. */
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

  /** Leaves for good. What was not answered is not sent any more. */
  bye(now: number): void {
    this.#advance(now);
    if (this.#state === 'open') this.#send({ t: 'bye' });
    this.#session = undefined;
    this.#outbox.clear();
    this.#dropTransport(ClientCloseCode.Normal, 'bye');
    this.#setState('stopped');
  }

  /** One subscription for a channel: subscribing again ends the one before. */
  subscribe(options: ClientSubscriptionOptions, now: number): ClientSubscription {
    this.#advance(now);
    return this.#subscriptions.subscribe(options);
  }

  unsubscribe(subscription: ClientSubscription, now: number): void {
    this.#advance(now);
    this.#subscriptions.unsubscribe(subscription);
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

  /**
   * Asks once: for a page of history, or by a call. Without a connection, and when it is lost before the answer, the
   * result is `disconnected`. Returns the id by which a call is cancelled, or granted more parts.
   */
  ask(
    packet: Omit<HistPacket, 'id'> | Omit<RpcPacket, 'id'>,
    {
      now,
      done,
      onPart,
    }: { readonly now: number; done(result: RequestResult): void; onPart?(data: PlainData): void },
  ): number {
    this.#advance(now);
    if (this.#state !== 'open') {
      done(disconnectedResult());
      return 0;
    }
    // A call may take as long as its own deadline says, or as long as it likes.
    const { replyMs } = this.#times;
    const ms = packet.t === 'hist' ? 0 : packet.ms;
    const deadlineAt = ms === undefined ? undefined : this.#now + ms + replyMs;
    return this.#request(
      (id) => ({ ...packet, id }),
      (reply) => done(requestResult(reply)),
      { deadlineAt, onPart },
    );
  }

  /** Says something of a call, unless it is over. */
  tell(packet: CancelPacket | (CreditPacket & { readonly id: number })): void {
    if (this.#requests.has(packet.id)) this.#send(packet);
  }

  /** Adds a part that has to do with the connection: presence, where it is wanted. There is one at most. */
  attach<Part extends ClientPart>(create: (machine: PartMachine, clock: number) => Part): Part {
    const part = create(this.#partMachine(), this.#clock);
    this.#part = part;
    return part;
  }

  #onSubscribed(packet: SubscribedPacket): void {
    const { ch } = packet;
    if (this.#subscriptions.onSubscribed(packet)) return;
    if (this.#host.onSubscribed?.(ch) === true) return;
    this.#subscriptions.forget(ch);
    this.#request(
      (id) => ({ t: 'unsub', id, ch }),
      () => {},
    );
  }

  // What the shell calls.

  transportOpened(transport: Pick<Transport, 'send' | 'close'>, codec: PacketCodec, now: number): void {
    this.#advance(now);
    if (this.#state !== 'connecting') return transport.close(ClientCloseCode.Normal, 'not wanted any more');
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
      return this.#reset((error as Error).message);
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
    const session = this.#session;
    this.#send({
      t: 'hello',
      id: this.#requests.nextId(),
      v: 1,
      auth: this.#credential || undefined,
      cap: ['credit', 'map'],
      resume: {
        ...(session?.tok !== undefined && { sid: session.sid, tok: session.tok }),
        ch: this.#subscriptions.resumeEntries(roomInHello - (this.#credential?.length ?? 0)),
      },
    });
    // The secret is spent with the first use, whatever becomes of it.
    if (session !== undefined) session.tok = undefined;
  }

  #onWelcome(packet: WelcomePacket): void {
    this.#clearConnectionDeadlines();
    this.#session = { sid: packet.sid, tok: packet.tok };
    this.#pingMs = bounded(packet.pingMs);
    this.#idleMs = bounded(packet.idleMs);
    this.#maxInflight = packet.max.inflight || 1;
    this.#setState('open');
    this.#onSilenceBroken();
    this.#pingLater();
    this.#connectionTimer(this.#times.steadyMs, () => this.#backoff.reset());
    this.#subscriptions.onWelcome(packet);
    this.#part?.connected();
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
    this.#lose(ClientCloseCode.Reset, reason);
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
    this.#subscriptions.disconnected();
    this.#outbox.disconnected();
    this.#part?.disconnected();
    this.#requests.disconnected();
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
      case 'pos':
      case 'live':
      case 'gap':
        return this.#subscriptions.onPacket(packet);
      case 'end':
        this.#subscriptions.onPacket(packet);
        return this.#part?.onEnd(packet.s, packet.err);
      case 'sub':
        return this.#onSubscribed(packet);
      case 'map':
        return this.#part?.onMap(packet);
      case 'pong':
        return this.#onPong(packet);
      case 'auth':
        return this.#host.onCredentialNeeded();
      case 'goaway':
        return this.#onGoaway(packet.inMs + Math.floor(this.#host.random() * packet.spreadMs));
      case 'rpc':
        return this.#requests.onPart(packet.id, packet.d);
      default:
        packet satisfies never;
    }
  }

  #onReply(packet: ReplyPacket): void {
    this.#requests.onReply(packet);
    this.#outbox.flush();
  }

  #onPong({ pos = [] }: PongPacket): void {
    const entries = new Map(pos.map((entry) => [entry[0], entry]));
    this.#subscriptions.onPong(entries);
    this.#part?.onPong(entries);
  }

  #onGoaway(waitMs: number): void {
    this.#deadlines.cancel(this.#goaway);
    this.#goaway = this.#after(waitMs, () => {
      this.#goaway = undefined;
      if (this.#transport === undefined) return;
      this.#dropTransport(ClientCloseCode.Reset, 'asked to come back');
      this.#open(true);
    });
  }

  #sendAuth(auth: string): void {
    this.#request(
      (id) => ({ t: 'auth', id, auth }),
      () => {},
    );
  }

  #request(
    packet: (id: number) => ClientPacket,
    done: (reply: ReplyPacket | undefined) => void,
    options: Partial<RequestOptions> = {},
  ): number {
    const deadlineAt = this.#now + this.#times.replyMs;
    const id = this.#requests.add({ deadlineAt, ...options, done });
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
      this.#lose(ClientCloseCode.Idle, 'silent for too long'),
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
    this.#connectionDeadlines.push(this.#after(afterMs, callback));
  }

  #after(ms: number, callback: () => void): Deadline {
    return this.#deadlines.add(this.#now + Math.min(ms, longestWaitMs), callback);
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

  #subscriptionsHost(): SubscriptionsHost {
    const machine = this;
    return {
      get isOpen(): boolean {
        return machine.#state === 'open';
      },
      send: (packet) => this.#send(packet),
      request: (packet, done) => this.#request(packet, done),
      reset: (reason) => this.#reset(reason),
      setTimer: (afterMs, callback) => this.#connectionTimer(afterMs, callback),
    };
  }

  #outboxHost(): OutboxMachine {
    const machine = this;
    return {
      get canSend(): boolean {
        return machine.#state === 'open' && machine.#requests.size < machine.#maxInflight;
      },
      isBeginning: (channel) => this.#subscriptions.isBeginning(channel),
      sendPublish: (fields) =>
        this.#request(
          (id) => ({ t: 'pub', id, ...fields }),
          (reply) => {
            if (reply !== undefined) this.#outbox.onReply(reply);
          },
        ),
      reset: (reason) => this.#reset(reason),
      newProducer: () => this.#host.randomId(),
      setTimer: (afterMs, callback) => {
        this.#after(afterMs, callback);
      },
    };
  }

  #partMachine(): PartMachine {
    const machine = this;
    return {
      get isOpen(): boolean {
        return machine.#state === 'open';
      },
      request: (packet, done) => {
        this.#request((id) => ({ ...packet, id }), done);
      },
      setTimer: (afterMs, callback) => this.#connectionTimer(afterMs, callback),
      reset: (reason) => this.#reset(reason),
    };
  }
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, shortestPingMs), longestPingMs);
}
