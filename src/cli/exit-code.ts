// What the exit status of `tidewire` means, and the error that ends a command with one.

import { UsageError } from '../websocket/index.ts';

export const ExitCode = Object.freeze({
  /** It did what was asked. */
  Ok: 0,
  /** It could not: a port is taken, a server refused. */
  Failure: 1,
  /** It was asked in a way that cannot work: an unknown flag, a bad value. */
  Usage: 2,
  /** `connect`: the connection was lost, or closed with a code that is no normal end. */
  Disconnected: 3,
  /** `conform`: at least one case failed. */
  NotConforming: 4,
  /** Ctrl+C, as shells count it: 128 and the number of SIGINT. */
  Interrupted: 130,
} as const);

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends the command with a sentence for the person who typed it. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** An error that is for the person who typed the command, as a `CommandFailure`; undefined for one that is a defect. */
export function commandFailure(error: unknown): CommandFailure | undefined {
  if (error instanceof CommandFailure) return error;
  if (error instanceof UsageError) return new CommandFailure(ExitCode.Usage, error.message, { cause: error });
  return undefined;
}

/** The system's own name for what went wrong, such as `EADDRINUSE`, wherever in the chain of causes it stands. */
export function systemCode(error: unknown): string | undefined {
  for (let link = error; link instanceof Error; link = link.cause) {
    if ('syscall' in link && 'code' in link && typeof link.code === 'string') return link.code;
  }
  return undefined;
}
