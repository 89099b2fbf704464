// What the process of a server and that of the attacks say to each other.

import type { VictimCommand, VictimOptions } from '../attack.ts';

export type ToVictim =
  | { readonly type: 'start'; readonly options: VictimOptions }
  | { readonly type: 'rest' }
  | VictimCommand;

export type FromVictim =
  | { readonly type: 'listening'; readonly port: number }
  | {
      readonly type: 'resting';
      /** The longest time that the event loop stood still since the last time it was asked, in milliseconds. */
      readonly longestDelayMs: number;
      readonly counters: Readonly<Record<string, number>>;
      /** Uncaught exceptions and rejections so far. */
      readonly surprises: readonly string[];
    };

/** How fast a server under attack gives up, so that a run is short. Nothing else about it is set for the attacks. */
export const victimTimes = Object.freeze({
  handshakeTimeoutMs: 1_500,
  closeTimeoutMs: 1_000,
  keepaliveMs: 1_500,
  tarpitMs: 1_000,
  /** How long the decision about `/pending` takes. */
  pendingMs: 300,
  /** How long a message to `/slow` is handled. */
  slowMs: 50,
});
