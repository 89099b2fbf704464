// One worker process, as the process that started it sees it.

import cluster, { type Worker } from 'node:cluster';
import { type Broker, hostBroker, processLink } from '../../broker/index.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import type { StopMessage, WorkerMessage } from './worker-message.ts';

/** Present in the environment of workers: a program under somebody else's cluster must not take itself for one of ours. */
export const workerVariable = 'TIDEWIRE_WORKER';

export interface WorkerProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly broker: Broker | undefined;
}

export class WorkerProcess {
  /** Where it listens. Rejects with a `CommandFailure` when it ends before it does. */
  readonly listening: Promise<URL>;
  /** Resolves when it is gone, with the words for how: `status 1`, `SIGKILL`, or what it could not do. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;

  /** `program` is the script it runs; `broker`, if there is one, is this process's, and the worker may use it. */
  constructor({ program, args, broker }: WorkerProcessOptions) {
    // Payloads may hold byte strings, which JSON does not carry.
    cluster.setupPrimary({ exec: program, args: [...args], serialization: 'advanced' });
    const worker = cluster.fork({ [workerVariable]: '1' });
    this.#worker = worker;
    if (broker !== undefined) hostBroker(broker, processLink(worker.process));
    let failure: CommandFailure | undefined;
    const url = new Promise<URL>((resolve) => {
      worker.on('message', (message: WorkerMessage | { readonly type?: undefined }) => {
        if (message.type === 'listening') resolve(new URL(message.url));
        if (message.type === 'failed') failure = new CommandFailure(message.exitCode, message.message);
      });
    });
    this.ended = endOf(worker).then((how) => failure?.message ?? how);
    this.listening = Promise.race([
      url,
      this.ended.then((how) => {
        const reason = `a worker process ended before it listened: ${how}`;
        throw failure ?? new CommandFailure(ExitCode.Failure, reason);
      }),
    ]);
    // Its end is told by `ended`; whoever starts it looks at this too.
    this.listening.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Asks it to say goodbye to those who are connected, and to end. */
  stop(): void {
    const message: StopMessage = { type: 'stop' };
    // Where it is ending already, there is nobody to tell.
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }
}

/** Resolves when the process is gone and `node:cluster` has taken back what it shared with it. */
function endOf(worker: Worker): Promise<string> {
  return new Promise((resolve) => {
    worker.once('error', (error) => resolve(error.message));
    worker.once('exit', (code, signal) => {
      const how = signal ?? `status ${code}`;
      if (worker.isConnected()) worker.once('disconnect', () => resolve(how));
      else resolve(how);
    });
  });
}
