// Holds what is published while readers of a channel replay: bounded, and shared by all of them.

import type { SessionLimits } from '../limits.ts';
import type { StreamItem } from './stream-item.ts';

export interface GateHost {
  readonly limits: Pick<SessionLimits, 'maxGate'>;
  onLimit(limit: 'maxGate'): void;
}

export class ReplayGate {
  readonly #host: GateHost;
  #items: StreamItem[] = [];
  #readers = 0;
  /** Everything above this offset is held. */
  #floor = 0;

  constructor(host: GateHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#items.length;
  }

  /** A reader begins to replay; the channel stands at `offset`. */
  enter(offset: number): void {
    if (this.#readers++ === 0) this.reset(offset);
  }

  /** A reader has joined, parked or gone. The last one takes all that was held with it. */
  leave(): void {
    if (--this.#readers === 0) this.#items = [];
  }

  push(item: StreamItem): void {
    if (this.#readers === 0) return;
    this.#items.push(item);
    if (this.#items.length <= this.#host.limits.maxGate) return;
    this.#host.onLimit('maxGate');
    // Overflow: the older half goes at once, so that this stays cheap. Whoever needed it reads history again.
    const dropped = this.#items.splice(0, this.#items.length >> 1);
    this.#floor = dropped.at(-1)!.publication.offset;
  }

  /** The channel has another epoch, or jumped: nothing from before is of use. */
  reset(offset: number): void {
    this.#items = [];
    this.#floor = offset;
  }

  /** What is above `offset`, or `undefined` when some of it was dropped. */
  above(offset: number): readonly StreamItem[] | undefined {
    if (offset < this.#floor) return undefined;
    const first = this.#items.findIndex((item) => item.publication.offset > offset);
    return first < 0 ? [] : this.#items.slice(first);
  }
}
