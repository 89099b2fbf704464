// Calls a machine when it asks to be called: one timer of the virtual clock for each machine.

import type { VirtualClock } from '../virtual-clock.ts';

export class MachineTimer {
  readonly #clock: VirtualClock;
  readonly #onTimeout: () => void;
  #at: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: VirtualClock, onTimeout: () => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** To be called after anything has happened to the machine. */
  set(at: number | undefined): void {
    if (at === this.#at) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = at;
    if (at === undefined) return;
    this.#cancel = this.#clock.setTimer(() => {
      this.#at = undefined;
      this.#cancel = undefined;
      this.#onTimeout();
    }, at - this.#clock.now());
  }
}
