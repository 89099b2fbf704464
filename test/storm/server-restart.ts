// A server is killed under thousands of clients and started again: all come back, spread, and nothing is lost.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Acknowledged } from './acknowledged.ts';
import { ReaderLog } from './reader-log.ts';
import {
  atRate,
  connectReader,
  isOpen,
  longHistory,
  type Progress,
  type StormReport,
  until,
} from './storm.ts';

export interface ServerRestartOptions {
  readonly clients: number;
  /** How long the server is away, in milliseconds. */
  readonly awayMs: number;
}

const channel = 'long:restart';
const script = fileURLToPath(new URL('./server-process.js', import.meta.url));
/** No more than this part of the clients may come back within one tenth of a second. */
const largestShare = 0.25;

export async function serverRestart(options: ServerRestartOptions, progress: Progress): Promise<StormReport> {
  const directory = await mkdtemp(join(tmpdir(), 'tidewire-storm-'));
  const errors: unknown[] = [];
  let server = await startServer(directory, 0);
  const { port } = server;
  const truth = new Acknowledged();
  const writer = connectReader(port, (error) => errors.push(error));
  await truth.publish(writer, channel);

  const clients = [writer];
  const logs: ReaderLog[] = [];
  for (let index = 0; index < options.clients; index++) {
    const client = connectReader(port, (error) => errors.push(error));
    clients.push(client);
    const from = truth.head(channel);
    logs.push(new ReaderLog(client, { name: `c${index}`, channel, kept: longHistory, from }));
    // The first connections are not what is tested: they come one after the other.
    if (index % 100 === 99) await isOpen(client);
  }
  await Promise.all(clients.map(isOpen));
  progress(`${clients.length} connections are open`);

  const returnedAt: number[] = [];
  for (const client of clients) {
    client.onState(({ state }) => {
      if (state === 'open') returnedAt.push(performance.now());
    });
  }
  const stopWriting = atRate(20, () => truth.publish(writer, channel));
  await sleep(500);
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
  progress('the server was killed');
  await sleep(options.awayMs);
  server = await startServer(directory, port);
  progress('the server is there again');
  const haveReturned = await until(() => returnedAt.length >= clients.length, 120_000);
  await sleep(500);
  await stopWriting();
  await until(() => logs.every((log) => log.hasReached(truth.head(channel))), 60_000);

  for (const client of clients) client.close();
  server.process.kill('SIGTERM');
  await once(server.process, 'exit');
  await rm(directory, { recursive: true, force: true });
  const violations = [...truth.judge(logs), ...errors.map((error) => `reported: ${String(error)}`)];
  if (!haveReturned) violations.push(`only ${returnedAt.length} of ${clients.length} clients came back`);
  const share = largestShareWithin(100, returnedAt);
  if (share > largestShare) violations.push(`${Math.round(share * 100)} % came back within 100 ms`);
  return {
    violations,
    figures: {
      clients: clients.length,
      published: truth.count,
      deliveries: logs.reduce((sum, { messages }) => sum + messages, 0),
      'gaps told': logs.reduce((sum, { gaps }) => sum + gaps, 0),
      'from the first to the last return, ms': Math.round(returnedAt.at(-1)! - returnedAt[0]!),
      'most that returned within 100 ms, %': Math.round(share * 100),
    },
  };
}

interface ServerProcess {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startServer(directory: string, port: number): Promise<ServerProcess> {
  const child = spawn(process.execPath, [script, join(directory, 'channels.db'), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { process: child, port: Number(String(line)) };
}

function largestShareWithin(ms: number, times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while (time - times[first]! > ms) first++;
    most = Math.max(most, index - first + 1);
  }
  return most / times.length;
}
