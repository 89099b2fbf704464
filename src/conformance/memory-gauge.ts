// How much the memory of another process grows while something happens. Only Linux tells it, under /proc.

import { readFileSync, writeFileSync } from 'node:fs';

export class MemoryGauge {
  readonly #folder: string;
  #before = 0;

  /** Throws an `Error` when there is no such process, or the system does not tell. */
  constructor(pid: number) {
    this.#folder = `/proc/${pid}`;
    try {
      this.#read('VmHWM');
    } catch (cause) {
      throw new Error(`the memory of process ${pid} cannot be read`, { cause });
    }
  }

  begin(): void {
    try {
      // proc(5): 5 "resets the peak resident set size ("high water mark") to the process's current resident set size value."
      writeFileSync(`${this.#folder}/clear_refs`, '5');
    } catch {
      // Without it, only what exceeds everything before is seen.
    }
    this.#before = this.#read('VmHWM');
  }

  /** By how many bytes the peak since `begin` exceeds what there was. */
  end(): number {
    return Math.max(0, this.#read('VmHWM') - this.#before);
  }

  #read(name: string): number {
    const status = readFileSync(`${this.#folder}/status`, 'latin1');
    const line = status.split('\n').find((each) => each.startsWith(`${name}:`));
    const kibibytes = Number.parseInt(line?.slice(name.length + 1) ?? '', 10);
    if (Number.isNaN(kibibytes)) throw new Error(`${this.#folder}/status has no ${name}`);
    return kibibytes * 1024;
  }
}
