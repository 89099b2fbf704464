// The errors of the channel floor: what a caller did wrong, and what does not fit its contract.

/** The caller passed a value that can never work. Thrown at once; the message names the value and the rule. */
export class UsageError extends TypeError {
  readonly code = 'USAGE';
  override readonly name: string = 'UsageError';
}
