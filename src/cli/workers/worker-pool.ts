// Several processes that run one command and share its port: starts them, replaces one that ends, and ends them all.
//
// Connections come to this process and are dealt out in turn, as `node:cluster` does unless it is told otherwise. That
// costs 0.2–0.4 ms of CPU for a connection, once, and keeps the workers level however long connections last
// (docs/design/speed.md has what the other ways cost).

import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../../broker/index.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { RestartPolicy, type RestartPolicyOptions } from './restart-policy.ts';
import { WorkerProcess } from './worker-process.ts';

export interface WorkerPoolOptions {
  readonly count: number;
  /** The script that workers run. */
  readonly program: string;
  /** Its arguments. `port` is there once all workers had ended: where they had listened, and shall again. */
  readonly argumentsOf: (port: number | undefined) => readonly string[];
  /** Shared by the workers, who find it by `IpcBroker.connect(processLink(process))`; it stays the caller's to close. */
  readonly broker?: Broker;
  /** For each of the `count` places. */
  readonly restarts?: RestartPolicyOptions;
  /** How long workers may take to end before they are killed, in milliseconds. @default 10_000 */
  readonly stopTimeoutMs?: number;
  /** A worker ended that nobody had told to, and another follows after `delayMs`. */
  readonly onEnd?: (end: WorkerEnd) => void;
  /** Another one listens in the place of a worker that ended. */
  readonly onReplacement?: (pid: number | undefined) => void;
}

export interface WorkerEnd {
  readonly pid: number | undefined;
  readonly how: string;
  readonly delayMs: number;
}

export class WorkerPool {
  /** Rejects with a `CommandFailure` once a worker has ended too often, and all others have been stopped. */
  readonly failed: Promise<never>;
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<WorkerProcess>();
  readonly #stopped = new AbortController();
  #fail: (failure: CommandFailure) => void = () => {};
  #url: URL | undefined;
  /** Where they listened before the last of them ended; from then on they ask for it by its number. */
  #lostPort: number | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  /** Of the workers that run now. */
  get pids(): number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  /** Resolves to where the workers listen, once all do; rejects with a `CommandFailure` when one cannot. */
  async start(): Promise<URL> {
    // One by itself: what is wrong with the address is then told once.
    await this.#startOne();
    const others = Array.from({ length: this.#options.count - 1 }, () => this.#startOne());
    try {
      await Promise.all(others);
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this.#url!;
  }

  /** Lets every worker say goodbye and end, and kills those who take too long. Resolves when all are gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#stopped.abort();
    for (const worker of this.#workers) worker.stop();
    const deadline = setTimeout(() => {
      for (const worker of this.#workers) worker.kill();
    }, this.#options.stopTimeoutMs ?? 10_000);
    await Promise.all([...this.#workers].map(({ ended }) => ended));
    clearTimeout(deadline);
  }

  async #startOne(): Promise<void> {
    const worker = this.#fork();
    this.#url = await worker.listening;
    void this.#replaceAtEnd(worker);
  }

  /** Starts another worker in the place of one that ended, again and again, until the pool stops. */
  async #replaceAtEnd(worker: WorkerProcess): Promise<void> {
    const restarts = new RestartPolicy(this.#options.restarts);
    for (let present = worker; ; ) {
      const how = await present.ended;
      if (this.#stopped.signal.aborted) return;
      const delayMs = restarts.delayAfterEnd(performance.now());
      if (delayMs === undefined) return this.#giveUp(how);
      this.#options.onEnd?.({ pid: present.pid, how, delayMs });
      await sleep(delayMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
      if (this.#stopped.signal.aborted) return;
      const next = this.#fork();
      next.listening.then(
        () => this.#options.onReplacement?.(next.pid),
        () => undefined, // It has ended, and the loop sees that.
      );
      present = next;
    }
  }

  async #giveUp(how: string): Promise<void> {
    await this.stop();
    const message = `a worker process ended again and again, the last time with this: ${how}`;
    this.#fail(new CommandFailure(ExitCode.Failure, message));
  }

  #fork(): WorkerProcess {
    const { program, argumentsOf, broker } = this.#options;
    // A port that the system chose is given to every worker that asks for any, as long as one of them lives.
    if (this.#url !== undefined && this.#workers.size === 0) this.#lostPort = Number(this.#url.port);
    const worker = new WorkerProcess({ program, args: argumentsOf(this.#lostPort), broker });
    this.#workers.add(worker);
    void worker.ended.then(() => this.#workers.delete(worker));
    return worker;
  }
}
