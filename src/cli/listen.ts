// What commands that listen have in common: flags for the address, sentences for its errors, and a graceful end.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandFailure, ExitCode, systemCode } from './exit-code.ts';

export interface ListenFlags {
  readonly port: number;
  readonly host: string;
  readonly allowOrigin?: string[];
  readonly json?: true;
}

/** Adds `--port`, `--host`, `--allow-origin` and `--json`; the environment's `PORT` and `HOST` stand in for the first two. */
export function addListenFlags(command: Command, defaultPort: number): Command {
  return command
    .addOption(
      new Option('-p, --port <port>', 'port to listen on; 0 lets the system choose')
        .env('PORT')
        .default(defaultPort)
        .argParser((text) => parseInteger(text, 0, 65_535)),
    )
    .addOption(
      new Option('--host <host>', 'address to listen on; 0.0.0.0 for all').env('HOST').default('127.0.0.1'),
    )
    .option(
      '--allow-origin <origin...>',
      "let pages of these origins connect too, such as https://chat.example, or '*' for all (default: pages of the same host)",
    )
    .option('--json', 'say where it listens as one line of JSON');
}

/** The origins that were allowed, as the server takes them. */
export function allowedOrigins({ allowOrigin = [] }: ListenFlags): readonly string[] | '*' {
  return allowOrigin.includes('*') ? '*' : allowOrigin;
}

/** A whole number in decimal digits, for commander. */
export function parseInteger(text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

/** Turns the system's reason why one cannot listen into what to do about it; any other error stays as it is. */
export function listenFailure(error: unknown, { port, host }: ListenFlags): unknown {
  const because = (advice: string) => new CommandFailure(ExitCode.Failure, advice, { cause: error });
  const code = systemCode(error);
  switch (code) {
    case 'EADDRINUSE':
      return because(
        `port ${port} on ${host} is in use: stop the program that listens there, or choose another port with --port (or PORT=…)`,
      );
    case 'EACCES':
      return because(`port ${port} needs more rights than you have: choose one above 1023 with --port`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return because(`${host} is no address of this machine: choose another with --host (or HOST=…)`);
    case undefined:
      return error;
    default:
      return because(`cannot listen on ${host}, port ${port}: ${code}`);
  }
}

/** Prints where the server listens: a sentence that begins with `what`, or a line of JSON with `more` in it. */
export function announce(what: string, url: URL, { json }: ListenFlags, more?: object): void {
  console.log(
    json
      ? JSON.stringify({ event: 'listening', url: url.href, ...more })
      : `${what} at ${url.href} (Ctrl+C ends it)`,
  );
}

/** The address for a browser on this machine: the wildcard addresses are none. */
export function localUrl(scheme: string, host: string, port: number): URL {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return new URL(`${scheme}://${name}:${port}/`);
}

/**
 * Resolves at the first Ctrl+C or SIGTERM, so that one can close gracefully; a second one does not wait for that. Call it
 * before saying where one listens: whoever reads that may send a signal at once.
 */
export function untilSignal(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  return new Promise((resolve) => {
    for (const signal of signals) {
      process.once(signal, () => {
        resolve();
        process.once(signal, () => process.exit(ExitCode.Interrupted));
      });
    }
  });
}
