// One hub on virtual time, with peers that speak packets by hand and clients that are the real machine.

import { type ChannelPolicyOptions, resolveChannelPolicy } from '../../src/channel/index.ts';
import {
  type Authority,
  type Authorization,
  type ClientHost,
  ClientMachine,
  type ClientMachineOptions,
  type ClientSubscription,
  type ClientSubscriptionOptions,
  type Credentials,
  errorBody,
  Hub,
  type HubOptions,
  jsonCodec,
  type OutboxLimits,
  type PublishResult,
  type ReceivedPublication,
  type ServerConnection,
  type ServerConnectionOptions,
  SessionRegistry,
  type SessionStore,
} from '../../src/session/index.ts';
import { SeededRandom, VirtualClock } from '../../src/testkit/index.ts';
import { Ledger } from '../../src/testkit/simulator/ledger.ts';
import { SimulatedBroker } from '../../src/testkit/simulator/simulated-broker.ts';
import { Trace } from '../../src/testkit/simulator/trace.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into packets of every type.
export type AnyPacket = any;

export interface RigOptions {
  readonly channels?: Readonly<Record<string, ChannelPolicyOptions>>;
  readonly limits?: HubOptions['limits'];
  readonly times?: HubOptions['times'];
  authorize?(request: Parameters<Authority['authorize']>[0]): Authorization | undefined;
  authenticate?(
    credentials: Credentials,
  ): Parameters<Parameters<Authority['authenticate']>[1]>[0] | undefined;
  call?: Authority['call'];
  readonly parts?: HubOptions['parts'];
  readonly clientParts?: ClientMachineOptions['parts'];
  /** `false`: whoever held a session is not told that another connection continues it. */
  readonly fencing?: boolean;
}

/** Room for what the tests publish. */
export const room: OutboxLimits = {
  maxQueuedPublications: 1_000,
  maxQueuedBytes: 1_000_000,
};

/** Every call to the broker takes exactly this long, there and back together. */
export const brokerMs = 2;

export class Rig {
  readonly clock = new VirtualClock();
  readonly ledger = new Ledger();
  readonly broker: SimulatedBroker;
  readonly sessions: SessionRegistry;
  readonly hub: Hub;
  readonly reports: unknown[] = [];
  /** Each limit that was reached, each time. */
  readonly reached: string[] = [];
  /** Nodes whose process is gone: nothing of theirs is called any more. */
  readonly dead = new Set<string>();
  readonly #options: RigOptions;
  readonly #policies = new Map<string, ReturnType<typeof resolveChannelPolicy>>();
  #lastToken = 0;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    const { clock } = this;
    const random = new SeededRandom(1);
    this.broker = new SimulatedBroker({ clock, random, ledger: this.ledger, trace: new Trace(clock, false) });
    this.broker.latencyMs = [brokerMs / 2, brokerMs / 2];
    for (const [name, policy] of Object.entries(options.channels ?? { chat: { class: 'log' } })) {
      this.#policies.set(name, resolveChannelPolicy(policy));
    }
    this.sessions = new SessionRegistry({
      randomToken: () => `token-${++this.#lastToken}`,
      ttlMs: 120_000,
      now: () => clock.now(),
      defer: (callback) => {
        clock.setTimer(callback, 0);
      },
    });
    this.hub = this.createHub('node-1');
  }

  /** Another node on the same broker and the same sessions. */
  createHub(node: string): Hub {
    const { clock, dead } = this;
    const caller = {
      name: node,
      get isAlive() {
        return !dead.has(node);
      },
    };
    const hub: Hub = new Hub({
      source: this.broker.sourceFor(caller, { node, ttlMs: 30_000 }),
      authority: this.#authority(),
      sessions: this.#options.fencing === false ? withoutFence(this.sessions) : this.sessions,
      random: () => 0.5,
      node,
      report: (error) => this.reports.push(error),
      onLimit: (limit) => this.reached.push(limit),
      onEarlierTimeout: () => arm(),
      ...(this.#options.limits && { limits: this.#options.limits }),
      ...(this.#options.times && { times: this.#options.times }),
      ...(this.#options.parts && { parts: this.#options.parts }),
    });
    let cancel: (() => void) | undefined;
    const arm = (): void => {
      cancel?.();
      const at = hub.nextTimeout();
      if (at === undefined) return;
      cancel = clock.setTimer(() => {
        if (dead.has(node)) return;
        hub.handleTimeout(clock.now());
        arm();
      }, at - clock.now());
    };
    return hub;
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** A peer that has sent nothing yet. */
  peer(options: Partial<ServerConnectionOptions> = {}, hub = this.hub): Peer {
    return new Peer(this, hub, options);
  }

  /** A peer that has been welcomed. */
  greeted(hello: AnyPacket = {}, hub = this.hub): Peer {
    const peer = this.peer({}, hub);
    peer.send({ t: 'hello', id: 1, v: 1, auth: 'ann', prod: `producer-of-${peer.name}`, ...hello });
    this.advance(20);
    return peer;
  }

  /** The real client, connected. */
  client(options: Partial<ClientMachineOptions> = {}, hub = this.hub): RigClient {
    const { clientParts } = this.#options;
    const client = new RigClient(this, hub, { ...(clientParts && { parts: clientParts }), ...options });
    client.machine.connect(this.clock.now());
    this.advance(20);
    return client;
  }

  #authority(): Authority {
    return {
      authenticate: (credentials, done) => {
        const answer = this.#options.authenticate?.(credentials);
        done(answer ?? { type: 'accepted', subject: credentials.token ?? 'guest' });
      },
      authorize: (request, done) => {
        const answer = this.#options.authorize?.(request);
        const policy = this.#policies.get(request.channel);
        if (answer !== undefined) done(answer);
        else if (policy !== undefined) done({ type: 'allowed', policy });
        else done({ type: 'refused', error: errorBody('unknown_channel', 'no such channel') });
      },
      ...(this.#options.call && { call: this.#options.call }),
    };
  }

  policy(channel: string): ReturnType<typeof resolveChannelPolicy> {
    return this.#policies.get(channel)!;
  }
}

function withoutFence(sessions: SessionStore): SessionStore {
  return {
    open: (request, handler) =>
      sessions.open(request, { done: (session) => handler.done(session), onFenced: () => {} }),
    release: (sid) => sessions.release(sid),
    end: (sid) => sessions.end(sid),
  };
}

let lastPeer = 0;

/** A client by hand: sends any packet, and keeps what comes back. */
export class Peer {
  readonly name = ++lastPeer;
  readonly received: AnyPacket[] = [];
  readonly connection: ServerConnection;
  closed: { readonly code: number; readonly reason: string } | undefined;
  bufferedAmount = 0;
  /** Bytes that are sent stay buffered. */
  isStalled = false;
  readonly #rig: Rig;
  #lastId = 100;

  constructor(rig: Rig, hub: Hub, options: Partial<ServerConnectionOptions>) {
    this.#rig = rig;
    const peer = this;
    this.connection = hub.accept(
      {
        codec: jsonCodec,
        ...options,
        sink: {
          send(message) {
            if (peer.isStalled) peer.bufferedAmount += message.length;
            peer.received.push(JSON.parse(String(message)));
          },
          close(code, reason) {
            peer.closed = { code, reason };
          },
          get bufferedAmount() {
            return peer.bufferedAmount;
          },
        },
      },
      rig.clock.now(),
    );
  }

  send(packet: AnyPacket): void {
    this.sendText(JSON.stringify(packet));
  }

  sendText(text: string | Uint8Array): void {
    this.connection.receive(text, this.#rig.clock.now());
  }

  /** Sends a request and returns its reply. */
  ask(packet: AnyPacket, withinMs = 20): AnyPacket {
    const id = ++this.#lastId;
    this.send({ id, ...packet });
    this.#rig.advance(withinMs);
    return this.received.find((reply) => reply.t === 'reply' && reply.id === id);
  }

  subscribe(ch = 'chat', more: AnyPacket = {}): AnyPacket {
    return this.ask({ t: 'sub', ch, ...more }).ok;
  }

  publish(d: unknown, more: AnyPacket = {}): AnyPacket {
    return this.ask({ t: 'pub', ch: 'chat', d, ...more });
  }

  all(type: string): AnyPacket[] {
    return this.received.filter(({ t }) => t === type);
  }

  last(type: string): AnyPacket {
    return this.all(type).at(-1);
  }

  /** What was delivered, as payloads. */
  get payloads(): unknown[] {
    return this.all('msg').map(({ d }) => d);
  }

  /** The socket breaks. */
  cut(): void {
    this.connection.transportClosed(this.#rig.clock.now());
  }

  drain(): void {
    this.isStalled = false;
    this.bufferedAmount = 0;
    this.connection.drained(this.#rig.clock.now());
  }
}

export interface Heard {
  readonly events: string[];
  readonly publications: ReceivedPublication[];
  /** Handlers that have not finished. */
  readonly unfinished: (() => void)[];
}

/** The real client machine on a link of 1 ms, whose packets a test may look at or drop. */
export class RigClient {
  readonly machine: ClientMachine;
  readonly states: string[] = [];
  readonly sent: AnyPacket[] = [];
  readonly received: AnyPacket[] = [];
  connection: ServerConnection | undefined;
  /** The node to which the next transport goes; `undefined`: it cannot be opened. */
  hub: Hub | undefined;
  credentialsNeeded = 0;
  /** Whether a subscription that the server makes is wanted. */
  onSubscribed: (channel: string) => boolean = () => false;
  /** Returns `false` to lose a packet on its way. */
  passesDown: (packet: AnyPacket) => boolean = () => true;
  passesUp: (packet: AnyPacket) => boolean = () => true;
  readonly #rig: Rig;
  #cancel: (() => void) | undefined;
  #link = 0;
  #lastProducer = 0;

  constructor(rig: Rig, hub: Hub, options: Partial<ClientMachineOptions>) {
    this.#rig = rig;
    this.hub = hub;
    const host: ClientHost = {
      openTransport: () => this.#open(),
      onState: (state) => this.states.push(state),
      onCredentialNeeded: () => this.credentialsNeeded++,
      onSubscribed: (channel) => this.onSubscribed(channel),
      randomId: () => `producer-${++this.#lastProducer}`,
      random: () => 0.5,
    };
    this.machine = new ClientMachine({ host, room, credential: 'bob', ...options });
  }

  get now(): number {
    return this.#rig.clock.now();
  }

  subscribe(
    channel = 'chat',
    options: Partial<ClientSubscriptionOptions> = {},
  ): Heard & { sub: ClientSubscription } {
    const heard: Heard = { events: [], publications: [], unfinished: [] };
    const sub = this.machine.subscribe(
      {
        channel,
        handler: {
          onPublication: (publication, finish) => {
            heard.events.push(`msg ${String(publication.data)}`);
            heard.publications.push(publication);
            heard.unfinished.push(finish);
          },
          onGap: (reason, { epoch, offset }) => heard.events.push(`gap ${reason} ${epoch}/${offset}`),
          onSubscribed: ({ epoch, offset }) => heard.events.push(`subscribed ${epoch}/${offset}`),
          onEnd: (error) => heard.events.push(`end ${error?.code}`),
        },
        ...options,
      },
      this.now,
    );
    this.arm();
    return { ...heard, sub };
  }

  publish(data: string, channel = 'chat', more: object = {}): { result: PublishResult | undefined } {
    const box: { result: PublishResult | undefined } = { result: undefined };
    this.machine.publish(
      channel,
      { data, ...more },
      { now: this.now, done: (result) => (box.result = result) },
    );
    this.arm();
    return box;
  }

  /** The network breaks: both ends notice. */
  cut(code = 1006): void {
    this.#link++;
    this.connection?.transportClosed(this.now);
    this.machine.transportClosed(code, this.now);
    this.arm();
  }

  /** The network goes dead: nobody notices. */
  die(): void {
    this.#link++;
  }

  arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const at = this.machine.nextTimeout();
    if (at === undefined) return;
    this.#cancel = this.#rig.clock.setTimer(() => {
      this.machine.handleTimeout(this.now);
      this.arm();
    }, at - this.now);
  }

  #open(): void {
    const link = ++this.#link;
    const later = (happen: () => void): void => {
      this.#rig.clock.setTimer(() => {
        if (link === this.#link) happen();
        this.arm();
      }, 1);
    };
    later(() => {
      const { hub } = this;
      if (hub === undefined) return this.machine.transportClosed(1006, this.now);
      const connection = hub.accept(
        {
          codec: jsonCodec,
          sink: {
            bufferedAmount: 0,
            send: (message) => {
              const packet = JSON.parse(String(message));
              later(() => {
                if (!this.passesDown(packet)) return;
                this.received.push(packet);
                this.machine.receive(message, this.now);
              });
            },
            close: (code) => later(() => this.machine.transportClosed(code, this.now)),
          },
        },
        this.now,
      );
      this.connection = connection;
      const transport = {
        send: (message: string | Uint8Array): void => {
          const packet = JSON.parse(String(message));
          this.sent.push(packet);
          later(() => {
            if (this.passesUp(packet)) connection.receive(message, this.now);
          });
        },
        close: (): void => later(() => connection.transportClosed(this.now)),
      };
      this.machine.transportOpened(transport, jsonCodec, this.now);
    });
  }
}
