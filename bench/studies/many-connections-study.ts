// Fifty thousand connections over several processes: opened, kept, and echoed to.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../measure/progress.ts';
import { number } from '../report/figures.ts';
import { EchoCommand } from './echo-command.ts';
import { LoadGroup } from './load-group.ts';
import type { Findings } from './study.ts';

const total = 50_000;
/** A process holds at most 20 000 descriptors on the machines this is meant for. */
const processes = 4;
/** Longer than the keepalive interval, so that every connection has been asked whether it is still there. */
const keptMs = 25_000;
const echoMs = 4_000;

export const manyConnectionsStudy = {
  id: 'fifty-thousand',
  title: 'Fifty thousand connections',
  async run(progress: Progress): Promise<Findings> {
    const message = { bytes: 32, content: 'text' } as const;
    const workload = { type: 'echo', connections: total, depth: 1, message } as const;
    const server = await EchoCommand.start({ workers: processes });
    const load = await LoadGroup.start(processes, server.port, workload);
    try {
      const steps = new Steps(server);
      const empty = server.anonymousBytes();
      progress('opening');
      await steps.take('opened', () => load.open(total / processes).then(() => total));
      const opened = server.anonymousBytes();
      progress(`kept for ${keptMs / 1000} s`);
      await steps.take('kept; each was pinged', () => sleep(keptMs, total));
      const kept = server.anonymousBytes();
      progress('echo');
      await steps.take('echoed 32 B, one in flight on each', async () => (await load.run(echoMs)).messages);
      const kibibytesEach = (bytes: number) => number((bytes - empty) / 1024 / total);
      return {
        remarks: [
          `\`tidewire echo --workers ${processes}\` and ${processes} processes of load, from 200 source addresses, on one machine.
Every echo is verified. Memory of all server processes together, less what they held before: ${kibibytesEach(opened)} KiB a connection
once all are open (handshakes leave garbage), ${kibibytesEach(kept)} KiB after they were kept.`,
        ],
        tables: [
          {
            caption: '',
            header: ['step', 'seconds', 'a second', 'server CPU µs each', 'open'],
            lines: [...steps.lines],
          },
        ],
      };
    } finally {
      await load.stop();
      await server.stop();
    }
  },
};

/** Times each step and the CPU the server takes for it. */
class Steps {
  readonly lines: (string | number)[][] = [];
  readonly #server: EchoCommand;
  readonly #descriptorsBefore: readonly number[];

  constructor(server: EchoCommand) {
    this.#server = server;
    this.#descriptorsBefore = server.descriptors();
  }

  /** Connections that each serving process holds open. */
  get open(): number[] {
    return this.#server.descriptors().map((count, index) => count - this.#descriptorsBefore[index]!);
  }

  /** `work` resolves to how many things it did. Throws when connections are missing after it. */
  async take(name: string, work: () => Promise<number>): Promise<void> {
    const [start, cpuBefore] = [performance.now(), this.#server.cpuUs()];
    const done = await work();
    const seconds = (performance.now() - start) / 1000;
    const cpuUs = this.#server.cpuUs() - cpuBefore;
    const { open } = this;
    const sum = open.reduce((left, right) => left + right, 0);
    if (sum < total) throw new Error(`${name}: only ${sum} of ${total} connections are open`);
    this.lines.push([
      name,
      number(seconds),
      Math.round(done / seconds),
      number(cpuUs / done),
      open.join(' + '),
    ]);
  }
}
