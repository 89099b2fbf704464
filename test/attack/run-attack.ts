// Runs one attack against one server: what the server used before, during and after it, and what a well-behaved client saw.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Attack, Attacker, type Outcome, type VictimCommand, type VictimOptions } from './attack.ts';
import type { FromControl, ToControl } from './control-client.ts';
import { PeakGauge, type Reading, readProcess } from './gauge.ts';
import type { FromVictim, ToVictim } from './victims/messages.ts';

export type Measured = Extract<FromControl, { type: 'measured' }>;

export interface AttackResult {
  readonly name: string;
  readonly group: string;
  readonly about: string;
  /** What the server answered. */
  readonly answer: string;
  /** What was not as it should be: empty when the attack was held. */
  readonly faults: readonly string[];
  /** What a busy machine may be to blame for. */
  readonly delays: readonly string[];
  readonly elapsedMs: number;
  readonly before: Reading;
  readonly peakMiB: number;
  readonly after: Reading;
  readonly longestDelayMs: number | undefined;
  readonly quiet: Measured;
  readonly during: Measured;
  /** What the same client saw at a server that nobody attacked, at the same time on the same machine. */
  readonly elsewhere: Measured | undefined;
}

/** A server to attack: one that is started for each attack, or one that runs already. */
export type TargetChoice =
  | { readonly type: 'own'; readonly victim: 'tidewire' | 'ws' }
  | { readonly type: 'running'; readonly url: URL; readonly pid: number };

export interface RunOptions {
  /** How long the quiet time before an attack is measured, in milliseconds. */
  readonly quietMs: number;
  /** Without one, nobody knows what the machine itself is to blame for. */
  readonly bystander?: Bystander;
}

/** A server that is not attacked, and a client of it. */
export class Bystander {
  readonly control: ChildProcess;
  readonly #server: Server;

  private constructor(server: Server, control: ChildProcess) {
    this.#server = server;
    this.control = control;
  }

  static async start(): Promise<Bystander> {
    const server = await startVictim('tidewire', {});
    const control = fork(here('control-client.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await greet(control, server.url, false);
    return new Bystander(server, control);
  }

  stop(): void {
    this.control.kill('SIGKILL');
    this.#server.stop();
  }
}

const DEFAULT_GROWTH_MIB = 64;
/** What is not given back at rest, in MiB: memory that the allocator keeps. */
const REST_GROWTH_MIB = 96;
/** Below this nothing is judged: attacks, server and client share the processors of one machine. */
const DELAY_FLOOR_MS = 50;
/** Of fewer, the 99th percentile is one answer that happened to be slow. */
const FEWEST_ANSWERS = 100;
const REST_MS = 4_000;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Whether an attack can be run against this target. */
export function isPossible({ needs }: Attack, target: TargetChoice): boolean {
  if (target.type === 'running') return needs === undefined;
  return target.victim === 'tidewire' || needs !== 'realtime';
}

export async function runAttack(
  attack: Attack,
  choice: TargetChoice,
  options: RunOptions,
): Promise<AttackResult> {
  const server =
    choice.type === 'own' ? await startVictim(choice.victim, attack.victim ?? {}) : runningServer(choice);
  const control = fork(here('control-client.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    return await attackWith(attack, server, control, options);
  } finally {
    control.kill('SIGKILL');
    server.stop();
  }
}

interface Server {
  readonly pid: number;
  readonly url: URL;
  readonly process: ChildProcess | undefined;
  stop(): void;
}

async function attackWith(
  attack: Attack,
  server: Server,
  control: ChildProcess,
  { quietMs, bystander }: RunOptions,
): Promise<AttackResult> {
  const { url, pid } = server;
  const isRealtime = attack.victim?.realtime === true;
  await greet(control, url, isRealtime);
  await window(control);
  await sleep(quietMs);
  const quiet = await window(control);
  const resting = await rest(server);
  const before = readProcess(pid) ?? gone(attack);

  if (bystander !== undefined) await window(bystander.control);
  const gauge = new PeakGauge(pid);
  const target = { host: url.hostname, port: Number(url.port), path: url.pathname };
  const attacker = new Attacker(target, (command: VictimCommand) => void server.process?.send(command));
  let outcome: Outcome;
  const startedAt = performance.now();
  try {
    outcome = await attack.run(attacker);
  } catch (error) {
    outcome = {
      isHeld: false,
      answer: error instanceof Error ? error.message.split('\n', 1)[0]! : String(error),
    };
  }
  const elapsedMs = performance.now() - startedAt;
  const during = await window(control);
  const elsewhere = bystander && (await window(bystander.control));
  await attacker.leave();
  gauge.stop();
  const faults = outcome.isHeld ? [] : [outcome.answer];
  const after = await settle(pid, before);
  if (after === undefined) faults.push('the server is gone');
  const afterwards = after === undefined ? undefined : await rest(server);
  const end = readProcess(pid) ?? after ?? before;
  faults.push(...judge(attack, { before, after: end, peakMiB: gauge.peakMiB }));
  if (!during.isConnected) faults.push('the control client was disconnected');
  if (afterwards !== undefined)
    for (const surprise of afterwards.surprises) faults.push(`uncaught: ${surprise}`);
  const { name, group, about } = attack;
  return {
    name,
    group,
    about,
    answer: outcome.answer,
    faults,
    elapsedMs,
    delays: judgeDelay([quiet, elsewhere], during),
    before,
    peakMiB: gauge.peakMiB,
    after: end,
    longestDelayMs: afterwards?.longestDelayMs ?? resting?.longestDelayMs,
    quiet,
    during,
    elsewhere,
  };
}

function judge(
  { maxGrowthMiB = DEFAULT_GROWTH_MIB }: Attack,
  { before, after, peakMiB }: Pick<AttackResult, 'before' | 'after' | 'peakMiB'>,
): string[] {
  const faults: string[] = [];
  const growth = Math.round(peakMiB - before.rssMiB);
  if (growth > maxGrowthMiB) faults.push(`grew by ${growth} MiB, and may by ${maxGrowthMiB}`);
  const kept = Math.round(after.rssMiB - before.rssMiB);
  if (kept > Math.max(maxGrowthMiB, REST_GROWTH_MIB)) faults.push(`kept ${kept} MiB`);
  const descriptors = after.descriptors - before.descriptors;
  if (descriptors > 2) faults.push(`kept ${descriptors} descriptors`);
  return faults;
}

function judgeDelay(calm: readonly (Measured | undefined)[], during: Measured): string[] {
  if (during.answers < FEWEST_ANSWERS) return [];
  const most = Math.max(...calm.map((measured) => 1.5 * (measured?.p99Ms ?? 0)), DELAY_FLOOR_MS);
  if (during.p99Ms <= most) return [];
  return [`p99 of the control client ${during.p99Ms.toFixed(1)} ms, and may be ${most.toFixed(1)}`];
}

async function greet(control: ChildProcess, url: URL, isRealtime: boolean): Promise<void> {
  const start: ToControl = { type: 'start', url: url.href, isRealtime };
  control.send(start);
  await nextMessage<FromControl>(control, 'open');
}

/** Waits until the descriptors are back where they were, for a while. */
async function settle(pid: number, before: Reading): Promise<Reading | undefined> {
  const until = performance.now() + REST_MS;
  let reading = readProcess(pid);
  while (reading !== undefined && reading.descriptors > before.descriptors && performance.now() < until) {
    await sleep(50);
    reading = readProcess(pid);
  }
  return reading;
}

function gone({ name }: Attack): never {
  throw new Error(`the server was gone before ${name} began`);
}

/** Asks the process of the server to collect its garbage, and what it noticed. */
async function rest({
  process: child,
}: Server): Promise<Extract<FromVictim, { type: 'resting' }> | undefined> {
  if (child === undefined) return undefined;
  const message: ToVictim = { type: 'rest' };
  child.send(message);
  return nextMessage<FromVictim, 'resting'>(child, 'resting');
}

function window(control: ChildProcess): Promise<Measured> {
  const message: ToControl = { type: 'window' };
  control.send(message);
  return nextMessage<FromControl, 'measured'>(control, 'measured');
}

function nextMessage<
  Message extends { readonly type: string },
  Type extends Message['type'] = Message['type'],
>(child: ChildProcess, type: Type): Promise<Extract<Message, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const receive = (message: unknown): void => {
      if ((message as Message).type !== type) return;
      child.off('message', receive);
      child.off('exit', exit);
      resolve(message as Extract<Message, { type: Type }>);
    };
    const exit = (): void => reject(new Error(`a process ended before it said ${type}`));
    child.on('message', receive);
    child.on('exit', exit);
  });
}

async function startVictim(victim: 'tidewire' | 'ws', options: VictimOptions): Promise<Server> {
  const file = here(`victims/${victim}.js`);
  const flags = ['--expose-gc', '--enable-source-maps'];
  const stdio: ('ignore' | 'inherit' | 'ipc')[] = ['ignore', 'ignore', 'inherit', 'ipc'];
  const child =
    options.openFiles === undefined
      ? fork(file, { execArgv: flags, stdio })
      : spawn(
          'sh',
          ['-c', 'ulimit -n "$0"; exec "$@"', String(options.openFiles), process.execPath, ...flags, file],
          {
            stdio,
          },
        );
  await Promise.race([once(child, 'spawn'), once(child, 'error')]);
  const message: ToVictim = { type: 'start', options };
  child.send(message);
  const { port } = await nextMessage<FromVictim, 'listening'>(child, 'listening');
  return {
    pid: child.pid as number,
    url: new URL(`${options.tls === true ? 'wss' : 'ws'}://127.0.0.1:${port}/`),
    process: child,
    stop: () => void child.kill('SIGKILL'),
  };
}

function runningServer({ url, pid }: { readonly url: URL; readonly pid: number }): Server {
  return { pid, url, process: undefined, stop: () => undefined };
}
