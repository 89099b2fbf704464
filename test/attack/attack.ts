// What an attack is, and what it may use.

import { once } from 'node:events';
import type { NetConnectOpts } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { RawClient, type RequestShape } from '../websocket/raw-client.ts';
import { readProcess } from './gauge.ts';

/** How the server that is attacked is set up. What is not said is at its default. */
export interface VictimOptions {
  readonly tls?: boolean;
  readonly http2?: boolean;
  /** How many files and sockets its process may have open. */
  readonly openFiles?: number;
  /** Speaks the channel protocol, instead of giving back what comes. */
  readonly realtime?: boolean;
  /** @default 1_048_576: so that nothing takes long here */
  readonly maxMessageBytes?: number;
  readonly limits?: Readonly<Record<string, number>>;
  /** Lets clients keep their window from one message to the next. */
  readonly contextTakeover?: boolean;
  /** Has the default keepalive: who answers no Ping is left alone for the time of the attack. */
  readonly areIdleAllowed?: boolean;
}

/** What became of an attack. */
export interface Outcome {
  /** Whether the server answered as it should. */
  readonly isHeld: boolean;
  /** What it answered, in a few words. */
  readonly answer: string;
}

export type AttackGroup = 'handshake' | 'http2' | 'frames' | 'compression' | 'outbound' | 'messages';

export interface Attack {
  readonly name: string;
  readonly group: AttackGroup;
  /** What is tried, in a sentence without its subject. */
  readonly about: string;
  readonly victim?: VictimOptions;
  /** Needs more of a server than that it gives back what comes to it: those of others are spared. */
  readonly needs?: 'routes' | 'realtime' | 'http2' | 'own-process';
  /** What the server may grow by while it lasts, in MiB. @default 64 */
  readonly maxGrowthMiB?: number;
  /** What the 99th percentile of the other client may come to, in milliseconds, where more than usual is allowed: with the
   * reason beside it. */
  readonly maxDelayMs?: number;
  /** Which of our server's counters tells of it: the limit that it reaches. @default it reaches none */
  readonly counter?: string;
  /** It is not made a second time against the same server, which would treat it in another way. @default false */
  readonly runsOnce?: boolean;
  run(attacker: Attacker): Promise<Outcome>;
}

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** The process that is attacked. */
  readonly pid: number;
}

/** What the process of a server can be asked to do: see `victims/`. */
export type VictimCommand =
  | { readonly type: 'broadcast'; readonly bytes: number; readonly times: number }
  | { readonly type: 'close' };

/** The hands of an attack: connections that are all cut when it is over. */
export class Attacker {
  readonly target: Target;
  /** Sends a command to the process of the server. */
  readonly command: (command: VictimCommand) => void;
  readonly #clients = new Set<RawClient>();

  constructor(target: Target, command: (command: VictimCommand) => void) {
    this.target = target;
    this.command = command;
  }

  /** Connects over TCP, and sends nothing. */
  async connect(options: Partial<NetConnectOpts> = {}): Promise<RawClient> {
    const { host, port } = this.target;
    const client = await RawClient.connect(port, { host, ...options } as Partial<NetConnectOpts>);
    this.#clients.add(client);
    return client;
  }

  /** Connects over TLS, and sends nothing. */
  async connectTls(): Promise<RawClient> {
    const { host, port } = this.target;
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const client = new RawClient(socket);
    this.#clients.add(client);
    return client;
  }

  /** Connects and does the opening handshake. */
  async open(
    { path = this.target.path, headers }: RequestShape = {},
    options: Partial<NetConnectOpts> = {},
  ): Promise<RawClient> {
    const client = await this.connect(options);
    await client.upgrade({ path, headers: { host: `${this.target.host}:${this.target.port}`, ...headers } });
    return client;
  }

  async openMany(
    count: number,
    request: RequestShape = {},
    options: Partial<NetConnectOpts> = {},
  ): Promise<RawClient[]> {
    const clients: RawClient[] = [];
    // Not all at once: the system's queue of those who knock is short.
    while (clients.length < count) {
      const some = Math.min(count - clients.length, 50);
      clients.push(...(await Promise.all(Array.from({ length: some }, () => this.open(request, options)))));
    }
    return clients;
  }

  /** Waits until the server has fewer open files and sockets than that; whether it has, in time. */
  async untilDescriptorsAreBelow(count: number, withinMs = 8_000): Promise<boolean> {
    const until = performance.now() + withinMs;
    while ((readProcess(this.target.pid)?.descriptors ?? 0) >= count) {
      if (performance.now() > until) return false;
      await sleep(50);
    }
    return true;
  }

  /** Cuts every connection. */
  async leave(): Promise<void> {
    const clients = [...this.#clients];
    this.#clients.clear();
    for (const { socket } of clients) socket.destroy();
    await Promise.all(clients.map((client) => client.gone()));
  }
}
