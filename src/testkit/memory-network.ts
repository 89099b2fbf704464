// A network in memory, on virtual time: links that delay, lose, repeat, overtake, stall, slow down, break or go dead.

import type { Transport, TransportHandler } from '../session/index.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How the links of a network behave now. A link follows every change, but for what is already on its way. */
export interface LinkConditions {
  /** Shortest and longest time on the way, in milliseconds. */
  latencyMs: readonly [number, number];
  /** Probabilities, for each message. A transport that keeps its promises has 0 in all three. */
  drop: number;
  duplicate: number;
  overtake: number;
}

export const perfectLink: Readonly<LinkConditions> = Object.freeze({
  latencyMs: [1, 5] as const,
  drop: 0,
  duplicate: 0,
  overtake: 0,
});

/** An end that was closed is over after this long at the latest. */
const closeTimeoutMs = 5_000;

export interface MemoryNetworkOptions {
  readonly clock: VirtualClock;
  /** From 0 up to 1; must be seeded when a run is to be repeated. */
  random(): number;
  /** Told of every message that arrives. */
  onArrival?(link: MemoryLink, toServer: boolean, message: string | Uint8Array): void;
}

export class MemoryNetwork {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly onArrival: MemoryNetworkOptions['onArrival'];
  conditions: LinkConditions = { ...perfectLink };
  readonly #links = new Set<MemoryLink>();
  #lastName = 0;

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.random = () => options.random();
    this.onArrival = options.onArrival?.bind(options);
  }

  /** Links of which one end has not ended. */
  get links(): ReadonlySet<MemoryLink> {
    return this.#links;
  }

  /** Two ends that are connected at once. */
  connect(): MemoryLink {
    const link = new MemoryLink(this, ++this.#lastName, () => this.#links.delete(link));
    this.#links.add(link);
    return link;
  }
}

export class MemoryLink {
  readonly name: number;
  readonly client: MemoryTransport;
  readonly server: MemoryTransport;
  readonly #onEnd: () => void;
  /** Nothing arrives any more, and nobody is told: half-open. */
  isDead = false;

  constructor(network: MemoryNetwork, name: number, onEnd: () => void) {
    this.name = name;
    this.#onEnd = onEnd;
    this.client = new MemoryTransport(network, this, true);
    this.server = new MemoryTransport(network, this, false);
  }

  peerOf(end: MemoryTransport): MemoryTransport {
    return end === this.client ? this.server : this.client;
  }

  /** Breaks: both ends notice, and what was on its way is lost. */
  cut(): void {
    this.isDead = true;
    this.client.end(1006, 'cut');
    this.server.end(1006, 'cut');
  }

  endedOne(): void {
    if (this.client.hasEnded && this.server.hasEnded) this.#onEnd();
  }
}

export class MemoryTransport implements Transport {
  readonly #network: MemoryNetwork;
  readonly #link: MemoryLink;
  readonly #toServer: boolean;
  #handler: TransportHandler | undefined;
  #buffered = 0;
  #departsAt = 0;
  #arrivesAt = 0;
  #hasEnded = false;
  #isClosing = false;
  /** What leaves this end, in bytes a second. */
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Messages wait here while the receiver of this end is frozen. */
  isFrozen = false;
  #frozen: (() => void)[] = [];

  constructor(network: MemoryNetwork, link: MemoryLink, toServer: boolean) {
    this.#network = network;
    this.#link = link;
    this.#toServer = toServer;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get bufferedAmount(): number {
    return this.#buffered;
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
  }

  send(message: string | Uint8Array): void {
    if (this.#hasEnded || this.#isClosing) return;
    const { random, conditions } = this.#network;
    const departsAt = this.#depart(message.length);
    if (conditions.drop > 0 && random() < conditions.drop) return;
    this.#carry(message, departsAt);
    if (conditions.duplicate > 0 && random() < conditions.duplicate) this.#carry(message, departsAt);
  }

  close(code: number, reason: string): void {
    if (this.#hasEnded || this.#isClosing) return;
    this.#isClosing = true;
    const peer = this.#link.peerOf(this);
    this.#arrive(this.#depart(0), false, () => peer.end(code, reason));
    // This end waits for the network to take what it has sent, but not for ever: over a dead link nobody answers.
    const { clock } = this.#network;
    const takenAt = Math.max(this.#departsAt, this.#arrivesAt, clock.now());
    clock.setTimer(() => this.end(code, reason), Math.min(takenAt - clock.now(), closeTimeoutMs));
  }

  /** This end is over. Its handler is told once. */
  end(code: number, reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#buffered = 0;
    this.#link.endedOne();
    this.#whenThawed(() => this.#handler?.onClose(code, reason));
  }

  /** Lets what waited while it was frozen happen now. */
  thaw(): void {
    this.isFrozen = false;
    const waiting = this.#frozen;
    this.#frozen = [];
    for (const happen of waiting) happen();
  }

  /** When the last byte leaves this end; until then it is buffered. */
  #depart(bytes: number): number {
    const { clock } = this.#network;
    const now = clock.now();
    if (this.bytesPerSecond === Number.POSITIVE_INFINITY && this.#departsAt <= now) return now;
    this.#departsAt = Math.max(this.#departsAt, now) + (bytes * 1_000) / this.bytesPerSecond;
    this.#buffered += bytes;
    clock.setTimer(() => {
      if (this.#hasEnded) return;
      this.#buffered -= bytes;
      if (this.#buffered === 0) this.#whenThawed(() => this.#handler?.onDrain());
    }, this.#departsAt - now);
    return this.#departsAt;
  }

  #carry(message: string | Uint8Array, departsAt: number): void {
    const { conditions, random } = this.#network;
    const mayOvertake = conditions.overtake > 0 && random() < conditions.overtake;
    const peer = this.#link.peerOf(this);
    this.#arrive(departsAt, mayOvertake, () => peer.#receive(message));
  }

  #arrive(departsAt: number, mayOvertake: boolean, happen: () => void): void {
    const { clock, conditions, random } = this.#network;
    const [shortest, longest] = conditions.latencyMs;
    let at = departsAt + shortest + random() * (longest - shortest);
    if (mayOvertake) at = departsAt + shortest / 2;
    else this.#arrivesAt = at = Math.max(at, this.#arrivesAt);
    clock.setTimer(() => {
      if (!this.#link.isDead) happen();
    }, at - clock.now());
  }

  #receive(message: string | Uint8Array): void {
    if (this.#hasEnded) return;
    this.#whenThawed(() => {
      if (this.#hasEnded) return;
      this.#network.onArrival?.(this.#link, !this.#toServer, message);
      this.#handler?.onMessage(message);
    });
  }

  #whenThawed(happen: () => void): void {
    if (this.isFrozen) this.#frozen.push(happen);
    else happen();
  }
}
