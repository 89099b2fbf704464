// What it costs where a channel is kept: CPU and latency of a publication, in memory, in another process, and in a file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Latency } from '../load/load.ts';
import type { Progress } from '../measure/progress.ts';
import { Stand } from '../measure/stand.ts';
import { type Spread, spreadOf } from '../measure/statistics.ts';
import { number, spread, whole } from '../report/figures.ts';
import type { Findings, FindingsTable } from './study.ts';

const rounds = 5;
const roundMs = 700;
const warmUpMs = 700;
const bytes = 100;
/** Publications that are sent together. */
const depths = [1, 32];
const latencyPerSecond = 200;

interface Kept {
  readonly name: string;
  readonly stand: Stand;
  readonly cpuUs: number[];
  readonly perSecond: number[];
  readonly latencies: Latency[];
}

export const durabilityStudy = {
  id: 'durability',
  title: 'What durability costs',
  async run(progress: Progress): Promise<Findings> {
    const directory = mkdtempSync(join(tmpdir(), 'tidewire-bench-'));
    try {
      const tables: FindingsTable[] = [];
      for (const depth of depths) tables.push(await compare(directory, depth, progress));
      return {
        remarks: [
          `A publication of ${bytes} B to a channel of class log, with one subscriber, who receives it once it is stored.
*In memory* is the broker of one process; *in another process* reaches one over IPC, as workers do; *SQLite* has it on disk (\`synchronous = FULL\`) before it is acknowledged or delivered.
CPU is of all threads of the server, and of the other process; the disk is that of the temporary directory. Latency is from when a publication was
due, at ${latencyPerSecond} a second, to its delivery.`,
        ],
        tables,
      };
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function compare(directory: string, depth: number, progress: Progress): Promise<FindingsTable> {
  const workload = { type: 'channel-fanout', connections: 1, perTick: depth, bytes } as const;
  const all: Kept[] = [];
  try {
    const file = join(directory, `depth-${depth}.db`);
    for (const [name, place] of [
      ['in memory', {}],
      ['in another process', { kept: 'elsewhere' }],
      ['SQLite', { kept: { file } }],
    ] as const) {
      const stand = await Stand.start('tidewire', { side: 'server', workload: { ...workload, ...place } });
      all.push({ name, stand, cpuUs: [], perSecond: [], latencies: [] });
      await stand.open(1);
      await stand.run(warmUpMs);
    }
    for (let round = 1; round <= rounds; round++) {
      progress(`${depth} in flight: round ${round} of ${rounds}`);
      for (const { stand, cpuUs, perSecond, latencies } of all) {
        const run = await stand.run(roundMs);
        cpuUs.push(run.cpuUs / run.messages);
        perSecond.push((run.messages * 1000) / run.elapsedMs);
        if (depth === 1) latencies.push(await stand.latency(roundMs, latencyPerSecond));
      }
    }
  } finally {
    await Promise.all(all.map(({ stand }) => stand.stop()));
  }
  return {
    caption: `${depth} in flight`,
    header: ['', 'server CPU µs', 'a second', ...(depth === 1 ? ['p50 µs', 'p99 µs'] : [])],
    lines: all.map(({ name, cpuUs, perSecond, latencies }) => [
      name,
      spread(spreadOf(cpuUs)),
      whole(spreadOf(perSecond).median),
      ...(depth === 1 ? percentiles(latencies) : []),
    ]),
  };
}

function percentiles(latencies: readonly Latency[]): string[] {
  const each = (figure: (latency: Latency) => number): Spread => spreadOf(latencies.map(figure));
  return [each(({ p50Us }) => p50Us), each(({ p99Us }) => p99Us)].map(({ median }) => number(median));
}
