// Runs the server of a command until a signal ends it: in this process, or in several that share its port.

import cluster from 'node:cluster';
import { type Broker, IpcBroker, processLink } from '../../broker/index.ts';
import { commandFailure } from '../exit-code.ts';
import { announce, type ListenFlags, untilSignal } from '../listen.ts';
import type { WorkerFlags } from './worker-flags.ts';
import { isStopMessage, type WorkerMessage } from './worker-message.ts';
import { WorkerPool } from './worker-pool.ts';
import { workerVariable } from './worker-process.ts';

export interface RunningServer {
  readonly url: URL;
  /** Says goodbye to those who are connected, within a bounded time. */
  close(): Promise<unknown>;
}

export interface ServerParts {
  /** Opens what the server keeps; the workers share the one of the process that started them. @default nothing */
  openBroker?(): Promise<Broker>;
  /** What runs in each process. It closes the broker, or what stands for it there, at its end. */
  start(broker: Broker | undefined): Promise<RunningServer>;
}

/**
 * Starts the server, says where `what` is, and closes it at the first Ctrl+C or SIGTERM. With more than one worker, each
 * of them runs the same command line, comes here too, and starts its own.
 */
export async function runServer(
  what: string,
  flags: ListenFlags & WorkerFlags,
  { start, openBroker }: ServerParts,
): Promise<void> {
  if (process.env[workerVariable] !== undefined && cluster.worker !== undefined) {
    return work(async () => start(openBroker && (await IpcBroker.connect(processLink(process)))));
  }
  const broker = await openBroker?.();
  if (flags.workers > 1) return supervise(what, flags, broker).finally(() => broker?.close());
  const server = await start(broker);
  const signal = untilSignal();
  announce(what, server.url, flags);
  await signal;
  await server.close();
}

async function supervise(
  what: string,
  flags: ListenFlags & WorkerFlags,
  broker: Broker | undefined,
): Promise<void> {
  const args = process.argv.slice(2);
  const say = (event: object, sentence: string) => {
    if (flags.json) console.log(JSON.stringify(event));
    else console.error(`tidewire: ${sentence}`);
  };
  const pool = new WorkerPool({
    count: flags.workers,
    program: process.argv[1]!,
    ...(broker && { broker }),
    // The last `--port` counts.
    argumentsOf: (port) => (port === undefined || flags.port !== 0 ? args : [...args, '--port', `${port}`]),
    onEnd: ({ pid, how, delayMs }) =>
      say(
        { event: 'worker ended', pid, how, delayMs },
        `worker ${pid} ended (${how}); another one starts in ${delayMs} ms`,
      ),
    onReplacement: (pid) => say({ event: 'worker started', pid }, `worker ${pid} listens in its place`),
  });
  const url = await pool.start();
  const signal = untilSignal();
  announce(what, url, flags, { workers: pool.pids });
  try {
    await Promise.race([signal, pool.failed]);
  } finally {
    await pool.stop();
  }
}

/** The part of a worker process. Whatever it has to say to the person who typed the command, the supervisor says. */
async function work(start: () => Promise<RunningServer>): Promise<void> {
  const told = untilTold();
  const tell = (message: WorkerMessage) => void process.send?.(message);
  try {
    const server = await start();
    tell({ type: 'listening', url: server.url.href });
    await told;
    await server.close();
  } catch (error) {
    const failure = commandFailure(error);
    if (failure === undefined) throw error;
    tell({ type: 'failed', exitCode: failure.exitCode, message: failure.message });
  }
  cluster.worker?.disconnect();
}

/** Resolves when the supervisor or a SIGTERM says so. Ctrl+C reaches all processes of a terminal: the supervisor heeds it. */
function untilTold(): Promise<void> {
  process.on('SIGINT', () => {});
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.on('message', (message) => {
      if (isStopMessage(message)) resolve();
    });
  });
}
