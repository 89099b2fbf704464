// Tells the application of an error, whatever its own error handler does with it.

import type { Connection, ConnectionHandlers } from '../connection/connection.ts';
import { errorOf } from '../errors.ts';

/**
 * Calls the `error` handler. Without one, and for what that one throws or rejects with, there is a process warning:
 * nothing that an application gets wrong ends the process.
 */
export function reportTo<Data>(
  handlers: Pick<ConnectionHandlers<Data>, 'error'>,
  error: Error,
  connection?: Connection<Data>,
): void {
  if (handlers.error === undefined) {
    process.emitWarning(error);
    return;
  }
  try {
    const result = handlers.error(error, connection);
    if (isPromise(result)) result.then(undefined, warn);
  } catch (second) {
    warn(second);
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function warn(thrown: unknown): void {
  process.emitWarning(errorOf(thrown, 'the error handler'));
}
