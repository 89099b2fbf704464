// A child process that answers one line of JSON with one line of JSON: a server, a client, or the load.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Command } from '../peers.ts';
import { cpuTimeUs } from './process-usage.ts';

/** The first line of a worker. */
export interface Ready {
  readonly pid: number;
  /** Where it listens, if it is a server. */
  readonly port?: number;
  readonly version?: string;
  /** Processes that it has started, and that work for it. */
  readonly helpers?: readonly number[];
}

/** What the harness asks of a worker; each understands those that make sense for it. */
export type Request =
  | { readonly type: 'open'; readonly count: number }
  | { readonly type: 'run'; readonly durationMs: number }
  | { readonly type: 'latency'; readonly durationMs: number; readonly perSecond: number }
  | { readonly type: 'memory' }
  | { readonly type: 'heap'; readonly path: string };

/** A worker that has not answered by then hangs, and is ended. */
const answerDeadlineMs = 180_000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export class Worker {
  readonly ready: Ready;
  readonly #child: Child;
  readonly #nextLine: () => Promise<unknown>;

  private constructor(ready: Ready, child: Child, nextLine: () => Promise<unknown>) {
    this.ready = ready;
    this.#child = child;
    this.#nextLine = nextLine;
  }

  /** Resolves when the process has said that it is ready; rejects with the reason why it never will be. */
  static async start({ file, args }: Command): Promise<Worker> {
    if (!existsSync(file)) throw new Error('not installed on this machine');
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const nextLine = linesOf(child);
    const first = (await nextLine()) as Ready | { unavailable: string };
    if ('unavailable' in first) throw new Error(first.unavailable);
    return new Worker(first, child, nextLine);
  }

  /** Asks, and resolves to the answer; rejects when the worker failed or is gone. Ask one thing at a time. */
  async ask<Answer>(request: Request): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      this.#child.kill('SIGKILL');
    }, answerDeadlineMs);
    const answer = (await this.#nextLine()
      .catch((error) => {
        throw isLate ? new Error(`no answer within ${answerDeadlineMs / 1000} s`) : error;
      })
      .finally(() => clearTimeout(deadline))) as Answer | { error: string } | null;
    if (answer !== null && typeof answer === 'object' && 'error' in answer) throw new Error(answer.error);
    return answer as Answer;
  }

  /** CPU of the process and its helpers so far, in microseconds. */
  cpuUs(): number {
    const { pid, helpers = [] } = this.ready;
    return [pid, ...helpers].reduce((sum, each) => sum + cpuTimeUs(each), 0);
  }

  /** Ends the process and resolves when it is gone. */
  stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }
}

/** Reads what a process prints, a line at a time; rejects with the end of its standard error once it is gone. */
function linesOf(child: Child): () => Promise<unknown> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk).slice(-2000);
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  return async () => {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value);
    await exited;
    throw new Error(
      complaint.split('\n').find((line) => /^(\w*Error|error): /.test(line)) ?? 'the process ended',
    );
  };
}
