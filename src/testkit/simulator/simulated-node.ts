// A server of a simulation: a real hub, which can crash, restart and go away.

import {
  type Authority,
  Hub,
  type HubOptions,
  jsonCodec,
  messagePackCodec,
  type ServerConnection,
  type SessionStore,
} from '../../session/index.ts';
import type { MemoryTransport } from '../memory-network.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { MachineTimer } from './machine-timer.ts';
import type { SimulatedBroker } from './simulated-broker.ts';

export interface SimulatedNodeOptions {
  readonly clock: VirtualClock;
  readonly broker: SimulatedBroker;
  readonly authority: Authority;
  readonly sessions: SessionStore;
  random(): number;
  onError(error: unknown): void;
  readonly limits: HubOptions['limits'];
  readonly times: HubOptions['times'] & { readonly nodeLeaseMs: number };
  readonly parts: HubOptions['parts'];
}

export class SimulatedNode {
  readonly name: string;
  readonly #options: SimulatedNodeOptions;
  #life = 0;
  #hub: Hub | undefined;
  #timer: MachineTimer | undefined;
  readonly #links = new Map<MemoryTransport, ServerConnection>();

  constructor(name: string, options: SimulatedNodeOptions) {
    this.name = name;
    this.#options = options;
    this.start();
  }

  get hub(): Hub | undefined {
    return this.#hub;
  }

  get isAlive(): boolean {
    return this.#hub !== undefined;
  }

  start(): void {
    const { clock, broker, authority, random, onError, limits, times, parts } = this.#options;
    const life = ++this.#life;
    const node = `${this.name}.${life}`;
    const isCurrent = (): boolean => this.#hub !== undefined && this.#life === life;
    const caller = {
      name: node,
      get isAlive() {
        return isCurrent();
      },
    };
    this.#hub = new Hub({
      source: broker.sourceFor(caller, { node, ttlMs: times.nodeLeaseMs }),
      authority: this.#guard(authority, isCurrent),
      sessions: this.#guardSessions(isCurrent),
      random,
      node,
      report: onError,
      onEarlierTimeout: () => this.#arm(),
      ...(limits !== undefined && { limits }),
      times,
      ...(parts !== undefined && { parts }),
    });
    this.#timer = new MachineTimer(clock, () => {
      this.#hub?.handleTimeout(clock.now());
      this.#arm();
    });
    this.#arm();
  }

  /** Gone at once, with all its connections. Whoever holds sessions for it notices. */
  crash(onSessionLost: (sid: string) => void): void {
    if (this.#hub === undefined) return;
    const links = [...this.#links];
    this.#links.clear();
    this.#hub = undefined;
    this.#timer?.set(undefined);
    for (const [transport, connection] of links) {
      transport.end(1006, 'crash');
      if (connection.sid !== undefined) onSessionLost(connection.sid);
    }
  }

  accept(transport: MemoryTransport, codec: 'json' | 'msgpack', origin: unknown): void {
    const { clock } = this.#options;
    const hub = this.#hub!;
    const options = { sink: transport, codec: codec === 'json' ? jsonCodec : messagePackCodec, origin };
    const connection = hub.accept(options, clock.now());
    this.#links.set(transport, connection);
    const isCurrent = (): boolean => this.#hub === hub;
    transport.start({
      onMessage: (message) => {
        if (!isCurrent()) return;
        connection.receive(message, clock.now());
      },
      onDrain: () => {
        if (!isCurrent()) return;
        connection.drained(clock.now());
      },
      onClose: () => {
        this.#links.delete(transport);
        if (!isCurrent()) return;
        connection.transportClosed(clock.now());
      },
    });
  }

  #arm(): void {
    this.#timer?.set(this.#hub?.nextTimeout());
  }

  /** A session that was opened for a node which died meanwhile is nobody's: the store notices. */
  #guardSessions(isCurrent: () => boolean): SessionStore {
    const { sessions } = this.#options;
    return {
      open: (request, { done, onFenced }) =>
        sessions.open(request, {
          done: (session) => {
            if (isCurrent()) done(session);
            else if (session.type !== 'failed') sessions.release(session.sid);
          },
          onFenced: () => {
            if (isCurrent()) onFenced();
          },
        }),
      release: (sid) => sessions.release(sid),
      end: (sid) => sessions.end(sid),
    };
  }

  /** Answers of the application do not reach a node that is not there any more. */
  #guard(authority: Authority, isCurrent: () => boolean): Authority {
    return {
      authenticate: (credentials, done) =>
        authority.authenticate(credentials, (answer) => {
          if (isCurrent()) done(answer);
        }),
      authorize: (request, done) =>
        authority.authorize(request, (answer) => {
          if (isCurrent()) done(answer);
        }),
    };
  }
}
