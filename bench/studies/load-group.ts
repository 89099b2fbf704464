// Several processes of load on one server, driven together.
import type { LoadCount } from '../load/load.ts';
import { Worker } from '../measure/worker.ts';
import { loadProgram } from '../paths.ts';
import type { Workload } from '../workload.ts';

export class LoadGroup {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  static async start(processes: number, port: number, workload: Workload): Promise<LoadGroup> {
    const task = JSON.stringify({ port, workload, mirrored: false });
    const command = { file: process.execPath, args: [loadProgram, task] };
    return new LoadGroup(await Promise.all(Array.from({ length: processes }, () => Worker.start(command))));
  }

  get pids(): number[] {
    return this.#workers.map(({ ready }) => ready.pid);
  }

  /** Opens so many more connections from each process. */
  async open(each: number): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ask({ type: 'open', count: each })));
  }

  /** Drives the server from all processes for about this long. */
  async run(durationMs: number): Promise<LoadCount> {
    const counts = await Promise.all(
      this.#workers.map((worker) => worker.ask<LoadCount>({ type: 'run', durationMs })),
    );
    const messages = counts.reduce((sum, count) => sum + count.messages, 0);
    return {
      messages,
      elapsedMs: Math.max(...counts.map(({ elapsedMs }) => elapsedMs)),
      wireBytes: counts.reduce((sum, count) => sum + count.wireBytes * count.messages, 0) / messages,
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}
