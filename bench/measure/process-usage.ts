// What the kernel says a process has used: CPU time of all its threads, and memory of its own.
import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks, the unit of /proc/PID/stat, are hundredths of a second on every Linux. */
const tickUs = 10_000;

/**
 * CPU time, user and system, of a process and all its threads, in microseconds. From the scheduler's account in
 * nanoseconds where the kernel keeps one, otherwise from the ticks.
 */
export function cpuTimeUs(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
    }
    return nanoseconds / 1000;
  } catch {
    // After the command, which may hold spaces, `utime` and `stime` are the 12th and 13th fields.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * tickUs;
  }
}

export interface MemoryUse {
  /** Resident memory, in bytes. */
  readonly resident: number;
  /** The part of it that no file backs: heap, buffers, stacks. */
  readonly anonymous: number;
}

/** Memory of a process, in bytes. */
export function memoryOf(pid: number): MemoryUse {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
  return { resident: field('VmRSS'), anonymous: field('RssAnon') };
}
