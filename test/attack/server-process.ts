// The process of a server that is attacked: one that is started for it, or one that runs already.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { VictimOptions } from './attack.ts';
import { nextMessage } from './next-message.ts';
import type { FromVictim, ToVictim, VictimReading } from './victims/messages.ts';

/** Which server is attacked. */
export type TargetChoice =
  | { readonly type: 'own'; readonly victim: 'tidewire' | 'ws' }
  | { readonly type: 'running'; readonly url: URL; readonly pid: number };

const stdio: ('ignore' | 'inherit' | 'ipc')[] = ['ignore', 'ignore', 'inherit', 'ipc'];
const flags = ['--expose-gc', '--enable-source-maps'];

interface Origin {
  readonly child?: ChildProcess;
  readonly countsLimits?: boolean;
}

export class ServerProcess {
  readonly url: URL;
  readonly pid: number;
  readonly #child: ChildProcess | undefined;

  /** Whether it tells by name how often each limit was reached. */
  readonly countsLimits: boolean;

  private constructor(url: URL, pid: number, { child, countsLimits = false }: Origin = {}) {
    this.url = url;
    this.pid = pid;
    this.countsLimits = countsLimits;
    this.#child = child;
  }

  /** One that runs already. */
  static running(url: URL, pid: number): ServerProcess {
    return new ServerProcess(url, pid);
  }

  static async start(victim: 'tidewire' | 'ws', options: VictimOptions): Promise<ServerProcess> {
    const file = fileURLToPath(new URL(`victims/${victim}.js`, import.meta.url));
    const child =
      options.openFiles === undefined
        ? fork(file, { execArgv: flags, stdio })
        : spawn(
            'sh',
            ['-c', 'ulimit -n "$0"; exec "$@"', String(options.openFiles), process.execPath, ...flags, file],
            { stdio },
          );
    await Promise.race([once(child, 'spawn'), once(child, 'error')]);
    child.send({ type: 'start', options } satisfies ToVictim);
    const { port } = await nextMessage<FromVictim, 'listening'>(child, 'listening');
    const scheme = options.tls === true ? 'wss' : 'ws';
    const url = new URL(`${scheme}://127.0.0.1:${port}/`);
    return new ServerProcess(url, child.pid as number, { child, countsLimits: victim === 'tidewire' });
  }

  command(message: ToVictim): void {
    this.#child?.send(message);
  }

  /** Asks it to collect its garbage. */
  async collectGarbage(): Promise<void> {
    await this.#ask('rest', 'rested');
  }

  /** What it noticed since it was asked last. */
  async read(): Promise<VictimReading | undefined> {
    return (await this.#ask('read', 'reading'))?.reading;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
  }

  async #ask<Type extends FromVictim['type']>(
    type: 'rest' | 'read',
    answer: Type,
  ): Promise<Extract<FromVictim, { type: Type }> | undefined> {
    if (this.#child === undefined) return undefined;
    this.#child.send({ type } satisfies ToVictim);
    return nextMessage<FromVictim, Type>(this.#child, answer, 30_000);
  }
}
