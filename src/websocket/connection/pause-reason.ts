// Why a framed stream has stopped reading.

/** Each reason is taken back by itself: reading goes on when none is left. */
export const PauseReason = Object.freeze({
  /** The application asked for it. */
  Application: 1,
  /** Too many handlers have not settled yet. */
  Handlers: 2,
  /** A long message is being inflated, a slice at a time. */
  Inflating: 4,
  /** The peer is ahead of the rate that it may send at, or of its share of a turn of the event loop. */
  Rate: 8,
} as const);
export type PauseReason = (typeof PauseReason)[keyof typeof PauseReason];
