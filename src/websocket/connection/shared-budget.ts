// What all connections of one server hold together: bytes that are not handed over, bytes that are not sent, and messages
// that are being inflated.

import type { ConnectionLimits } from './connection-limits.ts';

/** The limits that a connection reaches by itself, as they are counted. */
export type ConnectionCount = keyof ConnectionLimits | 'closeTimeoutMs' | 'keepalive';

export interface BudgetLimits {
  readonly maxUnfinishedBytes: number;
  readonly maxTotalQueuedBytes: number;
  readonly maxInflating: number;
}

export interface BudgetOwner {
  /** A connection reached one of its limits. */
  count(limit: ConnectionCount | keyof BudgetLimits): void;
  /** Too much is held: lets go of the connection that holds most. */
  relieve(limit: 'maxUnfinishedBytes' | 'maxTotalQueuedBytes'): void;
}

/** A message that waits to be inflated. */
export interface InflatingTurn {
  /** It may begin. */
  receiveTurn(): void;
}

export class SharedBudget {
  readonly #limits: BudgetLimits;
  readonly #owner: BudgetOwner;
  readonly #waiting = new Set<InflatingTurn>();
  #unfinishedBytes = 0;
  #queuedBytes = 0;
  #inflating = 0;

  constructor(limits: BudgetLimits, owner: BudgetOwner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Bytes that came and are not handed over. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  count(limit: ConnectionCount): void {
    this.#owner.count(limit);
  }

  /** A connection holds so much more, or less. */
  changeUnfinished(byBytes: number): void {
    this.#unfinishedBytes += byBytes;
    if (byBytes > 0 && this.#unfinishedBytes > this.#limits.maxUnfinishedBytes) {
      this.#owner.relieve('maxUnfinishedBytes');
    }
  }

  /** So much more, or less, waits to be sent on a connection. */
  changeQueued(byBytes: number): void {
    this.#queuedBytes += byBytes;
    if (byBytes > 0 && this.#queuedBytes > this.#limits.maxTotalQueuedBytes) {
      this.#owner.relieve('maxTotalQueuedBytes');
    }
  }

  /** Whether one more message may be inflated just now. */
  get canInflate(): boolean {
    return this.#inflating < this.#limits.maxInflating;
  }

  /** Takes a place for a message that is inflated in turns; when there is none, its turn comes later. */
  enterInflating(message: InflatingTurn): boolean {
    if (this.canInflate) {
      this.#inflating += 1;
      return true;
    }
    this.#owner.count('maxInflating');
    this.#waiting.add(message);
    return false;
  }

  /** A message is inflated, or will not be: its place is that of the one that waited longest. */
  leaveInflating(): void {
    for (const message of this.#waiting) {
      this.#waiting.delete(message);
      message.receiveTurn();
      return;
    }
    this.#inflating -= 1;
  }

  /** One that waits will not be inflated. */
  forgetInflating(message: InflatingTurn): void {
    this.#waiting.delete(message);
  }
}
