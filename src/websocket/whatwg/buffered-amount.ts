// Counts the payload bytes that `send` was given and the network has not taken yet (WHATWG WebSockets, section 3.1).

/** Counters with bytes of this turn of the event loop. */
let dirty: BufferedAmount[] = [];

function settleDirty(): void {
  const counters = dirty;
  dirty = [];
  for (const counter of counters) counter.settle();
}

/**
 * "as of the last time the event loop reached step 1": what is sent in one turn stays counted until the turn is over, even
 * if the network took it at once.
 */
export class BufferedAmount {
  #sentThisTurn = 0;
  #waiting = 0;
  #neverSent = 0;
  readonly #bytesInTransport: () => number;

  /** `bytesInTransport`: how many bytes of frames wait now, so that no more than these still count. */
  constructor(bytesInTransport: () => number) {
    this.#bytesInTransport = bytesInTransport;
  }

  get value(): number {
    return Math.min(this.#waiting, this.#bytesInTransport()) + this.#sentThisTurn + this.#neverSent;
  }

  /** A message was handed to the network. */
  add(payloadBytes: number): void {
    if (this.#sentThisTurn === 0 && payloadBytes > 0) {
      if (dirty.length === 0) setImmediate(settleDirty);
      dirty.push(this);
    }
    this.#sentThisTurn += payloadBytes;
  }

  /** A message will never be sent: "the number does not reset to zero once the connection closes". */
  addForever(payloadBytes: number): void {
    this.#neverSent += payloadBytes;
  }

  /** The network has taken bytes. */
  refresh(): void {
    this.#waiting = Math.min(this.#waiting, this.#bytesInTransport());
  }

  /** The turn is over. */
  settle(): void {
    this.#waiting = Math.min(this.#waiting + this.#sentThisTurn, this.#bytesInTransport());
    this.#sentThisTurn = 0;
  }

  /** The connection is gone: what waits now waits forever. */
  close(): void {
    this.#neverSent += this.#waiting;
    this.#waiting = 0;
  }
}
