// Calls a hub when it asks to be called: one timer for all its connections.

import type { Clock } from '../../broker/index.ts';
import type { Hub } from '../../session/index.ts';

const longestTimerMs = 2 ** 31 - 1;

export class HubTimer {
  readonly #hub: Pick<Hub, 'nextTimeout' | 'handleTimeout'>;
  readonly #clock: Clock;
  #at = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(hub: Pick<Hub, 'nextTimeout' | 'handleTimeout'>, clock: Clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /** To be called when `nextTimeout` may be earlier than it was. */
  arm(): void {
    const at = this.#hub.nextTimeout();
    // A timer that fires too early looks again; so only an earlier time is worth a new one.
    if (at === undefined || at >= this.#at || this.#isStopped) return;
    this.#cancel?.();
    this.#at = at;
    // One that waits longer than a timer can is looked at again.
    const waitMs = Math.min(Math.max(0, Math.ceil(at - this.#clock.now())), longestTimerMs);
    this.#cancel = this.#clock.setTimer(() => this.#fire(), waitMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #fire(): void {
    this.#at = Number.POSITIVE_INFINITY;
    this.#cancel = undefined;
    this.#hub.handleTimeout(this.#clock.now());
    this.arm();
  }
}
