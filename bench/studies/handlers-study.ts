// From `publish` to the handlers: both ends as an application has them, ours beside socket.io and its client.
import type { Latency, LoadCount } from '../load/load.ts';
import type { Progress } from '../measure/progress.ts';
import { spreadOf } from '../measure/statistics.ts';
import { Worker } from '../measure/worker.ts';
import { channelClientProgram } from '../paths.ts';
import { peerTitles, serverCommand } from '../peers.ts';
import { number, spread, whole } from '../report/figures.ts';
import type { Findings } from './study.ts';

const rounds = 5;
const roundMs = 600;
const warmUpMs = 1_000;
const clients = 100;
const perTick = 20;
const latencyPerSecond = 50;
const peers = ['tidewire', 'socketio'] as const;

export const handlersStudy = {
  id: 'handlers',
  title: 'From publish to handler',
  async run(progress: Progress): Promise<Findings> {
    const pairs: Pair[] = [];
    try {
      for (const peer of peers) {
        progress(`${peerTitles[peer]}: start and warm-up`);
        pairs.push(await Pair.start(peer));
      }
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}`);
        for (const pair of pairs) await pair.round();
      }
      const theirs = pairs[1]!;
      return {
        remarks: [
          `One process with ${clients} clients, each with a handler that checks what it gets; one of them publishes 100 B of JSON.
Ours is \`tidewire/client\` on our \`WebSocket\`, with credit, positions and acknowledged publications; theirs is socket.io-client
${theirs.version}. CPU with ${perTick} publications in flight, for each delivery; latency at ${latencyPerSecond} publications a second, open loop, from
when a publication was due to each handler.`,
        ],
        tables: [
          {
            caption: '',
            header: [
              '',
              'client CPU µs',
              'server CPU µs',
              'deliveries a second',
              'p50 µs',
              'p99 µs',
              'p99.9 µs',
            ],
            lines: [
              ...pairs.map((pair) => pair.line()),
              ['ratio', ratio(pairs, 'clientUs'), ratio(pairs, 'serverUs'), '', '', '', ''],
            ],
          },
        ],
      };
    } finally {
      await Promise.all(pairs.map((pair) => pair.stop()));
    }
  },
};

/** A server and the process of its clients. */
class Pair {
  readonly version: string;
  readonly clientUs: number[] = [];
  readonly serverUs: number[] = [];
  readonly #title: string;
  readonly #server: Worker;
  readonly #clients: Worker;
  readonly #perSecond: number[] = [];
  readonly #latencies: Latency[] = [];

  static async start(peer: (typeof peers)[number]): Promise<Pair> {
    const workload = { type: 'channel-fanout', connections: clients, perTick, bytes: 100 } as const;
    const server = await Worker.start(serverCommand(peer, workload));
    try {
      const task = JSON.stringify({ client: peer, port: server.ready.port, perTick });
      const worker = await Worker.start({ file: process.execPath, args: [channelClientProgram, task] });
      await worker.ask({ type: 'open', count: clients });
      await worker.ask({ type: 'run', durationMs: warmUpMs });
      return new Pair(peerTitles[peer], server, worker);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(title: string, server: Worker, worker: Worker) {
    this.#title = title;
    this.#server = server;
    this.#clients = worker;
    this.version = worker.ready.version ?? '';
  }

  async round(): Promise<void> {
    const usage = () => [this.#clients.cpuUs(), this.#server.cpuUs()] as const;
    const before = usage();
    const { messages, elapsedMs } = await this.#clients.ask<LoadCount>({ type: 'run', durationMs: roundMs });
    const after = usage();
    this.clientUs.push((after[0] - before[0]) / messages);
    this.serverUs.push((after[1] - before[1]) / messages);
    this.#perSecond.push((messages * 1000) / elapsedMs);
    const request = { type: 'latency', durationMs: roundMs, perSecond: latencyPerSecond } as const;
    this.#latencies.push(await this.#clients.ask<Latency>(request));
  }

  line(): string[] {
    const percentile = (figure: (latency: Latency) => number) =>
      number(spreadOf(this.#latencies.map(figure)).median);
    return [
      this.#title,
      spread(spreadOf(this.clientUs)),
      spread(spreadOf(this.serverUs)),
      whole(spreadOf(this.#perSecond).median),
      percentile(({ p50Us }) => p50Us),
      percentile(({ p99Us }) => p99Us),
      percentile(({ p999Us }) => p999Us),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all([this.#clients.stop(), this.#server.stop()]);
  }
}

/** Ours divided by theirs, round by round. */
function ratio([ours, theirs]: readonly Pair[], figure: 'clientUs' | 'serverUs'): string {
  return spread(spreadOf(ours![figure].map((value, round) => value / theirs![figure][round]!)));
}
