// A client of a simulation: the real machine, an application that does as it likes, and a reader that watches it.

import type { DeliveryClass, PresenceMember } from '../../channel/index.ts';
import {
  type ClientHost,
  ClientMachine,
  type ClientMachineOptions,
  ClientPresence,
  type ClientState,
  type ClientSubscription,
  jsonCodec,
  messagePackCodec,
  type ReceivedPublication,
} from '../../session/index.ts';
import type { MemoryTransport } from '../memory-network.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { Checker, Reader } from './checker.ts';
import { MachineTimer } from './machine-timer.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Trace } from './trace.ts';

export interface SimulatedChannelPlan {
  readonly name: string;
  readonly class: DeliveryClass;
  /** Publications kept. */
  readonly kept: number;
}

/** Who a client is, and how it behaves. */
export interface ClientPlan {
  readonly name: string;
  readonly codec: 'json' | 'msgpack';
  readonly window: number | undefined;
  /** A handler takes up to so long. */
  readonly handlingMs: number;
}

/** The world around a client. */
export interface ClientWorld {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
  readonly checker: Checker;
  readonly times: ClientMachineOptions['times'];
  readonly backoff: ClientMachineOptions['backoff'];
  readonly parts: ClientMachineOptions['parts'];
  isVisible(subject: string, data: string): boolean;
  isLossy(): boolean;
  revokedAt(subject: string, channel: string): number | undefined;
  /** Finds a way to a node. Calls back with an end, or `undefined` when there is nobody. */
  dial(client: ClientPlan, done: (transport: MemoryTransport | undefined) => void): void;
  onDelivery?(client: string, channel: string, publication: ReceivedPublication): void;
}

interface Reading {
  readonly plan: SimulatedChannelPlan;
  readonly subscription: ClientSubscription;
  readonly reader: Reader;
}

export class SimulatedClient {
  readonly plan: ClientPlan;
  readonly readings = new Map<string, Reading>();
  /** Channels in which it is present, and what it says there. */
  readonly present = new Map<string, string>();
  /** Who it sees, in the channels it watches. */
  readonly seen = new Map<string, readonly PresenceMember[]>();
  readonly #world: ClientWorld;
  #machine: ClientMachine;
  #presence: ClientPresence;
  #timer: MachineTimer;
  #transport: MemoryTransport | undefined;
  #attempt = 0;
  #lastData = 0;
  #lastId = 0;
  #isFrozen = false;
  #frozen: ((now: number) => void)[] = [];
  #hasLeft = false;
  /** Counts lives: what an earlier one left behind does nothing. */
  #life = 0;
  unfinished = 0;

  constructor(plan: ClientPlan, world: ClientWorld) {
    this.plan = plan;
    this.#world = world;
    this.#machine = this.#createMachine(undefined);
    this.#presence = attachPresence(this.#machine);
    this.#timer = this.#createTimer();
  }

  get state(): ClientState {
    return this.#machine.state;
  }

  get unanswered(): number {
    return this.#machine.unanswered;
  }

  get nextTimeout(): number | undefined {
    return this.#machine.nextTimeout();
  }

  get transport(): MemoryTransport | undefined {
    return this.#transport;
  }

  connect(): void {
    this.#do((now) => this.#machine.connect(now));
  }

  subscribe(plan: SimulatedChannelPlan): void {
    if (this.readings.has(plan.name)) return;
    this.#subscribe(plan, undefined);
  }

  unsubscribe(channel: string): void {
    const reading = this.readings.get(channel);
    if (reading === undefined) return;
    this.readings.delete(channel);
    this.#do((now) => this.#machine.unsubscribe(reading.subscription, now));
  }

  publish({ name, class: deliveryClass }: SimulatedChannelPlan): void {
    const data = `${this.plan.name}#${++this.#lastData}`;
    const { checker, random, trace } = this.#world;
    if (deliveryClass === 'signal') {
      this.#do((now) => this.#machine.signal(name, data, now));
      return;
    }
    const isState = deliveryClass === 'state';
    const isRemoval = isState && random.chance(0.15);
    const fields = {
      data: isRemoval ? null : data,
      ...(isState && { stateKey: `k${random.integer(1, 4)}` }),
      ...(isRemoval && { removed: true as const }),
    };
    trace.add('publish', data, () => `${data} to ${name}`);
    this.#do((now) =>
      this.#machine.publish(name, fields, {
        now,
        done: (result) => {
          const told =
            result.error === undefined
              ? `${result.position.epoch}/${result.position.offset}`
              : result.error.code;
          trace.add('answer', `${data} ${told}`);
          checker.published(name, isRemoval ? '' : data, result);
        },
      }),
    );
  }

  enter(channel: string): void {
    const data = `${this.plan.name}!${++this.#lastData}`;
    this.present.set(channel, data);
    this.#world.trace.add('enter', `${this.plan.name} ${channel} ${data}`);
    this.#do(() => this.#presence.enter(channel, data));
  }

  leave(channel: string): void {
    this.#world.trace.add('leave', `${this.plan.name} ${channel}`);
    this.present.delete(channel);
    this.#do(() => this.#presence.leave(channel));
  }

  watch(channel: string): void {
    this.seen.set(channel, []);
    this.#do(() =>
      this.#presence.watch(channel, {
        onMembers: (members) => this.seen.set(channel, members),
        onRefused: () => this.seen.delete(channel),
      }),
    );
  }

  wake(): void {
    this.#do((now) => this.#machine.wake(now));
  }

  /** The process stops: nothing is read, no timer fires, and the clock seems to jump when it goes on. */
  freeze(): void {
    this.#isFrozen = true;
    if (this.#transport !== undefined) this.#transport.isFrozen = true;
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    const frozen = this.#frozen;
    this.#frozen = [];
    this.#do((now) => this.#machine.handleTimeout(now));
    for (const happen of frozen) this.#do(happen);
    this.#transport?.thaw();
  }

  /** The page is loaded anew: a new machine goes on from what the old one had stored. */
  reload(): void {
    this.thaw();
    this.#world.trace.add('reload', this.plan.name);
    const resume = this.#machine.resumeState;
    const readings = [...this.readings.values()];
    this.#abandon();
    this.#machine = this.#createMachine(resume);
    this.#presence = attachPresence(this.#machine);
    this.readings.clear();
    const known = new Map(resume?.positions);
    for (const { plan } of readings) {
      // What it was told of `state` lived in the page.
      const mayContinue = plan.class === 'log';
      this.#subscribe(plan, mayContinue ? known.get(plan.name) : undefined);
    }
    for (const [channel, data] of this.present) this.#presence.enter(channel, data);
    for (const channel of this.seen.keys()) this.watch(channel);
    this.connect();
  }

  bye(): void {
    this.#hasLeft = true;
    this.#do((now) => this.#machine.bye(now));
  }

  #abandon(): void {
    this.#life++;
    this.#attempt++;
    this.#timer.set(undefined);
    const transport = this.#transport;
    this.#transport = undefined;
    transport?.close(1001, 'the page is gone');
    this.unfinished = 0;
  }

  #subscribe(plan: SimulatedChannelPlan, position: Reader['position']): void {
    const { checker, trace } = this.#world;
    const { name } = this.plan;
    const reader = checker.reader({
      name,
      channel: plan.name,
      class: plan.class,
      position,
      kept: plan.kept,
      isVisible: (data) => plan.class !== 'log' || this.#world.isVisible(name, data),
      isLossy: () => this.#world.isLossy(),
      revokedAt: () => this.#world.revokedAt(name, plan.name),
    });
    this.#do((now) => {
      const subscription = this.#machine.subscribe(
        {
          channel: plan.name,
          ...(this.plan.window !== undefined && { window: this.plan.window }),
          ...(position !== undefined && { position }),
          handler: {
            onPublication: (publication, finish) => {
              const { epoch, offset } = publication.position;
              trace.add('deliver', `${name} ${plan.name} ${epoch}/${offset} ${publication.data}`);
              reader.onPublication(publication);
              this.#world.onDelivery?.(name, plan.name, publication);
              this.#handle(finish);
            },
            onGap: (reason, at) => {
              trace.add('gap', `${name} ${plan.name} ${reason} ${at.epoch}/${at.offset}`);
              reader.onGap(reason, at);
            },
            onSubscribed: (at) => {
              trace.add('sub', `${name} ${plan.name} ${at.epoch}/${at.offset}`);
              reader.onSubscribed(at);
            },
            onEnd: (error) => {
              trace.add('end', `${name} ${plan.name} ${error?.code}`);
              this.readings.delete(plan.name);
            },
          },
        },
        now,
      );
      this.readings.set(plan.name, { plan, subscription, reader });
    });
  }

  #handle(finish: () => void): void {
    const { clock, random } = this.#world;
    const life = this.#life;
    this.unfinished++;
    clock.setTimer(() => {
      if (life !== this.#life) return;
      this.unfinished--;
      this.#do(finish);
    }, random.float() * this.plan.handlingMs);
  }

  #createMachine(resume: ClientMachineOptions['resume']): ClientMachine {
    const { times, backoff, parts, random } = this.#world;
    const host: ClientHost = {
      openTransport: () => this.#dial(),
      onState: (state) => this.#onState(state),
      onCredentialNeeded: () => this.#later(20, (now) => this.#machine.setCredential(this.plan.name, now)),
      randomId: () => `${this.plan.name}.${++this.#lastId}`,
      random: random.float,
    };
    return new ClientMachine({
      host,
      credential: this.plan.name,
      room: {
        maxQueuedPublications: 1_000,
        maxQueuedBytes: 1_000_000,
      },
      ...(resume !== undefined && { resume }),
      ...(times !== undefined && { times }),
      ...(backoff !== undefined && { backoff }),
      ...(parts !== undefined && { parts }),
    });
  }

  #createTimer(): MachineTimer {
    return new MachineTimer(this.#world.clock, () => this.#do((now) => this.#machine.handleTimeout(now)));
  }

  #onState(state: ClientState): void {
    this.#world.trace.add('state', `${this.plan.name} ${state}`);
    // What closed it for good was a fault of the network: the person at the device tries again.
    if (state === 'stopped' && !this.#hasLeft) this.#later(500, (now) => this.#machine.connect(now));
  }

  #later(afterMs: number, happen: (now: number) => void): void {
    const life = this.#life;
    this.#world.clock.setTimer(() => {
      if (life === this.#life) this.#do(happen);
    }, afterMs);
  }

  #dial(): void {
    const attempt = ++this.#attempt;
    const old = this.#transport;
    this.#transport = undefined;
    old?.close(1001, 'replaced');
    this.#world.dial(this.plan, (transport) => {
      if (attempt !== this.#attempt) {
        transport?.close(1001, 'too late');
      } else if (transport === undefined) {
        this.#do((now) => this.#machine.transportClosed(1006, now));
      } else {
        this.#opened(transport);
      }
    });
  }

  #opened(transport: MemoryTransport): void {
    this.#transport = transport;
    transport.isFrozen = this.#isFrozen;
    const isCurrent = (): boolean => this.#transport === transport;
    transport.start({
      onMessage: (message) => {
        if (isCurrent()) this.#do((now) => this.#machine.receive(message, now));
      },
      onDrain: () => {},
      onClose: (code) => {
        if (!isCurrent()) return;
        this.#transport = undefined;
        this.#do((now) => this.#machine.transportClosed(code, now));
      },
    });
    const codec = this.plan.codec === 'json' ? jsonCodec : messagePackCodec;
    this.#do((now) => this.#machine.transportOpened(transport, codec, now));
  }

  /** Everything that reaches the machine goes through here. A frozen process does nothing, and does it later. */
  #do(happen: (now: number) => void): void {
    if (this.#isFrozen) {
      this.#frozen.push(happen);
      return;
    }
    const { clock } = this.#world;
    happen(clock.now());
    this.#timer?.set(this.#machine.nextTimeout());
  }
}

function attachPresence(machine: ClientMachine): ClientPresence {
  return machine.attach((part, clock) => new ClientPresence(part, { clock, maxMembers: 10_000 }));
}
