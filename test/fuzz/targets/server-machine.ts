// The server's machine: several connections on one hub with the broker in memory, and packets of every kind from them.

import { MemoryBroker } from '../../../src/broker/index.ts';
import { type ChannelPolicyOptions, resolveChannelPolicy } from '../../../src/channel/index.ts';
import { BrokerSource } from '../../../src/server/hub/broker-source.ts';
import {
  type Authority,
  errorBody,
  Hub,
  jsonCodec,
  messagePackCodec,
  type ServerConnection,
  SessionCloseCode,
  SessionRegistry,
} from '../../../src/session/index.ts';
import { MachineTimer } from '../../../src/testkit/simulator/machine-timer.ts';
import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';
import { VirtualClock } from '../../../src/testkit/virtual-clock.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { anyClientPacket, anyHello } from './packet-grammar.ts';
import { SinkRecorder } from './sink-recorder.ts';

/** Small, so that a short script reaches them. */
const limits = {
  maxPacketBytes: 16_384,
  maxSubscriptions: 4,
  maxInflight: 4,
  maxQueuedBytes: 2_000,
  controlReserveBytes: 1_000,
  maxGate: 4,
  historyPage: 2,
  maxReplay: 5,
  maxListedMembers: 3,
  maxPresences: 2,
};

const policies = new Map(
  Object.entries({
    log: { class: 'log', history: { maxCount: 4 } },
    state: { class: 'state', history: { maxCount: 3 } },
    signal: { class: 'signal' },
    mailbox: { class: 'mailbox', history: { maxCount: 3 } },
    forbidden: { class: 'log' },
  } satisfies Record<string, ChannelPolicyOptions>).map(([name, policy]) => [
    name,
    resolveChannelPolicy(policy),
  ]),
);

const closeCodes = new Set<number>(Object.values(SessionCloseCode));
const maxConnections = 4;

/**
 * An input is a script of lines: `+` (or `+m`, for MessagePack, or `+p`, for the plain profile) opens a connection, `1 …`
 * is a message on connection 1, `1!cut`, `1!stall` and `1!drain` happen to it, `@100` lets time pass, and `*` is an
 * order of the application.
 */
export const serverMachineTarget: FuzzTarget = {
  name: 'server-machine',
  promise:
    'nothing thrown or reported; legal packets only; one reply a request; limits hold; at the end nothing is left',
  weight: 0.15,
  words: [
    '\n',
    '+\n',
    '+m\n',
    '+p\n',
    '1!cut\n',
    '1!stall\n',
    '1!drain\n',
    '2!cut\n',
    '@1000\n',
    '@40000\n',
    '*again\n',
    '*revoke\n',
    '"t":"sub"',
    '"ch":"log"',
    '"ch":"mailbox"',
    '"n":0',
    '"resume":{}',
  ],

  generate(random) {
    const lines: string[] = [];
    let connections = 0;
    for (let steps = random.integer(4, 40); steps > 0; steps -= 1) {
      if (connections === 0 || (connections < maxConnections && random.chance(0.08))) {
        connections += 1;
        lines.push(random.pick(['+', '+', '+', '+m', '+p']));
        if (random.chance(0.9)) lines.push(`${connections} ${JSON.stringify(anyHello(random))}`);
      } else lines.push(anyLine(random, random.integer(1, connections)));
      if (random.chance(0.3)) lines.push(`@${random.pick([0, 1, 5, 100, 1_500])}`);
    }
    return Buffer.from(lines.join('\n'));
  },

  async run(input) {
    const stage = new Stage();
    for (const line of Buffer.from(input).toString('utf8').split('\n', 200)) {
      stage.play(line);
      await stage.clock.advanceAsync(0);
    }
    return stage.finish();
  },
};

function anyLine(random: SeededRandom, connection: number): string {
  const way = random.float();
  if (way < 0.05) return `${connection}!${random.pick(['cut', 'stall', 'drain'])}`;
  if (way < 0.08) return random.pick(['*again', '*revoke', '*goaway', '*close', '@40000', '@200000']);
  if (way < 0.1)
    return `${connection} ${random.pick(['', '{', '[]', 'null', '{"t":"pub"}', '['.repeat(50)])}`;
  return `${connection} ${JSON.stringify(anyClientPacket(random))}`;
}

class Stage {
  readonly clock = new VirtualClock();
  readonly #hub: Hub;
  readonly #broker: MemoryBroker;
  readonly #reports: unknown[] = [];
  readonly #peers: { sink: SinkRecorder; connection: ServerConnection; isCut: boolean }[] = [];
  readonly #timer: MachineTimer;
  #epochs = 0;
  #tokens = 0;
  #played = 0;

  constructor() {
    const { clock } = this;
    const report = (error: unknown): void => void this.#reports.push(error);
    this.#broker = new MemoryBroker({
      clock,
      createEpoch: () => `e${++this.#epochs}`,
      onHandlerError: report,
    });
    const sessions = new SessionRegistry({
      randomToken: () => `token-${++this.#tokens}`,
      ttlMs: 120_000,
      now: () => clock.now(),
      defer: (callback) => queueMicrotask(callback),
    });
    this.#hub = new Hub({
      source: new BrokerSource({ broker: this.#broker, node: 'node', leaseMs: 30_000, report }),
      authority: this.#authority(),
      sessions,
      random: () => 0.5,
      node: 'node',
      report,
      onEarlierTimeout: () => this.#arm(),
      limits,
    });
    this.#timer = new MachineTimer(clock, () => {
      this.#hub.handleTimeout(clock.now());
      this.#arm();
    });
  }

  play(line: string): void {
    const now = this.clock.now();
    this.#played += 1;
    if (line.startsWith('+')) this.#open(line.slice(1));
    else if (line.startsWith('@'))
      this.clock.advance(Math.min(300_000, Number.parseInt(line.slice(1), 10) || 0));
    else if (line.startsWith('*')) this.#order(line.slice(1));
    const peer = this.#peers[Number.parseInt(line[0] ?? '', 10) - 1];
    if (peer === undefined || peer.isCut) return;
    const { sink, connection } = peer;
    switch (line.slice(1)) {
      case '!cut':
        peer.isCut = true;
        connection.transportClosed(now);
        break;
      case '!stall':
        sink.isStalled = true;
        break;
      case '!drain':
        sink.isStalled = false;
        sink.bufferedAmount = 0;
        connection.drained(now);
        break;
      default:
        connection.receive(sink.request(line.slice(2)), now);
    }
    promise(
      connection.subscriptionCount <= limits.maxSubscriptions,
      `${connection.subscriptionCount} subscriptions`,
    );
  }

  /** Everybody leaves, and time passes: nothing may be left. Gives a summary. */
  async finish(): Promise<string> {
    await this.clock.advanceAsync(1_000);
    for (const peer of this.#peers) if (!peer.isCut) peer.connection.transportClosed(this.clock.now());
    await this.clock.advanceAsync(40_000);
    const hub = this.#hub;
    promise(
      this.#reports.length === 0,
      () => `reported: ${(this.#reports[0] as Error).stack ?? String(this.#reports[0])}`,
    );
    promise(hub.connections.size === 0, `${hub.connections.size} connections are left`);
    promise(hub.openStreams === 0, `${hub.openStreams} streams are left`);
    promise(hub.nextTimeout() === undefined, 'a deadline is left');
    await this.#broker.close();
    promise(this.clock.pendingTimers === 0, `${this.clock.pendingTimers} timers are left`);
    return this.#peers.map(({ sink }) => sink.summary(closeCodes)).join('|');
  }

  #open(profile: string): void {
    if (this.#peers.length >= maxConnections) return;
    const codec = profile === 'm' ? messagePackCodec : jsonCodec;
    const sink = new SinkRecorder(codec);
    const plain = profile === 'p' ? { plain: [{ ch: 'log' }, { ch: 'state' }, { ch: 'forbidden' }] } : {};
    const connection = this.#hub.accept({ sink, codec, ...plain }, this.clock.now());
    this.#peers.push({ sink, connection, isCut: false });
  }

  #order(order: string): void {
    if (order === 'again') this.#hub.authorizeAgain('ann');
    else if (order === 'revoke') this.#hub.revoke('bob');
    else if (order === 'goaway') this.#hub.goAway(10, 100);
    else if (order === 'close') this.#hub.closeAll();
  }

  #arm(): void {
    this.#timer.set(this.#hub.nextTimeout());
  }

  #authority(): Authority {
    return {
      authenticate: ({ token = 'guest' }, done) => {
        if (token === 'nobody') return done({ type: 'rejected', reason: 'nobody' });
        if (token === 'expired') return done({ type: 'accepted', subject: 'ann', expiresInMs: 1_000 });
        if (token === 'later') this.clock.setTimer(() => done({ type: 'accepted', subject: 'ann' }), 50);
        else done({ type: 'accepted', subject: token === 'bob' ? 'bob' : 'ann' });
      },
      authorize: ({ channel }, done) => {
        const policy = policies.get(channel);
        const isForbidden = channel === 'forbidden' && this.#played % 5 > 0;
        if (policy === undefined || isForbidden)
          done({ type: 'refused', error: errorBody('forbidden', 'not this one') });
        else if (channel === 'state') queueMicrotask(() => done({ type: 'allowed', policy }));
        else done({ type: 'allowed', policy });
      },
      call: ({ method, data }, { onPart, onDone }) => {
        if (method === 'parts') for (let part = 0; part < 3; part += 1) onPart(part);
        if (method === 'fail') onDone({ error: errorBody('internal', 'failed') });
        else if (method === 'none') onDone({ error: errorBody('unknown_method', 'none') });
        else if (method !== 'never') onDone({ data });
        return { cancel: () => onDone({ error: errorBody('cancelled', 'cancelled') }) };
      },
    };
  }
}
