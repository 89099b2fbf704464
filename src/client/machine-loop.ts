// Runs a machine: gives it the time, sets the one timer it asks for, and lets nobody call it while it is at work.

import type { ClientMachine } from '../session/index.ts';
import type { Runtime } from './runtime.ts';

export class MachineLoop {
  readonly #runtime: Runtime;
  readonly #machine: ClientMachine;
  /** What the machine has told, for when it has returned. */
  readonly #told: (() => void)[] = [];
  #isBusy = false;
  #timerAt: number | undefined;
  #cancelTimer: (() => void) | undefined;

  /** `create` makes the machine, whose host hands everything to `tell`. */
  constructor(runtime: Runtime, create: (loop: MachineLoop) => ClientMachine) {
    this.#runtime = runtime;
    this.#machine = create(this);
  }

  /** Everything that reaches the machine goes through here, and never while it is at work. */
  do<Result>(act: (machine: ClientMachine, now: number) => Result): Result {
    const wasBusy = this.#isBusy;
    this.#isBusy = true;
    try {
      return act(this.#machine, this.#runtime.now());
    } finally {
      this.#isBusy = wasBusy;
      this.#setTimer();
      if (!wasBusy) this.#tellAll();
    }
  }

  /** Calls back as soon as the machine has returned, in order. The callback must not throw. */
  tell(callback: () => void): void {
    this.#told.push(callback);
  }

  #tellAll(): void {
    // What is called here calls the machine again, which tells more: one loop does it all, in order.
    this.#isBusy = true;
    for (let callback = this.#told.shift(); callback !== undefined; callback = this.#told.shift()) callback();
    this.#isBusy = false;
  }

  #setTimer(): void {
    const at = this.#machine.nextTimeout();
    if (at === this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    this.#cancelTimer =
      at === undefined
        ? undefined
        : this.#runtime.setTimer(at - this.#runtime.now(), () => {
            this.#timerAt = undefined;
            this.do((machine, now) => machine.handleTimeout(now));
          });
  }
}
