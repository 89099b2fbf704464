// Runs one attack against one server, between a quiet time before and one after it.

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Attack, Outcome } from './attack.ts';
import type { FromAttacker, ToAttacker } from './attacker-process.ts';
import { failed } from './attacks/outcome.ts';
import type { Measured } from './control-client.ts';
import { ControlProcess } from './control-process.ts';
import { readProcess } from './gauge.ts';
import { isDisturbed, judgeDelays, judgeResources } from './judge.ts';
import { nextMessage } from './next-message.ts';
import { measurePhase, type Phase, type PhaseSubject } from './phase.ts';
import { ServerProcess, type TargetChoice } from './server-process.ts';

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
  /** How often the attack was made, one time behind the other. */
  readonly runs: number;
  readonly before: Phase;
  readonly during: Phase;
  /** When its descriptors were back and its garbage was collected. */
  readonly after: Phase;
  /** How often each limit of the server was reached. */
  readonly counters: Readonly<Record<string, number>>;
  /** What the same client saw at a server that nobody attacked, at the same time on the same machine. */
  readonly elsewhere: Record<'before' | 'during' | 'after', Measured> | undefined;
}

export interface RunOptions {
  /** How long the quiet times before and after an attack are, in milliseconds. */
  readonly quietMs: number;
  /** An attack is made again and again for so long, in milliseconds. */
  readonly forMs: number;
  /** Without one, nobody knows what the machine itself is to blame for. */
  readonly bystander?: Bystander;
}

/** A server that is not attacked, and a client of it. */
export class Bystander {
  readonly control: ControlProcess;
  readonly #server: ServerProcess;

  private constructor(server: ServerProcess, control: ControlProcess) {
    this.#server = server;
    this.control = control;
  }

  static async start(): Promise<Bystander> {
    const server = await ServerProcess.start('tidewire', {});
    return new Bystander(server, await ControlProcess.start(server.url));
  }

  stop(): void {
    this.control.stop();
    this.#server.stop();
  }
}

/** How long descriptors may take to be back where they were. */
const REST_MS = 4_000;
/** New processes have code to compile, and memory to find their size in. */
const WARM_UP_MS = 300;
/** A run that the machine disturbed says nothing; so often it is made. */
const MOST_TRIES = 3;

/** Whether an attack can be run against this target. */
export function isPossible({ needs }: Attack, target: TargetChoice): boolean {
  if (target.type === 'running') return needs === undefined;
  return target.victim === 'tidewire' || (needs !== 'realtime' && needs !== 'http2');
}

/** Runs an attack; again where the machine, and not the server, kept clients waiting. */
export async function runAttack(
  attack: Attack,
  choice: TargetChoice,
  options: RunOptions,
): Promise<AttackResult> {
  for (let tries = 1; ; tries += 1) {
    const result = await tryAttack(attack, choice, options);
    const { delays, faults, elsewhere } = result;
    const isInDoubt = faults.length === 0 && delays.length > 0 && elsewhere !== undefined;
    if (!isInDoubt || tries === MOST_TRIES || !isDisturbed(elsewhere)) return result;
  }
}

async function tryAttack(attack: Attack, choice: TargetChoice, options: RunOptions): Promise<AttackResult> {
  const server =
    choice.type === 'own'
      ? await ServerProcess.start(choice.victim, attack.victim ?? {})
      : ServerProcess.running(choice.url, choice.pid);
  const attacker = startAttacker();
  try {
    const isReady = nextMessage<FromAttacker, 'ready'>(attacker, 'ready');
    const control = await ControlProcess.start(server.url, attack.victim?.realtime === true);
    try {
      await isReady;
      return await attackWith(attack, { server, control, attacker }, options);
    } finally {
      control.stop();
    }
  } finally {
    attacker.kill('SIGKILL');
    server.stop();
  }
}

/** Not `os.setPriority`, which on Linux would leave the threads that run already as they are. */
function startAttacker(): ChildProcess {
  const file = fileURLToPath(new URL('attacker-process.js', import.meta.url));
  return spawn('nice', ['-n', '19', process.execPath, '--enable-source-maps', file], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function attackWith(
  attack: Attack,
  subject: PhaseSubject & { readonly attacker: ChildProcess },
  { quietMs, forMs, bystander }: RunOptions,
): Promise<AttackResult> {
  const { server, attacker } = subject;
  await sleep(Math.min(WARM_UP_MS, quietMs));
  await server.collectGarbage();
  await bystander?.control.window();
  const before = await measurePhase(subject, () => sleep(quietMs));
  const quietElsewhere = await bystander?.control.window();
  if (before === undefined) throw new Error(`the server was gone before ${attack.name} began`);

  let outcome: Outcome = failed('nothing');
  let runs = 0;
  const during = await measurePhase(subject, async () => {
    ({ outcome, runs } = await perform(attack, { server, attacker, forMs }));
  });
  const duringElsewhere = await bystander?.control.window();
  attacker.kill('SIGKILL');

  const faults = outcome.isHeld ? [] : [outcome.answer];
  await settle(server.pid, before.phase.descriptors);
  if (during !== undefined) await server.collectGarbage();
  // What is freed is freed by a thread of its own.
  await sleep(Math.min(WARM_UP_MS, quietMs));
  await bystander?.control.window();
  const after = during && (await measurePhase(subject, () => sleep(quietMs)));
  const afterElsewhere = await bystander?.control.window();
  if (after === undefined) faults.push('the server is gone');
  const phases = {
    before: before.phase,
    during: during?.phase ?? before.phase,
    after: after?.phase ?? before.phase,
  };
  faults.push(...judgeResources(attack, phases));
  const { counter } = attack;
  const counters = { ...during?.counters };
  if (counter !== undefined && server.countsLimits && !((counters[counter] ?? 0) > 0)) {
    faults.push(`${counter} was not counted`);
  }
  for (const surprise of after?.surprises ?? []) faults.push(`uncaught: ${surprise}`);
  const { name, group, about } = attack;
  return {
    name,
    group,
    about,
    answer: outcome.answer,
    faults,
    delays: judgeDelays(attack, phases),
    runs,
    ...phases,
    counters,
    elsewhere: quietElsewhere &&
      duringElsewhere &&
      afterElsewhere && { before: quietElsewhere, during: duringElsewhere, after: afterElsewhere },
  };
}

/** Has the other process attack, and gives what became of it. */
async function perform(
  { name }: Attack,
  {
    server,
    attacker,
    forMs,
  }: { readonly server: ServerProcess; readonly attacker: ChildProcess; readonly forMs: number },
): Promise<{ outcome: Outcome; runs: number }> {
  const pass = (message: FromAttacker): void => {
    if (message.type === 'command') server.command(message.command);
  };
  const { hostname, port, pathname: path } = server.url;
  const target = { host: hostname, port: Number(port), path, pid: server.pid };
  attacker.on('message', pass);
  attacker.send({
    type: 'run',
    name,
    target,
    forMs,
  } satisfies ToAttacker);
  try {
    return await nextMessage<FromAttacker, 'outcome'>(attacker, 'outcome');
  } catch (error) {
    return { outcome: failed(String(error)), runs: 1 };
  } finally {
    attacker.off('message', pass);
  }
}

/** Waits until the descriptors are back where they were, for a while. */
async function settle(pid: number, descriptors: number): Promise<void> {
  const until = performance.now() + REST_MS;
  while ((readProcess(pid)?.descriptors ?? 0) > descriptors && performance.now() < until) await sleep(50);
}
