// The shape of the functions that answer calls, typed by the contract, and of what runs around them.

import type { AnyCallContract, InputOf, OutputOf } from '../../channel/index.ts';
import type { Identity } from '../auth/identity.ts';

export interface CallContext {
  /** The name of the call. */
  readonly call: string;
  readonly identity: Identity;
  /** The caller's subject; `undefined` for a guest. */
  readonly subject: string | undefined;
  /** Aborted when nobody waits any more: cancelled, too late, or gone. */
  readonly signal: AbortSignal;
  /** For middleware and handlers to hand things on. */
  readonly state: Map<string, unknown>;
}

type Answer<Call extends AnyCallContract> = InputOf<Call['output']>;

/**
 * Answers one call. A `RequestError` that it throws reaches the caller as it is; anything else is reported, and the caller
 * is told `internal`. A stream is an async generator: it is asked for its next item only when there is room to send it.
 */
export type CallHandlerOf<Call extends AnyCallContract> = (
  input: OutputOf<Call['input']>,
  context: CallContext,
) => Call['isStream'] extends true ? AsyncIterable<Answer<Call>> : Answer<Call> | PromiseLike<Answer<Call>>;

export type CallHandlers<Calls extends Readonly<Record<string, AnyCallContract>>> = {
  readonly [Name in keyof Calls]: CallHandlerOf<Calls[Name]>;
};

// biome-ignore lint/suspicious/noExplicitAny: it stands for every handler, whatever goes in and comes out
export type AnyCallHandler = (input: any, context: CallContext) => unknown;

/**
 * Runs around every call that was permitted, in the order given. `next` runs what is inside and returns its answer; what
 * is returned instead is the answer (of a stream: an async iterable).
 */
export type Middleware = (
  context: CallContext & { readonly input: unknown },
  next: () => Promise<unknown>,
) => unknown;

/** One function out of the middleware and the handler. */
export function compose(use: readonly Middleware[], handler: AnyCallHandler): AnyCallHandler {
  return (input, context) => {
    const run = async (index: number): Promise<unknown> => {
      const middleware = use[index];
      if (middleware === undefined) return handler(input, context);
      return middleware({ ...context, input }, () => run(index + 1));
    };
    return run(0);
  };
}
