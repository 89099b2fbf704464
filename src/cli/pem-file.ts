// Reads the PEM files that flags name.

import { readFile } from 'node:fs/promises';
import { CommandFailure, ExitCode } from './exit-code.ts';

export async function readPem(flag: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: Error) => {
    throw new CommandFailure(ExitCode.Usage, `${flag} cannot be read: ${error.message}`, { cause: error });
  });
}
