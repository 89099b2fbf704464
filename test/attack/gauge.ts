// Reads what a process uses from outside: memory, processor time and descriptors (Linux).

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

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

/** What the main thread of a process has computed since it began, in milliseconds, exactly. */
export function readMainThreadMs(pid: number): number {
  const [nanoseconds = '0'] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  return Number(nanoseconds) / 1e6;
}

/** The most memory since `clear_refs` was written, in MiB; 0 when the process is gone. */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number.parseInt(status.split('VmHWM:')[1] ?? '0', 10) / 1024;
  } catch {
    return 0;
  }
}

/** Follows the memory and the descriptors of a process, and remembers the most of each. */
export class PeakGauge {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #rssMiB = 0;
  #descriptors = 0;
  #isKeptBySystem = true;

  constructor(pid: number, everyMs = 25) {
    this.#pid = pid;
    try {
      // The system keeps the peak of memory itself, and from here on anew (proc(5), clear_refs).
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // Not allowed here: what is seen from time to time must do.
      this.#isKeptBySystem = false;
    }
    this.#look();
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  /** Ends it, and gives the most that was seen. */
  stop(): { readonly rssMiB: number; readonly descriptors: number } {
    clearInterval(this.#timer);
    this.#look();
    const peakMiB = this.#isKeptBySystem ? peakOf(this.#pid) : 0;
    return { rssMiB: Math.max(this.#rssMiB, peakMiB), descriptors: this.#descriptors };
  }

  #look(): void {
    const reading = readProcess(this.#pid);
    if (reading === undefined) return;
    this.#rssMiB = Math.max(this.#rssMiB, reading.rssMiB);
    this.#descriptors = Math.max(this.#descriptors, reading.descriptors);
  }
}
