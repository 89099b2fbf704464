// What an attack is, and what it may use.

import type { NetConnectOpts } from 'node:net';
import { RawClient, type RequestShape } from '../websocket/raw-client.ts';

/** How the server that is attacked is set up. What is not said is at its default. */
export interface VictimOptions {
  readonly tls?: boolean;
  /** How many files and sockets its process may have open. */
  readonly openFiles?: number;
  /** Speaks the channel protocol, instead of giving back what comes. */
  readonly realtime?: boolean;
  /** @default 1_048_576: so that nothing takes long here */
  readonly maxMessageBytes?: number;
  readonly limits?: Readonly<Record<string, number>>;
}

/** What became of an attack. */
export interface Outcome {
  /** Whether the server answered as it should. */
  readonly isHeld: boolean;
  /** What it answered, in a few words. */
  readonly answer: string;
}

export type AttackGroup = 'handshake' | 'frames' | 'outbound' | 'messages';

export interface Attack {
  readonly name: string;
  readonly group: AttackGroup;
  /** What is tried, in a sentence without its subject. */
  readonly about: string;
  readonly victim?: VictimOptions;
  /** Needs more of a server than that it gives back what comes to it: those of others are spared. */
  readonly needs?: 'routes' | 'realtime' | 'own-process';
  /** What the server may grow by while it lasts, in MiB. @default 64 */
  readonly maxGrowthMiB?: number;
  /** It is not made a second time against the same server, which would treat it in another way. @default false */
  readonly runsOnce?: boolean;
  run(attacker: Attacker): Promise<Outcome>;
}

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
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

  /** Connects and does the opening handshake. */
  async open({ path = this.target.path, headers }: RequestShape = {}): Promise<RawClient> {
    const client = await this.connect();
    await client.upgrade({ path, headers: { host: `${this.target.host}:${this.target.port}`, ...headers } });
    return client;
  }

  async openMany(count: number, request: RequestShape = {}): Promise<RawClient[]> {
    const clients: RawClient[] = [];
    // Not all at once: the system's queue of those who knock is short.
    while (clients.length < count) {
      const some = Math.min(count - clients.length, 50);
      clients.push(...(await Promise.all(Array.from({ length: some }, () => this.open(request)))));
    }
    return clients;
  }

  /** Cuts every connection. */
  async leave(): Promise<void> {
    const clients = [...this.#clients];
    this.#clients.clear();
    for (const { socket } of clients) socket.destroy();
    await Promise.all(clients.map((client) => client.gone()));
  }
}
