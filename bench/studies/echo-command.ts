// Runs `tidewire echo` as a user does, with so many workers.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { cpuTimeUs, memoryOf } from '../measure/process-usage.ts';
import { commandProgram } from '../paths.ts';

/** `dealt`: how connections come to the workers; `by the kernel` is NODE_CLUSTER_SCHED_POLICY=none. */
export interface EchoCommandOptions {
  readonly workers: number;
  readonly dealt?: 'in turn' | 'by the kernel';
}

/** How long it may take to end before it is killed. */
const stopTimeoutMs = 15_000;

export class EchoCommand {
  readonly port: number;
  /** The processes that serve: the workers, or the command itself where it has none. */
  readonly servers: readonly number[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, servers: readonly number[]) {
    this.#child = child;
    this.port = port;
    this.servers = servers;
  }

  static async start({ workers, dealt = 'in turn' }: EchoCommandOptions): Promise<EchoCommand> {
    const args = [commandProgram, 'echo', '--port', '0', '--json', '--workers', `${workers}`];
    const env = {
      ...process.env,
      NODE_CLUSTER_SCHED_POLICY: dealt === 'in turn' ? 'rr' : 'none',
    };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(() => Promise.reject(new Error('tidewire echo did not start'))),
    ]);
    const { url, workers: pids = [child.pid!] } = JSON.parse(line) as { url: string; workers?: number[] };
    return new EchoCommand(child, Number(new URL(url).port), pids);
  }

  /** CPU of all its processes so far, in microseconds. */
  cpuUs(): number {
    return this.#pids.reduce((sum, pid) => sum + cpuTimeUs(pid), 0);
  }

  /** Memory of its own that all its processes hold, in bytes. */
  anonymousBytes(): number {
    return this.#pids.reduce((sum, pid) => sum + memoryOf(pid).anonymous, 0);
  }

  /** Open descriptors of each process that serves. */
  descriptors(): number[] {
    return this.servers.map((pid) => readdirSync(`/proc/${pid}/fd`).length);
  }

  /** Ends it as a service manager does; resolves to its exit status when it is gone. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    const [code] = await exited;
    clearTimeout(deadline);
    return code;
  }

  get #pids(): number[] {
    return [...new Set([this.#child.pid!, ...this.servers])];
  }
}
