// How often each limit of a server was reached.

import { type ServerLimits, serverLimitNames } from './server-limits.ts';

/** What is counted beside the limits: named after the option that refused or cut. */
const otherNames = ['allowedOrigins', 'handshakeTimeoutMs', 'closeTimeoutMs', 'keepalive'] as const;

/** A limit, or an option that refuses or cuts. */
export type CountedLimit = keyof ServerLimits | (typeof otherNames)[number];

/** How often each was reached since the server was made. */
export type ServerCounters = Readonly<Record<CountedLimit, number>>;

/** Every name that is counted under. */
export const countedNames = [...serverLimitNames, ...otherNames] as readonly CountedLimit[];

export class LimitCounts {
  /** Told of each. */
  onLimit: ((limit: CountedLimit) => void) | undefined;
  readonly #counts = new Map<CountedLimit, number>();

  constructor() {
    for (const name of countedNames) this.#counts.set(name, 0);
  }

  count(limit: CountedLimit): void {
    this.#counts.set(limit, (this.#counts.get(limit) ?? 0) + 1);
    this.onLimit?.(limit);
  }

  /** A copy, which changes no more. */
  snapshot(): ServerCounters {
    return Object.freeze(Object.fromEntries(this.#counts)) as ServerCounters;
  }
}
