// A hub, a slow broker and some clients, in which a scheduler decides what happens next: every request, answer,
// delivery, message on the wire and finished handler is a step of its own.

import type { Scheduler } from 'fast-check';
import { MemoryBroker } from '../../src/broker/index.ts';
import {
  type ChannelPolicy,
  type GapReason,
  isChannelName,
  type PlainData,
  type Position,
} from '../../src/channel/index.ts';
import { BrokerSource } from '../../src/server/index.ts';
import {
  type Authority,
  ClientMachine,
  type ClientSubscription,
  Hub,
  jsonCodec,
  type PublishFields,
  type PublishResult,
  type ReceivedPublication,
  type ServerConnection,
  SessionRegistry,
} from '../../src/session/index.ts';
import { settlePromises, VirtualClock } from '../../src/testkit/index.ts';
import { SlowBroker } from '../broker/slow-broker.ts';
import { room } from '../session/rig.ts';

export class ScheduledWorld {
  readonly clock = new VirtualClock();
  readonly store = new MemoryBroker({ clock: this.clock });
  readonly broker: SlowBroker;
  readonly hub: Hub;
  readonly reports: unknown[] = [];
  readonly policy: ChannelPolicy;
  readonly #scheduler: Scheduler;
  #lastToken = 0;

  constructor(scheduler: Scheduler, policy: ChannelPolicy) {
    this.#scheduler = scheduler;
    this.policy = policy;
    const report = (error: unknown): void => {
      this.reports.push(error);
    };
    this.broker = new SlowBroker({ store: () => this.store, delay: () => this.step('broker') });
    this.hub = new Hub({
      source: new BrokerSource({ broker: this.broker, node: 'n1', leaseMs: 30_000, report }),
      authority: this.#authority(),
      sessions: new SessionRegistry({
        randomToken: () => this.token(),
        ttlMs: 120_000,
        now: () => this.clock.now(),
        defer: (callback) => void this.step('session').then(callback),
      }),
      random: () => 0.5,
      node: 'n1',
      report,
      limits: { historyPage: 3, maxGate: 2 },
    });
  }

  /** Resolves when the scheduler has come to it. */
  step(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }

  token(): string {
    return `token-${String(++this.#lastToken).padStart(20, '0')}`;
  }

  get now(): number {
    return this.clock.now();
  }

  /** Lets so many steps happen, or all those that need no time. */
  async go(steps = Number.POSITIVE_INFINITY): Promise<void> {
    await settlePromises();
    for (let count = 0; count < steps && this.#scheduler.count() > 0; count++) {
      await this.#scheduler.waitOne();
      await settlePromises();
      if (count > 5_000) throw new Error('it never comes to rest: the ends keep each other busy');
    }
  }

  #authority(): Authority {
    return {
      authenticate: ({ token }, done) =>
        void this.step('authenticate').then(() => done({ type: 'accepted', subject: token ?? 'nobody' })),
      authorize: ({ channel }, done) =>
        void this.step('authorize').then(() =>
          isChannelName(channel)
            ? done({ type: 'allowed', policy: this.policy })
            : done({ type: 'refused', error: { code: 'forbidden', msg: 'no', retry: 'no' } }),
        ),
    };
  }
}

/** What one subscription of a client was told, in order. */
export interface Subscribed {
  readonly subscription: ClientSubscription;
  readonly told: Told[];
  hasEnded: boolean;
}

export type Told =
  | { readonly type: 'at'; readonly position: Position }
  | { readonly type: 'gap'; readonly position: Position; readonly reason: GapReason }
  | ({ readonly type: 'publication' } & ReceivedPublication)
  | { readonly type: 'end' };

export class ScheduledClient {
  readonly machine: ClientMachine;
  readonly subscriptions: Subscribed[] = [];
  readonly published: { readonly data: PlainData; result?: PublishResult }[] = [];
  readonly #world: ScheduledWorld;
  readonly #name: string;
  #wire: Wire | undefined;
  #repeated = 0;

  constructor(world: ScheduledWorld, name: string) {
    this.#world = world;
    this.#name = name;
    this.machine = new ClientMachine({
      credential: name,
      room,
      host: {
        openTransport: () => void world.step(`${name} opens`).then(() => this.#open()),
        onState: () => {},
        onCredentialNeeded: () => {},
        randomId: () => world.token(),
        random: () => 0.5,
      },
    });
    this.machine.connect(world.now);
  }

  get current(): Subscribed | undefined {
    const last = this.subscriptions.at(-1);
    return last === undefined || last.hasEnded ? undefined : last;
  }

  subscribe(channel: string, window: number | undefined): void {
    this.unsubscribe();
    const told: Told[] = [];
    let unfinished = 0;
    const handler = {
      onPublication: (publication: ReceivedPublication, finish: () => void) => {
        told.push({ type: 'publication', ...publication });
        // A message, or a grant, that the network has repeated counts as one more on both ends.
        if (++unfinished > (window ?? unfinished) + this.#repeated)
          this.#world.reports.push(new Error('more than the window'));
        void this.#world.step(`${this.#name} finishes`).then(() => {
          unfinished--;
          finish();
        });
      },
      onGap: (reason: GapReason, position: Position) => told.push({ type: 'gap', position, reason }),
      onSubscribed: (position: Position) => told.push({ type: 'at', position }),
      onEnd: () => told.push({ type: 'end' }),
    };
    const options = { channel, handler, ...(window !== undefined && { window }) };
    const subscription = this.machine.subscribe(options, this.#world.now);
    this.subscriptions.push({ subscription, told, hasEnded: false });
  }

  unsubscribe(): void {
    const { current } = this;
    if (current === undefined) return;
    current.hasEnded = true;
    this.machine.unsubscribe(current.subscription, this.#world.now);
    current.told.push({ type: 'end' });
  }

  publish(channel: string, fields: PublishFields): void {
    const published: { readonly data: PlainData; result?: PublishResult } = { data: fields.data };
    this.published.push(published);
    const done = (result: PublishResult): void => {
      if (published.result !== undefined) this.#world.reports.push(new Error('answered twice'));
      published.result = result;
    };
    this.machine.publish(channel, fields, { now: this.#world.now, done });
  }

  /** The network breaks: what is on its way is lost, and each end notices at its own time. */
  cut(): void {
    this.#wire?.cut();
  }

  /** The next message one way is lost, or comes twice. */
  disturb(disturbance: Disturbance): void {
    if (disturbance.what === 'repeat') this.#repeated++;
    this.#wire?.disturb(disturbance);
  }

  #open(): void {
    const wire: Wire = new Wire(this.#world, this.#name, {
      onMessage: (message) => {
        if (this.#wire === wire) this.machine.receive(message, this.#world.now);
      },
      onClose: (code) => {
        if (this.#wire === wire) this.machine.transportClosed(code, this.#world.now);
      },
    });
    this.#wire = wire;
    this.machine.transportOpened(wire.clientEnd, jsonCodec, this.#world.now);
  }
}

export interface Disturbance {
  readonly way: 'to server' | 'to client';
  readonly what: 'lose' | 'repeat';
}

interface ClientEvents {
  onMessage(message: string | Uint8Array): void;
  onClose(code: number): void;
}

/** A connection: in order both ways, each message a step; `cut` loses what is on its way. */
class Wire {
  readonly clientEnd: { send(message: string | Uint8Array): void; close(code: number, reason: string): void };
  readonly #world: ScheduledWorld;
  readonly #name: string;
  readonly #client: ClientEvents;
  readonly #server: ServerConnection;
  #toServer: Promise<void> = Promise.resolve();
  #toClient: Promise<void> = Promise.resolve();
  readonly #disturbances: Disturbance[] = [];
  #isCut = false;

  constructor(world: ScheduledWorld, name: string, client: ClientEvents) {
    this.#world = world;
    this.#name = name;
    this.#client = client;
    this.#server = world.hub.accept(
      {
        codec: jsonCodec,
        sink: {
          bufferedAmount: 0,
          send: (message) => this.#carry('to client', () => client.onMessage(message)),
          close: (code) => {
            this.#deliverToClient(() => client.onClose(code));
            this.#deliverToServer(() => this.#server.transportClosed(world.now));
          },
        },
      },
      world.now,
    );
    this.clientEnd = {
      send: (message) => this.#carry('to server', () => this.#server.receive(message, world.now)),
      close: (code) => {
        this.#deliverToServer(() => this.#server.transportClosed(world.now));
        this.#deliverToClient(() => client.onClose(code));
      },
    };
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    void this.#world.step(`${this.#name} notices`).then(() => this.#client.onClose(1006));
    void this.#world
      .step(`server notices ${this.#name}`)
      .then(() => this.#server.transportClosed(this.#world.now));
  }

  disturb(disturbance: Disturbance): void {
    this.#disturbances.push(disturbance);
  }

  #carry(way: Disturbance['way'], deliver: () => void): void {
    const index = this.#disturbances.findIndex((each) => each.way === way);
    const [disturbance] = index < 0 ? [] : this.#disturbances.splice(index, 1);
    if (disturbance?.what === 'lose') return;
    for (let count = disturbance?.what === 'repeat' ? 2 : 1; count > 0; count--) {
      if (way === 'to server') this.#deliverToServer(deliver);
      else this.#deliverToClient(deliver);
    }
  }

  #deliverToServer(deliver: () => void): void {
    this.#toServer = this.#toServer
      .then(() => this.#world.step(`${this.#name} to server`))
      .then(() => this.#unlessCut(deliver));
  }

  #deliverToClient(deliver: () => void): void {
    this.#toClient = this.#toClient
      .then(() => this.#world.step(`server to ${this.#name}`))
      .then(() => this.#unlessCut(deliver));
  }

  #unlessCut(deliver: () => void): void {
    if (!this.#isCut) deliver();
  }
}
