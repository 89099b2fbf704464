// What a client may hold, with every default, and the check of its numbers.

import { maxCredit, UsageError } from '../channel/index.ts';
import type { OutboxLimits } from '../session/index.ts';
import { longestMs } from './runtime.ts';

export interface ClientLimits extends OutboxLimits {
  /**
   * Publications of one channel that were granted, are under way, or in a handler, from 1 to 65 535.
   * Beyond: the server waits (`signal`: drops); what one sends all the same is dropped, and asked for again.
   * @default 256
   */
  readonly maxUnhandled: number;
  /**
   * Items of a stream call that nobody has taken yet, from 1 to 65 535.
   * Beyond: the server waits with the next; from one that does not, `too_slow`, and the call is cancelled.
   * @default 1_000
   */
  readonly maxUnreadItems: number;
  /**
   * Requests that wait for a connection.
   * Beyond: `full`.
   * @default 100
   */
  readonly maxWaitingRequests: number;
  /**
   * Requests under way: sent, and not answered.
   * Beyond: `full`.
   * @default 1_000
   */
  readonly maxOpenRequests: number;
  /**
   * Members listed for one channel whose presence is watched.
   * Beyond: the watch ends with `full`.
   * @default 10_000
   */
  readonly maxMembers: number;
  /**
   * How long a request waits for a connection, in milliseconds.
   * Beyond: `disconnected`.
   * @default 10_000
   */
  readonly requestWaitMs: number;
}

/** Those that every client needs: the others are looked up by what they bound, which a page may not have. */
export type BasicLimits = Pick<ClientLimits, keyof OutboxLimits | 'maxUnhandled'>;

export const basicLimitDefaults: BasicLimits = Object.freeze({
  maxQueuedPublications: 1_000,
  maxQueuedBytes: 16_777_216,
  maxUnhandled: 256,
});

/** All of them, written out: what is made of another object stays in a bundle that does not use it. */
export const clientLimitDefaults: ClientLimits = /* @__PURE__ */ Object.freeze({
  maxQueuedPublications: 1_000,
  maxQueuedBytes: 16_777_216,
  maxUnhandled: 256,
  maxUnreadItems: 1_000,
  maxWaitingRequests: 100,
  maxOpenRequests: 1_000,
  maxMembers: 10_000,
  requestWaitMs: 10_000,
});

/** With the defaults of all. */
export function allLimits(limits: Partial<ClientLimits>): ClientLimits {
  return { ...clientLimitDefaults, ...limits };
}

/** @throws {UsageError} naming what can bound nothing, or no timer can wait for. */
export function checkNumbers(numbers: object): void {
  for (const [name, value] of Object.entries(numbers)) {
    const most = name.startsWith('maxUn') ? maxCredit : longestMs;
    if (!(Number.isSafeInteger(value) && value > 0 && value <= most)) {
      throw new UsageError(`${name} must be from 1 to ${most}, got ${value}`);
    }
  }
}
