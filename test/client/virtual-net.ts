// A client on virtual time: the real client, on a socket in memory, with a real hub at the other end.

import type { Contract } from '../../src/channel/index.ts';
import type { ClientOptions, WebSocketConstructor, WebSocketShape } from '../../src/client/index.ts';
import { RealtimeClient } from '../../src/client/index.ts';
import type { Runtime } from '../../src/client/runtime.ts';
import {
  jsonCodec,
  messagePackCodec,
  type PacketCodec,
  type ServerConnection,
} from '../../src/session/index.ts';
import { SeededRandom } from '../../src/testkit/index.ts';
import { type AnyPacket, Rig, type RigOptions } from '../session/rig.ts';

/** Time for a message each way, for the broker, and for promises. */
const settledMs = 20;

type Listener = (event: { data?: unknown; code?: number; reason?: string }) => void;

export class VirtualNet {
  readonly rig: Rig;
  /** Every socket that was made, the latest last. */
  readonly sockets: MemoryWebSocket[] = [];
  readonly signs: { onWake(): void; onHide(): void; onShow(): void }[] = [];
  /** What was given to `onError`. */
  readonly errors: unknown[] = [];
  /** Addresses where nobody answers. */
  readonly dead = new Set<string>();
  /** Nothing answers, and nobody is told. */
  isSilent = false;
  readonly #random = new SeededRandom(7);
  #lastId = 0;
  #life = 0;

  constructor(options: RigOptions = {}) {
    this.rig = new Rig(options);
  }

  get socket(): MemoryWebSocket {
    return this.sockets.at(-1)!;
  }

  /** A client that has not been told to connect. */
  client<const Contracts extends Contract | undefined = undefined>(
    options: ClientOptions<Contracts> = {},
    url: string | readonly string[] = 'ws://node-1',
  ): RealtimeClient<Contracts> {
    const net = this;
    class BoundWebSocket extends MemoryWebSocket {
      constructor(address: string, protocols: string[]) {
        super(net, address, protocols);
        net.sockets.push(this);
      }
    }
    const WebSocket: WebSocketConstructor = BoundWebSocket;
    return new RealtimeClient<Contracts>(
      url,
      { WebSocket, token: 'ann', onError: (error) => this.errors.push(error), ...options },
      this.#runtime(),
    );
  }

  /** A client that is connected. */
  async connected<const Contracts extends Contract | undefined = undefined>(
    options: ClientOptions<Contracts> = {},
  ): Promise<RealtimeClient<Contracts>> {
    const client = this.client(options);
    client.connect();
    await this.advance();
    return client;
  }

  /** Time passes, in steps between which promises go on. */
  async advance(ms = settledMs): Promise<void> {
    const stepMs = Math.max(1, Math.floor(ms / 40));
    for (let passed = 0; passed < ms; passed += stepMs) {
      await promisesSettled();
      this.rig.advance(Math.min(stepMs, ms - passed));
    }
    await promisesSettled();
  }

  /** Every page is gone, as by a reload: their sockets break, and nothing of theirs happens any more. */
  endLives(): void {
    this.#life++;
    for (const socket of this.sockets) socket.vanish();
    this.signs.length = 0;
  }

  /** Everything that promises have to do now is done. No time passes. */
  settled(): Promise<void> {
    return promisesSettled();
  }

  /** Somebody else publishes. */
  async publish(data: unknown, more: object = {}): Promise<void> {
    this.#writer ??= this.rig.greeted();
    this.#writer.publish(data, more);
    await this.advance();
  }

  #writer: ReturnType<Rig['greeted']> | undefined;

  #runtime(): Runtime {
    const { clock } = this.rig;
    const life = this.#life;
    return {
      now: () => clock.now(),
      wallTime: () => 1_000_000 + clock.now(),
      setTimer: (afterMs, callback) =>
        clock.setTimer(() => {
          if (life === this.#life) callback();
        }, afterMs),
      random: this.#random.float,
      randomId: () => `life-${++this.#lastId}`,
      onSign: (handler) => {
        this.signs.push(handler);
        return () => void this.signs.splice(this.signs.indexOf(handler), 1);
      },
    };
  }
}

export class MemoryWebSocket implements WebSocketShape {
  readonly url: string;
  readonly protocols: readonly string[];
  binaryType = 'blob';
  /** Packets, as they were sent and have arrived. */
  readonly sent: AnyPacket[] = [];
  readonly received: AnyPacket[] = [];
  closed: { readonly code: number | undefined; readonly reason: string | undefined } | undefined;
  readonly #net: VirtualNet;
  readonly #codec: PacketCodec;
  readonly #listeners = new Map<string, Listener[]>();
  #connection: ServerConnection | undefined;
  #isOver = false;

  constructor(net: VirtualNet, url: string, protocols: string[]) {
    this.#net = net;
    this.#codec = protocols[0] === messagePackCodec.subprotocol ? messagePackCodec : jsonCodec;
    this.url = url;
    this.protocols = protocols;
    this.#later(() => {
      if (net.isSilent) return;
      if (net.dead.has(url)) return this.#end(1006, '');
      this.#connection = net.rig.hub.accept(
        {
          codec: this.#codec,
          sink: {
            bufferedAmount: 0,
            send: (message) => this.#later(() => this.#receive(message)),
            close: (code, reason) => this.#later(() => this.#end(code, reason)),
          },
        },
        net.rig.clock.now(),
      );
      this.#tell('open', {});
    });
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(data: string | Uint8Array): void {
    // WHATWG, `send`: what is sent while closing goes nowhere.
    if (this.closed !== undefined) return;
    this.sent.push(this.#codec.decode(data));
    this.#later(() => {
      if (!this.#net.isSilent) this.#connection?.receive(data, this.#net.rig.clock.now());
    });
  }

  close(code?: number, reason?: string): void {
    this.closed ??= { code, reason };
    this.#later(() => {
      this.#connection?.transportClosed(this.#net.rig.clock.now());
      this.#end(code ?? 1005, reason ?? '');
    });
  }

  /** The server sends this, which no server of ours would. */
  say(packet: AnyPacket): void {
    this.#later(() => this.#receive(this.#codec.encode(packet)));
  }

  /** The network breaks: both ends notice. */
  cut(code = 1006, reason = ''): void {
    this.#connection?.transportClosed(this.#net.rig.clock.now());
    this.#end(code, reason);
  }

  /** Its page is gone. */
  vanish(): void {
    this.#connection?.transportClosed(this.#net.rig.clock.now());
    this.#isOver = true;
    this.#listeners.clear();
  }

  #receive(message: string | Uint8Array): void {
    if (this.#net.isSilent || this.#isOver) return;
    this.received.push(this.#codec.decode(message));
    const data = typeof message === 'string' ? message : new Uint8Array(message).buffer;
    this.#tell('message', { data });
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection = undefined;
    this.#tell('close', { code, reason });
  }

  #tell(type: string, event: Parameters<Listener>[0]): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  #later(happen: () => void): void {
    this.#net.rig.clock.setTimer(happen, 1);
  }
}

/** Everything that promises have to do now is done. */
export function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
