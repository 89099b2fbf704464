// Everything that one seed makes: clock, network, broker, nodes, clients, and the judge.

import { type ChannelPolicy, resolveChannelPolicy } from '../../channel/index.ts';
import {
  type Authority,
  type ClientMachineOptions,
  errorBody,
  type HubOptions,
  type ReceivedPublication,
  SessionRegistry,
} from '../../session/index.ts';
import { type MemoryLink, MemoryNetwork } from '../memory-network.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { Checker } from './checker.ts';
import { Ledger } from './ledger.ts';
import { SeededRandom } from './seeded-random.ts';
import { SimulatedBroker, type SimulatedBrokerOptions } from './simulated-broker.ts';
import { type ClientPlan, type SimulatedChannelPlan, SimulatedClient } from './simulated-client.ts';
import { SimulatedNode } from './simulated-node.ts';
import { Trace } from './trace.ts';

/** Replaces parts of the machines: what the known-bad drill does, and tests of one's own parts. */
export interface SimulationParts {
  readonly server?: HubOptions['parts'];
  readonly client?: ClientMachineOptions['parts'];
  readonly broker?: Pick<SimulatedBrokerOptions, 'newEpochAfterRollback' | 'alterDraft'>;
}

export interface WorldOptions {
  readonly seed: number;
  readonly keepTrace: boolean;
  readonly parts: SimulationParts;
  onDelivery?(client: string, channel: string, publication: ReceivedPublication): void;
}

/** Short, so that much happens in few virtual seconds. */
const serverTimes = {
  helloMs: 5_000,
  pingMs: 3_000,
  idleMs: 6_000,
  sessionTtlMs: 20_000,
  presenceGraceMs: 4_000,
  authNoticeMs: 2_000,
  positionCheckMs: 4_000,
  maxStreamRetryMs: 1_000,
  nodeLeaseMs: 6_000,
  mailboxLeaseMs: 3_000,
};
const clientTimes = { connectMs: 3_000, welcomeMs: 3_000, replyMs: 5_000, probeMs: 1_500, steadyMs: 2_000 };

export class World {
  readonly random: SeededRandom;
  readonly clock = new VirtualClock();
  readonly trace: Trace;
  readonly ledger = new Ledger();
  readonly checker: Checker;
  readonly network: MemoryNetwork;
  readonly broker: SimulatedBroker;
  readonly sessions: SessionRegistry;
  readonly nodes: SimulatedNode[] = [];
  readonly clients: SimulatedClient[] = [];
  readonly channels: SimulatedChannelPlan[];
  readonly #options: WorldOptions;
  readonly #policies = new Map<string, ChannelPolicy>();
  readonly #revoked = new Map<string, number>();
  readonly #linkNodes = new Map<MemoryLink, SimulatedNode>();
  /** How long credentials last, in milliseconds; `undefined`: for ever. */
  readonly credentialMs: number | undefined;
  readonly #hasHidden: boolean;
  /** Links have lost or repeated messages, or let them overtake: more than a transport may do. */
  hasBeenLossy = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    const random = new SeededRandom(options.seed);
    this.random = random;
    const { clock } = this;
    this.trace = new Trace(clock, options.keepTrace);
    this.checker = new Checker(this.ledger, () => clock.now());
    this.network = new MemoryNetwork({
      clock,
      random: random.float,
      onArrival: (link, toServer, message) => this.#onArrival(link, toServer, message),
    });
    this.broker = new SimulatedBroker({
      clock,
      random,
      ledger: this.ledger,
      trace: this.trace,
      ...options.parts.broker,
    });
    this.sessions = this.#createSessions();
    this.credentialMs = random.chance(0.3) ? random.integer(3_000, 8_000) : undefined;
    this.#hasHidden = random.chance(0.3);
    this.channels = this.#planChannels();
    const limits = this.#planLimits();
    const nodeCount = random.integer(1, 3);
    for (let index = 1; index <= nodeCount; index++) this.nodes.push(this.#createNode(`n${index}`, limits));
    const clientCount = random.integer(2, 4);
    for (let index = 1; index <= clientCount; index++) this.clients.push(this.#createClient(`c${index}`));
  }

  get aliveNodes(): SimulatedNode[] {
    return this.nodes.filter((node) => node.isAlive);
  }

  crashNode(node: SimulatedNode): void {
    node.crash((sid) => this.sessions.release(sid));
  }

  /** The right of a client to read a channel ends now, on every node. */
  revoke(subject: string, channel: string): void {
    const name = `${subject} ${channel}`;
    if (!this.#revoked.has(name)) this.#revoked.set(name, this.clock.now());
    for (const node of this.aliveNodes) node.hub!.authorizeAgain(subject);
  }

  /** A mailbox entry that nobody has handled, while somebody reads the mailbox. */
  findUnhandled(): string | undefined {
    for (const { name, class: deliveryClass } of this.channels) {
      if (deliveryClass !== 'mailbox') continue;
      const waiting = this.broker.waitingIn(name);
      const hasReader = this.clients.some((client) => client.readings.has(name));
      if (hasReader && waiting > 0) return `${waiting} entries of ${name} are not handled`;
    }
    return undefined;
  }

  #planChannels(): SimulatedChannelPlan[] {
    const { random } = this;
    const kept = random.chance(0.3) ? random.integer(5, 20) : 1_000;
    const channels: SimulatedChannelPlan[] = [{ name: 'chat:a', class: 'log', kept }];
    if (random.chance(0.4)) channels.push({ name: 'chat:b', class: 'log', kept });
    if (random.chance(0.5)) channels.push({ name: 'price:x', class: 'state', kept: 1_000 });
    if (random.chance(0.3)) channels.push({ name: 'typing:x', class: 'signal', kept: 1 });
    if (random.chance(0.2)) channels.push({ name: 'job:x', class: 'mailbox', kept: 1_000 });
    for (const plan of channels) {
      const history = { maxCount: plan.kept, maxAgeMs: 86_400_000 };
      this.#policies.set(plan.name, resolveChannelPolicy({ class: plan.class, history }));
    }
    return channels;
  }

  #planLimits(): NonNullable<HubOptions['limits']> {
    const { random } = this;
    return {
      historyPage: random.pick([2, 5, 20]),
      maxGate: random.pick([2, 4, 64]),
      maxInflight: random.pick([4, 16]),
      maxReplay: 10_000,
      maxQueuedBytes: random.pick([600, 4_000, 1_000_000]),
      controlReserveBytes: 20_000,
    };
  }

  #createNode(name: string, limits: NonNullable<HubOptions['limits']>): SimulatedNode {
    return new SimulatedNode(name, {
      clock: this.clock,
      broker: this.broker,
      authority: this.#authority(),
      sessions: this.sessions,
      random: this.random.float,
      onError: (error) => this.checker.violate('crash', String((error as Error).stack ?? error)),
      limits,
      times: serverTimes,
      parts: this.#options.parts.server,
    });
  }

  #createClient(name: string): SimulatedClient {
    const { random } = this;
    const plan: ClientPlan = {
      name,
      codec: random.chance(0.7) ? 'json' : 'msgpack',
      window: random.chance(0.7) ? random.pick([1, 2, 8, 32]) : undefined,
      handlingMs: random.pick([5, 50, 300]),
    };
    const client = new SimulatedClient(plan, {
      clock: this.clock,
      random,
      trace: this.trace,
      checker: this.checker,
      times: clientTimes,
      backoff: { baseMs: 200, maxMs: 3_000 },
      parts: this.#options.parts.client,
      isVisible: (_subject, data) => this.#isVisible(name, data),
      isLossy: () => this.hasBeenLossy,
      revokedAt: (subject, channel) => this.#revoked.get(`${subject} ${channel}`),
      dial: (dialling, done) => this.#dial(dialling, done),
      onDelivery: (subject, channel, publication) =>
        this.#options.onDelivery?.(subject, channel, publication),
    });
    return client;
  }

  #dial(plan: ClientPlan, done: (transport: MemoryLink['client'] | undefined) => void): void {
    const { clock, random } = this;
    clock.setTimer(
      () => {
        const node = this.nodes.length === 0 ? undefined : random.pick(this.nodes);
        if (node === undefined || !node.isAlive) return done(undefined);
        const link = this.network.connect();
        this.#linkNodes.set(link, node);
        node.accept(link.server, plan.codec, plan.name);
        done(link.client);
      },
      2 + random.float() * 10,
    );
  }

  #authority(): Authority {
    const { clock, random } = this;
    const soon = (answer: () => void): void => {
      if (random.chance(0.5)) answer();
      else clock.setTimer(answer, random.float() * 5);
    };
    return {
      authenticate: ({ token, origin }, done) => {
        const subject = token ?? String(origin);
        const expiresInMs = this.credentialMs;
        soon(() => done({ type: 'accepted', subject, ...(expiresInMs !== undefined && { expiresInMs }) }));
      },
      authorize: ({ subject, verb, channel }, done) => {
        const policy = this.#policies.get(channel);
        const isRevoked = verb === 'subscribe' && this.#revoked.has(`${subject} ${channel}`);
        const isVisible = ({ data }: { readonly data: unknown }): boolean =>
          this.#isVisible(subject, String(data));
        const filter = this.#hasHidden && policy?.class === 'log' ? { isVisible } : {};
        soon(() => {
          if (policy === undefined) {
            done({ type: 'refused', error: errorBody('unknown_channel', 'no such channel') });
          } else if (isRevoked) done({ type: 'refused', error: errorBody('forbidden', 'revoked') });
          else done({ type: 'allowed', policy, ...filter });
        });
      },
    };
  }

  /** In some runs every fifth publication is hidden from the first client. */
  #isVisible(subject: string, data: string): boolean {
    if (!this.#hasHidden || subject !== 'c1') return true;
    const last = data.charCodeAt(data.length - 1);
    return last !== 0x33 && last !== 0x38;
  }

  #createSessions(): SessionRegistry {
    let last = 0;
    return new SessionRegistry({
      randomToken: () => `t${++last}`,
      ttlMs: serverTimes.sessionTtlMs,
      now: () => this.clock.now(),
      defer: (callback) => {
        this.clock.setTimer(callback, 0.5);
      },
    });
  }

  #onArrival(link: MemoryLink, toServer: boolean, message: string | Uint8Array): void {
    const way = toServer ? '→' : '←';
    const node = this.#linkNodes.get(link)?.name ?? '?';
    const text = typeof message === 'string' ? message : `${message.length} ${message[message.length - 1]}`;
    this.trace.add('packet', `${link.name}${way}${text}`, () => {
      const shown = typeof message === 'string' ? message : Buffer.from(message).toString('latin1');
      return `link ${link.name} ${way} ${node} ${shown}`;
    });
  }
}
