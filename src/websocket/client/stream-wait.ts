// Waits for a stream to get somewhere, so that whatever else happens to it meanwhile is an error and never a surprise.

import type { Duplex } from 'node:stream';
import { ConnectionError } from '../errors.ts';

/** Ends the wait with a value, or with an error. */
export interface Wait<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Keeps an error from being one that nobody listens to, which would end the process. */
const ignoreError = (): void => undefined;

/** Hears the stream's errors from here on, until it is gone. Call it before anything else is done with a stream. */
export function hearErrors(stream: Duplex): void {
  if (!stream.listeners('error').includes(ignoreError)) stream.on('error', ignoreError);
}

export interface WaitContext {
  /** Who is at the other end, for error messages. */
  readonly peer: string;
  readonly signal: AbortSignal;
  /** Ends a stream whose wait failed. @default its `destroy` */
  readonly cut?: () => void;
}

/**
 * Runs `begin`, which listens for what is hoped for and returns how to stop that. The stream's error, end or close, and
 * the signal's abort, reject instead; and a rejection always destroys the stream.
 */
export function waitOn<T>(
  stream: Duplex,
  { peer, signal, cut = () => stream.destroy() }: WaitContext,
  begin: (wait: Wait<T>) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      stop();
      stream.removeListener('error', onError);
      stream.removeListener('end', onClose);
      stream.removeListener('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    const wait: Wait<T> = {
      resolve: (value) => {
        settle();
        resolve(value);
      },
      reject: (error) => {
        settle();
        cut();
        reject(error);
      },
    };
    const onError = (cause: Error): void => {
      const message = `the connection to ${peer} failed: ${describe(cause)}`;
      wait.reject(new ConnectionError('CONNECTION_FAILED', message, { cause }));
    };
    const onClose = (): void => {
      const message = `the connection to ${peer} ended before the opening handshake was done`;
      wait.reject(new ConnectionError('CONNECTION_FAILED', message));
    };
    const onAbort = (): void => wait.reject(signal.reason);
    let stop = (): void => undefined;

    hearErrors(stream);
    if (signal.aborted) {
      onAbort();
    } else if (stream.destroyed) {
      if (stream.errored) onError(stream.errored);
      else onClose();
    } else {
      stream.on('error', onError);
      stream.on('end', onClose);
      stream.on('close', onClose);
      signal.addEventListener('abort', onAbort);
      stop = begin(wait);
    }
  });
}

/** When several addresses of a host were tried, Node's error has a cause for each and no text of its own. */
export function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each) => describe(each)).join('; ');
  return error.message;
}
