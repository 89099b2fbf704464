// One peer in one row: takes its turn each round, and keeps what it measured.
import type { Latency } from '../load/load.ts';
import type { PeerName } from '../peers.ts';
import type { Row } from '../rows.ts';
import type { Method, PeerFigures } from './result.ts';
import { type Run, Stand } from './stand.ts';
import { spreadOf } from './statistics.ts';

/** What measuring needs of a row; a point of a curve has no more than this. */
export type Measured = Pick<Row, 'side' | 'workload' | 'peers' | 'latencyPerSecond' | 'fewerConnections'>;

export interface Contender {
  readonly peer: PeerName;
  takeTurn(): Promise<void>;
  /** The figures of all turns; call it after the last. */
  figures(): PeerFigures;
  stop(): Promise<void>;
}

/** Starts what is measured, warmed up; rejects when the peer cannot do what is asked. */
export async function startContender(peer: PeerName, measured: Measured, method: Method): Promise<Contender> {
  const connections = measured.fewerConnections?.[peer] ?? measured.workload.connections;
  const { type } = measured.workload;
  if (type === 'idle' || type === 'channel-idle') return IdleContender.start(peer, measured, connections);
  const stand = await Stand.start(peer, measured);
  try {
    await stand.open(connections);
    await stand.run(method.warmUpMs);
  } catch (error) {
    await stand.stop();
    throw error;
  }
  return new BusyContender(peer, stand, {
    roundMs: method.roundMs,
    latencyPerSecond: measured.latencyPerSecond,
  });
}

/** Drives one and the same process every round. */
class BusyContender implements Contender {
  readonly peer: PeerName;
  readonly #stand: Stand;
  readonly #options: { readonly roundMs: number; readonly latencyPerSecond: number | undefined };
  readonly #runs: Run[] = [];
  readonly #latencies: Latency[] = [];

  constructor(
    peer: PeerName,
    stand: Stand,
    options: { roundMs: number; latencyPerSecond: number | undefined },
  ) {
    this.peer = peer;
    this.#stand = stand;
    this.#options = options;
  }

  async takeTurn(): Promise<void> {
    const { roundMs, latencyPerSecond } = this.#options;
    this.#runs.push(await this.#stand.run(roundMs));
    if (latencyPerSecond !== undefined)
      this.#latencies.push(await this.#stand.latency(roundMs, latencyPerSecond));
  }

  figures(): PeerFigures {
    const each = (figure: (run: Run) => number) => this.#runs.map((run) => round(figure(run)));
    return {
      version: this.#stand.version,
      costs: each((run) => run.cpuUs / run.messages),
      perSecond: each((run) => (run.messages * 1000) / run.elapsedMs),
      otherSide: each((run) => run.otherCpuUs / run.messages),
      wireBytes: spreadOf(each((run) => run.wireBytes)).median,
      ...(this.#latencies.length === 0 ? {} : { latency: medianLatency(this.#latencies) }),
    };
  }

  stop(): Promise<void> {
    return this.#stand.stop();
  }
}

/** Fills a fresh process with connections every round: memory, once used, does not tell what it was used for. */
class IdleContender implements Contender {
  readonly peer: PeerName;
  readonly #measured: Measured;
  readonly #connections: number;
  readonly #resident: number[] = [];
  readonly #heap: number[] = [];
  readonly #external: number[] = [];
  #stand: Stand;

  static async start(peer: PeerName, measured: Measured, connections: number): Promise<Contender> {
    return new IdleContender(peer, measured, { connections, stand: await Stand.start(peer, measured) });
  }

  private constructor(
    peer: PeerName,
    measured: Measured,
    { connections, stand }: { connections: number; stand: Stand },
  ) {
    this.peer = peer;
    this.#measured = measured;
    this.#connections = connections;
    this.#stand = stand;
  }

  async takeTurn(): Promise<void> {
    if (this.#resident.length > 0) {
      await this.#stand.stop();
      this.#stand = await Stand.start(this.peer, this.#measured);
    }
    // Code and tables that a process loads once are there after the first connections: the rest tells the slope.
    const first = 50;
    await this.#stand.open(first);
    const before = await this.#stand.memory();
    await this.#stand.open(this.#connections - first);
    const after = await this.#stand.memory();
    const kibibytesEach = (bytes: number) => round(bytes / 1024 / (this.#connections - first));
    this.#resident.push(kibibytesEach(after.anonymous - before.anonymous));
    this.#heap.push(kibibytesEach(after.heapUsed - before.heapUsed));
    this.#external.push(kibibytesEach(after.external - before.external));
  }

  figures(): PeerFigures {
    return {
      version: this.#stand.version,
      costs: this.#resident,
      heap: { used: spreadOf(this.#heap).median, external: spreadOf(this.#external).median },
    };
  }

  stop(): Promise<void> {
    return this.#stand.stop();
  }
}

function medianLatency(latencies: readonly Latency[]): Latency {
  const median = (percentile: (latency: Latency) => number) =>
    round(spreadOf(latencies.map(percentile)).median);
  return {
    perSecond: latencies[0]!.perSecond,
    p50Us: median((latency) => latency.p50Us),
    p99Us: median((latency) => latency.p99Us),
    p999Us: median((latency) => latency.p999Us),
  };
}

/** To four significant digits: no more is known, and the JSON stays readable. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
