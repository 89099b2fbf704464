// How a broker fails: always by a rejected promise, and always saying whether anything may have happened.

export type BrokerErrorCode =
  /** The store or the network to it does not answer now. */
  | 'BROKER_UNAVAILABLE'
  /** No answer within the broker's own deadline. */
  | 'BROKER_TIMEOUT'
  /** It keeps as many channels, members or bytes of a file as it may, or the disk is full. */
  | 'BROKER_FULL'
  /** The broker was closed by its owner. */
  | 'BROKER_CLOSED'
  /** What the store gives back is not what was written to it: it is not used any more. */
  | 'BROKER_DAMAGED'
  /** A package or a runtime that the broker needs is not there; the message names it. */
  | 'BROKER_UNSUPPORTED';

export interface BrokerErrorOptions {
  readonly effect: 'none' | 'unknown';
  readonly cause?: unknown;
}

/** A call that failed for no fault of its caller. */
export class BrokerError extends Error {
  override readonly name: string = 'BrokerError';
  readonly code: BrokerErrorCode;
  /**
   * `none`: the call did nothing, and never will. `unknown`: it may have taken place, or may still do so. A publish
   * with an unknown effect is safe to send again only with the same producer stamp or dedupe key.
   */
  readonly effect: 'none' | 'unknown';

  constructor(code: BrokerErrorCode, message: string, options: BrokerErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.effect = options.effect;
  }
}
