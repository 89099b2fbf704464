// The flags of `tidewire connect`, checked, as the client's options.

import { InvalidArgumentError } from 'commander';
import { CommandFailure, ExitCode } from '../exit-code.ts';

export interface ConnectFlags {
  readonly header?: readonly [name: string, value: string][];
  readonly subprotocol?: readonly string[];
  readonly origin?: string;
  readonly auth?: string;
  readonly ca?: string;
  /** `false` after `--no-check`. */
  readonly check: boolean;
  readonly execute?: string;
  readonly wait?: number;
  readonly json?: true;
}

/** How long answers are waited for after the last message of `-x` or a pipe, in seconds. */
export const defaultWaitSeconds = 1;

/** Adds one `-H 'Name: value'` to those before, for commander. */
export function collectHeader(
  line: string,
  before: readonly [string, string][] = [],
): readonly [string, string][] {
  const colon = line.indexOf(':');
  const [name, value] = [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  if (colon === -1 || name === '') throw wrongSecret("-H must look like 'Name: value'");
  return [...before, [name, value]];
}

/** Commander's own error would repeat the argument, which is a credential. */
function wrongSecret(message: string): CommandFailure {
  return new CommandFailure(ExitCode.Usage, message);
}

/** Adds one subprotocol to those before, for commander. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Seconds, with a fraction if one likes, for commander. */
export function parseSeconds(text: string): number {
  const value = /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 1_000_000))
    throw new InvalidArgumentError('It must be a number of seconds, such as 2 or 0.5.');
  return value;
}

/** `user:password`, for commander. */
export function parseAuth(text: string): string {
  if (!text.includes(':')) throw wrongSecret('--auth must look like user:password');
  return text;
}

/** The headers that `-H` and `--auth` ask for; the latter wins. */
export function requestHeaders({ header = [], auth }: ConnectFlags): [name: string, value: string][] {
  if (auth === undefined) return [...header];
  const others = header.filter(([name]) => name.toLowerCase() !== 'authorization');
  return [...others, ['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`]];
}
