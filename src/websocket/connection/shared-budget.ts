// What all connections of a server hold together, and all servers of the process: bytes that are not handed over, bytes
// that are not sent, and messages that are being inflated.

import type { ConnectionLimits } from './connection-limits.ts';
import { ProcessTotal, ServerShare } from './process-total.ts';

/** The limits that a connection reaches by itself, as they are counted. */
export type ConnectionCount = keyof ConnectionLimits | 'closeTimeoutMs' | 'keepalive';

export interface BudgetLimits {
  readonly maxUnfinishedBytes: number;
  readonly maxTotalQueuedBytes: number;
  readonly maxInflating: number;
}

/** The budgets that end when the connection that holds most lets go. */
export type ShedLimit = 'maxUnfinishedBytes' | 'maxTotalQueuedBytes';

/** A connection that holds some of a budget. */
export interface BudgetHolder {
  /** What it holds, in bytes. */
  weight(limit: ShedLimit): number;
  /** Lets go of it. */
  shed(limit: ShedLimit): void;
}

export interface BudgetOwner {
  /** A connection reached one of its limits. */
  count(limit: ConnectionCount | keyof BudgetLimits): void;
  /** The connections that share the budget. */
  readonly connections: Iterable<BudgetHolder>;
}

/** A message that waits to be inflated. */
export interface InflatingTurn {
  /** It may begin. */
  receiveTurn(): void;
}

/** What the servers of a process share. */
export class ProcessBudget {
  readonly maxUnfinishedBytes = new ProcessTotal<BudgetOwner>();
  readonly maxTotalQueuedBytes = new ProcessTotal<BudgetOwner>();
  readonly maxInflating = new ProcessTotal<BudgetOwner>();
  /** The messages that wait to be inflated, and whose budget they wait for. */
  readonly waiting = new Map<InflatingTurn, SharedBudget>();
}

/** Of this process, or of this thread where there are several. */
const ofThisProcess = new ProcessBudget();

export class SharedBudget {
  readonly #owner: BudgetOwner;
  readonly #process: ProcessBudget;
  readonly #unfinished: ServerShare<BudgetOwner>;
  readonly #queued: ServerShare<BudgetOwner>;
  readonly #inflating: ServerShare<BudgetOwner>;

  constructor(limits: BudgetLimits, owner: BudgetOwner, process = ofThisProcess) {
    this.#owner = owner;
    this.#process = process;
    this.#unfinished = new ServerShare(process.maxUnfinishedBytes, limits.maxUnfinishedBytes, owner);
    this.#queued = new ServerShare(process.maxTotalQueuedBytes, limits.maxTotalQueuedBytes, owner);
    this.#inflating = new ServerShare(process.maxInflating, limits.maxInflating, owner);
  }

  /** Bytes that came to this server and are not handed over. */
  get unfinishedBytes(): number {
    return this.#unfinished.amount;
  }

  get queuedBytes(): number {
    return this.#queued.amount;
  }

  count(limit: ConnectionCount): void {
    this.#owner.count(limit);
  }

  /** A connection holds so much more, or less. */
  changeUnfinished(byBytes: number): void {
    this.#unfinished.change(byBytes);
    if (byBytes > 0) this.#relieve('maxUnfinishedBytes', this.#unfinished);
  }

  /** So much more, or less, waits to be sent on a connection. */
  changeQueued(byBytes: number): void {
    this.#queued.change(byBytes);
    if (byBytes > 0) this.#relieve('maxTotalQueuedBytes', this.#queued);
  }

  /** Whether one more message may be inflated just now. */
  get canInflate(): boolean {
    return this.#inflating.exceeds(1) === undefined;
  }

  /** Takes a place for a message that is inflated in turns; when there is none, its turn comes later. */
  enterInflating(message: InflatingTurn): boolean {
    if (this.canInflate) {
      this.#inflating.change(1);
      return true;
    }
    this.#owner.count('maxInflating');
    this.#process.waiting.set(message, this);
    return false;
  }

  /** A message is inflated, or will not be: its place is that of the one that waited longest. */
  leaveInflating(): void {
    this.#inflating.change(-1);
    for (const [message, budget] of this.#process.waiting) {
      if (!budget.canInflate) continue;
      this.#process.waiting.delete(message);
      budget.#inflating.change(1);
      message.receiveTurn();
      return;
    }
  }

  /** One that waits will not be inflated. */
  forgetInflating(message: InflatingTurn): void {
    this.#process.waiting.delete(message);
  }

  /** When too much is held, the connection that holds most lets go: of this server, or of all if all together hold too much. */
  #relieve(limit: ShedLimit, share: ServerShare<BudgetOwner>): void {
    const tooMuch = share.exceeds();
    if (tooMuch === undefined) return;
    const owners = tooMuch === 'server' ? [this.#owner] : this.#process[limit].owners;
    let heaviest: { connection: BudgetHolder; owner: BudgetOwner } | undefined;
    let most = 0;
    for (const owner of owners) {
      for (const connection of owner.connections) {
        const weight = connection.weight(limit);
        if (weight <= most) continue;
        most = weight;
        heaviest = { connection, owner };
      }
    }
    heaviest?.owner.count(limit);
    heaviest?.connection.shed(limit);
  }
}
