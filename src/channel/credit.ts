// Credit: how many publications a reader still wants, counted on both ends of a subscription.
//
// The sender's side is a plain number, so that a subscription carries no object for it. The receiver's side is a
// meter, which gives credit back when a handler has finished, in few large grants instead of many small ones.

/**
 * A reader that never spoke of credit: everything is sent (and the connection's byte window still holds).
 * A small integer, and not infinity, because engines box a number that is none: 16 bytes for each delivery.
 */
export const unlimitedCredit = 2 ** 30 - 1;

/** More than this is never owed: a peer that grants without end gains nothing. */
export const maxCredit = 65_535;

export function isCreditGrant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maxCredit;
}

/** The sender's credit after a grant. The first grant ends unlimited credit. */
export function grantCredit(credit: number, granted: number): number {
  return credit === unlimitedCredit ? Math.min(granted, maxCredit) : Math.min(credit + granted, maxCredit);
}

/** The sender's credit after sending one. Call only while it is positive. */
export function spendCredit(credit: number): number {
  return credit === unlimitedCredit ? credit : credit - 1;
}

/**
 * The receiver's side: at most `window` publications are granted, on their way, or in a handler. The window opens with
 * one grant of `window`; after that, whatever has been finished is granted again once it makes up half of the window.
 */
export class CreditMeter {
  readonly window: number;
  #finished = 0;

  /** `window`: a whole number from 1 to `maxCredit`; whoever takes it from a caller checks it. */
  constructor(window: number) {
    this.window = window;
  }

  /** A handler has finished. Returns the credit to grant now, or 0: not yet. */
  finish(): number {
    this.#finished++;
    if (this.#finished * 2 < this.window) return 0;
    const grant = this.#finished;
    this.#finished = 0;
    return grant;
  }

  /** A new subscription begins: what was finished under the old one no longer counts. Returns the opening grant. */
  restart(): number {
    this.#finished = 0;
    return this.window;
  }
}
