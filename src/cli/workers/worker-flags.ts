// The flag `--workers`: how many processes share a port.

import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { parseInteger } from '../listen.ts';

export interface WorkerFlags {
  /** Processes; one is the program itself, without any beside it. */
  readonly workers: number;
}

const maxWorkers = 256;

export function addWorkersFlag(command: Command): Command {
  return command.addOption(
    new Option('--workers <count>', "processes that share the port; 'auto' is one for each core")
      .default(1)
      .argParser((text) => (text === 'auto' ? availableParallelism() : parseInteger(text, 1, maxWorkers))),
  );
}
