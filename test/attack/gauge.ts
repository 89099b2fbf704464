// Reads what a process uses from outside: memory, processor time and descriptors (Linux).

import { readdirSync, readFileSync } from 'node:fs';

export interface Reading {
  readonly rssMiB: number;
  /** User and system time since the process began, in milliseconds. */
  readonly cpuMs: number;
  readonly descriptors: number;
}

const PAGE_BYTES = 4096;
const TICK_MS = 10;

export const canReadProcesses = process.platform === 'linux';

/** Undefined when the process is gone. */
export function readProcess(pid: number): Reading | undefined {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program may hold spaces; it ends with the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      rssMiB: (Number(pages) * PAGE_BYTES) / 1024 / 1024,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return undefined;
  }
}

/** Follows the memory of a process, and remembers the most. */
export class PeakGauge {
  peakMiB = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number, everyMs = 25) {
    const look = (): void => {
      this.peakMiB = Math.max(this.peakMiB, readProcess(pid)?.rssMiB ?? 0);
    };
    look();
    this.#timer = setInterval(look, everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
