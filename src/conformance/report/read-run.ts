// Reads the JSON of a run back, and says clearly when a file is something else.

import { readFileSync } from 'node:fs';
import type { RunResult } from '../result.ts';

/** Throws an `Error` that names the file when it cannot be read or is not the result of a run. */
export function readRun(path: string): RunResult {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if ((value as Partial<RunResult> | null)?.format !== 'tidewire-conform/1') {
    throw new Error(`${path} is not a result of tidewire conform`);
  }
  return value as RunResult;
}
