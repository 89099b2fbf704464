// The process of a well-behaved client, as the one that measures sees it.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromControl, Measured, ToControl } from './control-client.ts';
import { nextMessage } from './next-message.ts';

export class ControlProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the client is connected. */
  static async start(url: URL, isRealtime = false): Promise<ControlProcess> {
    const file = fileURLToPath(new URL('control-client.js', import.meta.url));
    const child = fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.send({ type: 'start', url: url.href, isRealtime } satisfies ToControl);
    await nextMessage<FromControl, 'open'>(child, 'open', 20_000);
    return new ControlProcess(child);
  }

  /** What was measured since the last time, or since the start. */
  async window(): Promise<Measured> {
    this.#child.send({ type: 'window' } satisfies ToControl);
    return nextMessage<FromControl, 'measured'>(this.#child, 'measured', 20_000);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
