// Checks a number that a caller gave.

import { UsageError } from '../../protocol/index.ts';

/** Gives the value back, or throws a `UsageError` that names the option, the value and what would do. */
export function checkWhole(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}, not ${String(value)}`);
  }
  return value;
}
