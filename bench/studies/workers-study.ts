// What a second worker process gives: messages a second, and what it costs to deal the connections out.
import { availableParallelism } from 'node:os';
import { cpuTimeUs } from '../measure/process-usage.ts';
import type { Progress } from '../measure/progress.ts';
import { spreadOf } from '../measure/statistics.ts';
import { number, spread, whole } from '../report/figures.ts';
import type { EchoWorkload, HandshakeWorkload } from '../workload.ts';
import { EchoCommand, type EchoCommandOptions } from './echo-command.ts';
import { LoadGroup } from './load-group.ts';
import type { Findings, FindingsTable } from './study.ts';

const rounds = 5;
const roundMs = 800;
const warmUpMs = 800;
const connections = 100;

const echo = { type: 'echo', connections } as const;
const workloads: readonly (EchoWorkload & { readonly title: string })[] = [
  { ...echo, title: 'echo 32 B, 16 in flight', depth: 16, message: { bytes: 32, content: 'text' } },
  {
    ...echo,
    title: 'echo 2 KiB JSON, permessage-deflate',
    depth: 1,
    // `tidewire echo` compresses what is longer than 1 KiB.
    message: { bytes: 2048, content: 'json' },
    deflate: true,
  },
];

const opening: HandshakeWorkload = { type: 'handshake', connections: 32 };

export const workersStudy = {
  id: 'workers',
  title: 'Workers',
  async run(progress: Progress): Promise<Findings> {
    const tables: FindingsTable[] = [];
    for (const workload of workloads) tables.push(await throughput(workload, progress));
    tables.push(await dealing(progress));
    return {
      remarks: [
        `\`tidewire echo --workers 2\` against one process, in alternating rounds; the load is as many processes as
there are workers. Load and server share ${availableParallelism()} cores, so that throughput cannot double here: *possible* is
the ratio at which all cores are busy, by the CPU that one process and its load take for each message.`,
      ],
      tables,
    };
  },
};

/** One server and its load. */
class Side {
  readonly server: EchoCommand;
  readonly load: LoadGroup;
  readonly perSecond: number[] = [];
  readonly serverUs: number[] = [];
  readonly loadUs: number[] = [];

  private constructor(server: EchoCommand, load: LoadGroup) {
    this.server = server;
    this.load = load;
  }

  static async start(options: EchoCommandOptions, workload: EchoWorkload | HandshakeWorkload): Promise<Side> {
    const server = await EchoCommand.start(options);
    const load = await LoadGroup.start(options.workers, server.port, workload);
    return new Side(server, load);
  }

  async round(durationMs: number): Promise<void> {
    const loadCpuUs = () => this.load.pids.reduce((sum, pid) => sum + cpuTimeUs(pid), 0);
    const [serverBefore, loadBefore] = [this.server.cpuUs(), loadCpuUs()];
    const { messages, elapsedMs } = await this.load.run(durationMs);
    this.perSecond.push((messages * 1000) / elapsedMs);
    this.serverUs.push((this.server.cpuUs() - serverBefore) / messages);
    this.loadUs.push((loadCpuUs() - loadBefore) / messages);
  }

  forget(): void {
    for (const figures of [this.perSecond, this.serverUs, this.loadUs]) figures.length = 0;
  }

  async stop(): Promise<void> {
    await this.load.stop();
    await this.server.stop();
  }
}

/** Starts the sides, runs their rounds in turn, and ends them, whatever happens. */
async function inTurn(
  workload: EchoWorkload | HandshakeWorkload,
  all: readonly EchoCommandOptions[],
  progress: (round: number) => void,
): Promise<readonly Side[]> {
  const sides: Side[] = [];
  try {
    for (const options of all) {
      const side = await Side.start(options, workload);
      sides.push(side);
      await side.load.open(workload.connections);
      await side.round(warmUpMs);
      side.forget();
    }
    for (let round = 1; round <= rounds; round++) {
      progress(round);
      for (const side of sides) await side.round(roundMs);
    }
    return sides;
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
  }
}

async function throughput(
  workload: EchoWorkload & { readonly title: string },
  progress: Progress,
): Promise<FindingsTable> {
  const sides = await inTurn(workload, [{ workers: 1 }, { workers: 2 }], (round) =>
    progress(`${workload.title}: round ${round} of ${rounds}`),
  );
  const [one] = sides as [Side, Side];
  const median = (values: readonly number[]) => spreadOf(values).median;
  const [server, load] = [median(one.serverUs), median(one.loadUs)];
  return {
    caption: workload.title,
    header: [
      'processes',
      'messages a second',
      'ratio to one',
      'possible here',
      'server CPU µs',
      'load CPU µs',
    ],
    lines: sides.map((side, index) => [
      index === 0 ? '1' : '2 workers',
      whole(median(side.perSecond)),
      spread(spreadOf(side.perSecond.map((value, round) => value / one.perSecond[round]!))),
      number(possible(index + 1, server, load) / possible(1, server, load)),
      spread(spreadOf(side.serverUs)),
      spread(spreadOf(side.loadUs)),
    ]),
  };
}

/** Messages a second at which so many processes of each kind, or all cores, are busy; costs in microseconds. */
function possible(processes: number, serverUs: number, loadUs: number): number {
  const cores = availableParallelism();
  return 1e6 * Math.min(processes / serverUs, processes / loadUs, cores / (serverUs + loadUs));
}

/** What a connection costs to open, by the way in which it comes to its worker, and how level the workers are then. */
async function dealing(progress: Progress): Promise<FindingsTable> {
  const ways: readonly (EchoCommandOptions & { readonly title: string })[] = [
    { title: 'one process', workers: 1 },
    { title: '2 workers, in turn (the default)', workers: 2, dealt: 'in turn' },
    { title: '2 workers, by the kernel', workers: 2, dealt: 'by the kernel' },
  ];
  const sides = await inTurn(opening, ways, (round) => progress(`handshakes: round ${round} of ${rounds}`));
  const lines = [];
  for (const [index, { title, ...options }] of ways.entries()) {
    const side = sides[index]!;
    lines.push([
      title,
      spread(spreadOf(side.serverUs)),
      whole(spreadOf(side.perSecond).median),
      (await sharesOf(options)).join(' : '),
    ]);
  }
  return {
    caption: 'Opening handshakes',
    header: ['how connections are dealt out', 'server CPU µs each', 'a second', 'of 1 000, by worker'],
    lines,
  };
}

/** How many of 1 000 connections each worker has. */
async function sharesOf(options: EchoCommandOptions): Promise<number[]> {
  const server = await EchoCommand.start(options);
  const load = await LoadGroup.start(1, server.port, { type: 'idle', connections: 1000 });
  try {
    const before = server.descriptors();
    await load.open(1000);
    return server.descriptors().map((count, index) => count - before[index]!);
  } finally {
    await load.stop();
    await server.stop();
  }
}
