// The program `tidewire`: its commands, and how the end of one becomes an exit status.

import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { addConform } from './commands/conform.ts';
import { addConnect } from './commands/connect.ts';
import { addEcho } from './commands/echo.ts';
import { addServe } from './commands/serve.ts';
import { escapeControls } from './escape-controls.ts';
import { commandFailure, ExitCode } from './exit-code.ts';

const { version } = createRequire(import.meta.url)('tidewire/package.json') as { version: string };

/** Runs one command line, without the names of node and the script, and resolves to its exit status. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  const program = new Command('tidewire')
    .description('Real-time for TypeScript: serve, test and talk to WebSocket servers')
    .version(version, '-V, --version')
    .addHelpText(
      'after',
      `
Examples:
  $ tidewire serve                                  # a chat at http://127.0.0.1:8080
  $ tidewire echo                                   # in one terminal, and in another:
  $ tidewire connect ws://127.0.0.1:8081`,
    )
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for all options and examples)');
  let exitCode: ExitCode = ExitCode.Ok;
  const finish = (code: ExitCode) => {
    exitCode = code;
  };
  addServe(program);
  addEcho(program);
  addConnect(program, finish);
  addConform(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): ExitCode {
  // Commander has told the person already; `--help` and `--version` arrive here too, as a success.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  const failure = commandFailure(error);
  if (failure === undefined) throw error;
  console.error(`tidewire: ${escapeControls(failure.message)}`);
  return failure.exitCode;
}
