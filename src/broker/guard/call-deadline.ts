// One deadline for all calls of one kind: they end in the order in which they began, so one timer will do.

import type { Clock } from '../clock.ts';

export class CallDeadline {
  readonly #clock: Clock;
  readonly #ms: number;
  /** Those under way, the oldest first, with when each is late. */
  readonly #calls = new Map<() => void, number>();
  #isArmed = false;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** A call begins. Unless it ends before, `onLate` is called; each call brings a function of its own. */
  begin(onLate: () => void): void {
    this.#calls.set(onLate, this.#clock.now() + this.#ms);
    this.#arm(this.#ms);
  }

  /** Returns whether it was in time. */
  end(onLate: () => void): boolean {
    return this.#calls.delete(onLate);
  }

  #arm(afterMs: number): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#clock.setTimer(() => {
      this.#isArmed = false;
      this.#pass();
    }, afterMs);
  }

  #pass(): void {
    const now = this.#clock.now();
    for (const [onLate, lateAt] of this.#calls) {
      if (lateAt > now) return this.#arm(lateAt - now);
      this.#calls.delete(onLate);
      onLate();
    }
  }
}
