// A TCP relay in front of a real server that cuts, stalls, silences, slows or splits what passes through it.

import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export interface FaultRelayOptions {
  /** Of the server behind it, on 127.0.0.1 unless `host` says otherwise. */
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
}

export type RelayWay = 'to server' | 'to client';

/** Stands between clients and one server. Sockets that nobody closes live until `close`. */
export class FaultRelay {
  /** Connections that are passed on now. */
  readonly links: ReadonlySet<RelayLink>;
  /** While true, whoever connects is reset at once: the server seems to be down. */
  isDown = false;
  /** Where it relays to: may change, when the server comes back on another port. */
  target: { readonly host: string; readonly port: number };
  readonly #links = new Set<RelayLink>();
  readonly #server: Server;

  private constructor(options: FaultRelayOptions) {
    this.links = this.#links;
    this.target = { host: options.host ?? '127.0.0.1', port: options.port };
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** Opens a relay on a free port of 127.0.0.1. */
  static async open(options: FaultRelayOptions): Promise<FaultRelay> {
    const relay = new FaultRelay(options);
    await new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject);
      relay.#server.listen(0, '127.0.0.1', resolve);
    });
    return relay;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Resets every link, and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const link of this.#links) link.reset();
    await closed;
  }

  #accept(client: Socket): void {
    if (this.isDown) {
      client.on('error', () => {}); // It is reset: nothing else was expected.
      client.resetAndDestroy();
      return;
    }
    const server = dial({ ...this.target, noDelay: true, allowHalfOpen: true });
    const link = new RelayLink(client, server, () => this.#links.delete(link));
    this.#links.add(link);
  }
}

/** One connection through a relay. */
export class RelayLink {
  readonly #ends: { readonly [way in RelayWay]: { readonly from: Socket; readonly to: Socket } };
  readonly #stalled = new Set<RelayWay>();
  readonly #onClose: () => void;
  #isSilent = false;
  #openSockets = 2;
  /** Bytes that a chunk is cut into at most; `Infinity`: as they come. */
  maxChunkBytes = Number.POSITIVE_INFINITY;

  constructor(client: Socket, server: Socket, onClose: () => void) {
    this.#onClose = onClose;
    this.#ends = {
      'to server': { from: client, to: server },
      'to client': { from: server, to: client },
    };
    this.#pass('to server');
    this.#pass('to client');
  }

  /** Breaks it with a reset, both ways: what is on its way may be lost. */
  reset(): void {
    const { from, to } = this.#ends['to server'];
    from.resetAndDestroy();
    to.resetAndDestroy();
  }

  /** Ends it in order, both ways, without a closing handshake. */
  end(): void {
    const { from, to } = this.#ends['to server'];
    from.end();
    to.end();
  }

  /** Nothing passes any more, and nobody is told: half-open. The bytes that still come are thrown away. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Stops reading one way, so that the sender meets a full window. */
  stall(way: RelayWay): void {
    this.#stalled.add(way);
    this.#ends[way].from.pause();
  }

  /** Goes on after `stall`. */
  flow(way: RelayWay): void {
    this.#stalled.delete(way);
    this.#ends[way].from.resume();
  }

  #pass(way: RelayWay): void {
    const { from, to } = this.#ends[way];
    from.on('data', (chunk: Buffer) => {
      if (this.#isSilent || to.destroyed || !this.#write(to, chunk)) return;
      from.pause();
      to.once('drain', () => {
        if (!this.#stalled.has(way)) from.resume();
      });
    });
    from.on('end', () => {
      if (!this.#isSilent) to.end();
    });
    // A reset of one end is a reset of the other.
    from.on('error', () => {
      if (!this.#isSilent) to.resetAndDestroy();
    });
    from.on('close', () => {
      if (--this.#openSockets === 0) this.#onClose();
    });
  }

  /** Returns whether the way is full. */
  #write(to: Socket, chunk: Buffer): boolean {
    if (chunk.length <= this.maxChunkBytes) return !to.write(chunk);
    let isFull = false;
    for (let at = 0; at < chunk.length; at += this.maxChunkBytes) {
      isFull = !to.write(chunk.subarray(at, at + this.maxChunkBytes));
    }
    return isFull;
  }
}
