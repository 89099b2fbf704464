// Time that stands still until a test moves it: the clock of the simulator and of every test with a deadline.

import type { Clock } from '../broker/index.ts';

interface Timer {
  readonly dueAt: number;
  /** Timers due at the same time fire in the order in which they were set. */
  readonly order: number;
  callback: (() => void) | undefined;
}

export interface VirtualClockOptions {
  /** @default 0 */
  readonly now?: number;
  /** Milliseconds since 1970 at the beginning.
   * @default 1_000_000_000_000 */
  readonly wallTime?: number;
}

export class VirtualClock implements Clock {
  #now: number;
  #wallOffset: number;
  #order = 0;
  #heap: Timer[] = [];
  #pending = 0;

  constructor(options: VirtualClockOptions = {}) {
    this.#now = options.now ?? 0;
    this.#wallOffset = (options.wallTime ?? 1_000_000_000_000) - this.#now;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return Math.floor(this.#now + this.#wallOffset);
  }

  /** Moves the wall clock alone, forwards or back, as an administrator or a time server would. */
  jumpWallTime(byMs: number): void {
    this.#wallOffset += byMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { dueAt: this.#now + Math.max(delayMs, 0), order: this.#order++, callback };
    push(this.#heap, timer);
    this.#pending++;
    return () => {
      if (timer.callback === undefined) return;
      timer.callback = undefined;
      this.#pending--;
    };
  }

  /** Timers that are set and neither fired nor cancelled. */
  get pendingTimers(): number {
    return this.#pending;
  }

  /** When the next timer is due, or `undefined`. */
  nextTimerAt(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.callback === undefined) pop(this.#heap);
    return this.#heap[0]?.dueAt;
  }

  /** Moves to the next timer and fires it. Returns `false`, and moves nothing, when there is none until `limit`. */
  fireNext(limit = Number.POSITIVE_INFINITY): boolean {
    const dueAt = this.nextTimerAt();
    if (dueAt === undefined || dueAt > limit) return false;
    const timer = pop(this.#heap)!;
    const callback = timer.callback!;
    timer.callback = undefined;
    this.#pending--;
    this.#now = Math.max(this.#now, timer.dueAt);
    callback();
    return true;
  }

  /** Moves time on, firing in order all that falls due on the way, also what is set meanwhile. Promises do not settle. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    while (this.fireNext(until));
    this.#now = until;
  }

  /** As `advance`, but lets promises settle before, between and after the timers. */
  async advanceAsync(byMs: number): Promise<void> {
    const until = this.#now + byMs;
    await settlePromises();
    while (this.fireNext(until)) await settlePromises();
    this.#now = until;
  }
}

/** Resolves when every promise that could settle without I/O or time has settled, and its reactions have run. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueAt !== b.dueAt ? a.dueAt < b.dueAt : a.order < b.order;
}

function push(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(timer, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return top;
}
