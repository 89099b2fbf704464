// The promises that wait for a connection's queue to drain.

import { ConnectionError } from '../errors.ts';
import type { DrainedOptions } from './connection.ts';

interface Waiter {
  readonly thresholdBytes: number;
  readonly settle: (error?: unknown) => void;
}

export class DrainWaiters {
  readonly #waiting = new Set<Waiter>();

  wait({ thresholdBytes = 0, signal }: DrainedOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => waiter.settle(signal?.reason);
      const waiter: Waiter = {
        thresholdBytes,
        settle: (error) => {
          this.#waiting.delete(waiter);
          signal?.removeEventListener('abort', abort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', abort);
    });
  }

  /** Releases those whose threshold is reached. Returns whether others still wait. */
  release(bufferedAmount: number): boolean {
    for (const waiter of [...this.#waiting]) {
      if (bufferedAmount <= waiter.thresholdBytes) waiter.settle();
    }
    return this.#waiting.size > 0;
  }

  rejectAll(): void {
    for (const waiter of [...this.#waiting]) {
      waiter.settle(
        new ConnectionError('CONNECTION_CLOSED', 'the connection closed before its queue had drained'),
      );
    }
  }
}
