// Runs the command `tidewire` as a shell does, for the tests.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** What a failed test left behind must not keep the others waiting. */
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

export interface RunOptions {
  /** All of the standard input; without it the input stays open. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Tidewire {
  readonly process: ChildProcess;
  /** Its exit status, and all of its standard error. */
  readonly exited: Promise<{ code: number | null; stderr: string }>;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[], { input, env = {} }: RunOptions = {}) {
    const { PORT, HOST, NO_COLOR, FORCE_COLOR, ...inherited } = process.env;
    this.process = spawn(process.execPath, [main, ...args], { env: { ...inherited, ...env } });
    running.add(this.process);
    this.process.once('close', () => running.delete(this.process));
    let stderr = '';
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.exited = once(this.process, 'close').then(([code]) => ({ code, stderr }));
    const output: Interface = createInterface({ input: this.process.stdout! });
    this.#lines = output[Symbol.asyncIterator]();
    if (input !== undefined) this.process.stdin!.end(input);
  }

  /** The next line of its standard output; undefined when it has ended. */
  async line(): Promise<string | undefined> {
    const { done, value } = await this.#lines.next();
    return done ? undefined : value;
  }

  /** The next line, which is JSON. */
  async json(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.line()) ?? 'null');
  }

  /** Waits for its end: the exit status, and what it printed after the lines that were read. */
  async end(): Promise<{ code: number | null; stdout: string[]; stderr: string }> {
    const stdout: string[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) stdout.push(line);
    return { stdout, ...(await this.exited) };
  }

  /** Asks it to end, as Ctrl+C or a service manager does, and waits. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return (await this.end()).code;
  }
}
