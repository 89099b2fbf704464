// What the process of a server and that of the attacks say to each other.

import type { VictimCommand, VictimOptions } from '../attack.ts';

export type ToVictim =
  | { readonly type: 'start'; readonly options: VictimOptions }
  /** Collects garbage. */
  | { readonly type: 'rest' }
  /** Tells what was noticed since the last time. */
  | { readonly type: 'read' }
  | VictimCommand;

export interface VictimReading {
  /** How long the event loop kept its timers waiting since the last time, in milliseconds. */
  readonly loop: { readonly p99Ms: number; readonly maxMs: number };
  readonly counters: Readonly<Record<string, number>>;
  /** Uncaught exceptions and rejections so far. */
  readonly surprises: readonly string[];
}

export type FromVictim =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'rested' }
  | { readonly type: 'reading'; readonly reading: VictimReading };

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
