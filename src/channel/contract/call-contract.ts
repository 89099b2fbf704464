// Declares a remote call once, for both ends: what goes in, what comes out, by when, and who may call.

import { UsageError } from '../errors.ts';
import { type Asker, isRule, permits, type Rule } from './rule.ts';
import type { InputOf, OutputOf, StandardSchema } from './standard-schema.ts';

export interface CallOptions<
  Input extends StandardSchema,
  Output extends StandardSchema,
  IsStream extends boolean,
> {
  readonly input: Input;
  /** Of the answer; of each item, when it is a stream. */
  readonly output: Output;
  /** Whether it answers with any number of items, until it ends or is cancelled.
   * @default false */
  readonly stream?: IsStream;
  /** The time from the call to its answer (of a stream: to its first item, and from one to the next), in milliseconds.
   * A caller may ask for less, not for more. When it has passed, the call is cancelled.
   * @default 10_000 */
  readonly deadlineMs?: number;
  /** @default 'nobody' */
  readonly allow?: Rule<undefined>;
  /** For people, in the printed contract. */
  readonly description?: string;
}

export const callDefaults = Object.freeze({ stream: false, deadlineMs: 10_000, allow: 'nobody' as const });

export class CallContract<
  Input extends StandardSchema = StandardSchema,
  Output extends StandardSchema = StandardSchema,
  IsStream extends boolean = boolean,
> {
  readonly input: Input;
  readonly output: Output;
  readonly isStream: IsStream;
  readonly deadlineMs: number;
  readonly rule: Rule<undefined>;
  readonly description: string | undefined;

  constructor(options: CallOptions<Input, Output, IsStream>) {
    this.input = options.input;
    this.output = options.output;
    this.isStream = (options.stream ?? callDefaults.stream) as IsStream;
    this.deadlineMs = options.deadlineMs ?? callDefaults.deadlineMs;
    this.rule = options.allow ?? callDefaults.allow;
    this.description = options.description;
    if (!Number.isSafeInteger(this.deadlineMs) || this.deadlineMs < 1) {
      throw new UsageError(`deadlineMs must be a whole number from 1, got ${String(this.deadlineMs)}`);
    }
    if (!isRule(this.rule)) throw new UsageError(`not a rule: ${String(this.rule)}`);
  }

  permits(asker: Asker): boolean {
    return permits(this.rule, asker, undefined);
  }
}

/** @throws {UsageError} naming what can never work. */
export function defineCall<
  Input extends StandardSchema,
  Output extends StandardSchema,
  const IsStream extends boolean = false,
>(options: CallOptions<Input, Output, IsStream>): CallContract<Input, Output, NoInfer<IsStream>> {
  // `NoInfer`: a contract around it knows only that it is a boolean, and must not be what says so.
  return new CallContract(options);
}

// biome-ignore lint/suspicious/noExplicitAny: it stands for every call, whatever goes in and comes out
export type AnyCallContract = CallContract<any, any, boolean>;

/** What the caller passes. */
export type CallInputOf<Call extends AnyCallContract> = InputOf<Call['input']>;

/** What the caller gets: the answer, or one item of the stream. */
export type CallOutputOf<Call extends AnyCallContract> = OutputOf<Call['output']>;
