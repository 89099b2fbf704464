// What a broker's own test gives to the contract: a store, nodes on it, time, and ways to break it.

import type { Broker } from '../../broker/index.ts';

export interface BrokerHarness {
  readonly name: string;
  /** A fresh and empty store. Every case has its own. */
  open(): Promise<BrokerWorld>;
  /** The same, of a store that keeps 3 channels, as many with presence, and 3 members. Absent: cases of a full store are
   * skipped. */
  openSmall?(): Promise<BrokerWorld>;
  /** The unit of every window, age and lease in the cases, in milliseconds: 1 000 where time is virtual; as short as
   * the broker can still tell apart reliably where it is real. */
  readonly unitMs: number;
  /** Cases that do not apply, by name, each with the reason, which the report shows. */
  readonly skips?: Readonly<Record<string, string>>;
}

export interface BrokerWorld {
  /** The broker as another node sees it. What lives in one process gives the same object again. */
  connect(): Promise<Broker>;
  /** Lets that much time pass: for a virtual clock, and everything that hangs on it; or really. */
  advance(byMs: number): Promise<void>;
  /** Makes the store lose everything, as a crash without a disk does. Nodes stay, or connect again. Absent: the cases
   * that need it are skipped. */
  loseStore?(): Promise<void>;
  /** Makes the next call of a node fail, before or after it took effect. Absent: skipped. */
  failNext?(node: Broker, when: 'before' | 'after'): void;
  /** Cuts a node off and connects it again: what it missed is lost to it, or caught up. Absent: skipped. */
  disturb?(node: Broker): Promise<void>;
  close(): Promise<void>;
}

export type WorldPower = 'loseStore' | 'failNext' | 'disturb';

export interface BrokerCase {
  /** A sentence about behaviour. */
  readonly name: string;
  /** The optional power of the broker that the case is about. */
  readonly power?: 'presence' | 'mailbox';
  /** It is about a store that is full. */
  readonly isSmall?: true;
  /** What the world must be able to do. */
  readonly needs?: WorldPower;
  run(world: BrokerWorld, unitMs: number): Promise<void>;
}
