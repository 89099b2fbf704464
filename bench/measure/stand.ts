// A test stand: one measured process, the process on the other side of the wire, and the one of them that drives.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Latency, LoadCount } from '../load/load.ts';
import { loadProgram } from '../paths.ts';
import { clientCommand, type PeerName, serverCommand } from '../peers.ts';
import type { Row } from '../rows.ts';
import type { Workload } from '../workload.ts';
import { type HeapSummary, summarizeHeap } from './heap-snapshot.ts';
import { memoryOf } from './process-usage.ts';
import { Worker } from './worker.ts';

export interface Run extends LoadCount {
  /** CPU of the measured process and of the other side, in microseconds. */
  readonly cpuUs: number;
  readonly otherCpuUs: number;
}

/** Memory of a process, in bytes. */
export interface MemoryReading {
  /** That no file backs: heap, buffers, stacks. */
  readonly anonymous: number;
  /** Of the JavaScript heap: in use, and taken from the system. */
  readonly heapUsed: number;
  readonly heapCommitted: number;
  /** Of buffers outside the heap. */
  readonly external: number;
}

export class Stand {
  readonly peer: PeerName;
  readonly #subject: Worker;
  readonly #other: Worker;
  readonly #driver: Worker;

  constructor(peer: PeerName, roles: { subject: Worker; other: Worker; driver: Worker }) {
    this.peer = peer;
    this.#subject = roles.subject;
    this.#other = roles.other;
    this.#driver = roles.driver;
  }

  /** Starts both processes; rejects when the peer cannot do what the row asks. */
  static start(peer: PeerName, row: Pick<Row, 'side' | 'workload'>): Promise<Stand> {
    return row.side === 'server' ? startServer(peer, row.workload) : startClient(peer, row.workload);
  }

  get version(): string {
    return this.#subject.ready.version ?? '';
  }

  /** Opens this many more connections. */
  async open(count: number): Promise<void> {
    await this.#driver.ask({ type: 'open', count });
  }

  /** Keeps messages in flight for about this long, and reads the processes' CPU before and after. */
  async run(durationMs: number): Promise<Run> {
    const cpuBefore = this.#subject.cpuUs();
    const otherBefore = this.#other.cpuUs();
    const count = await this.#driver.ask<LoadCount>({ type: 'run', durationMs });
    return {
      ...count,
      cpuUs: this.#subject.cpuUs() - cpuBefore,
      otherCpuUs: this.#other.cpuUs() - otherBefore,
    };
  }

  latency(durationMs: number, perSecond: number): Promise<Latency> {
    return this.#driver.ask({ type: 'latency', durationMs, perSecond });
  }

  /** What the measured process holds once its garbage is collected. */
  async memory(): Promise<MemoryReading> {
    const heap = await this.#subject.ask<Omit<MemoryReading, 'anonymous'>>({ type: 'memory' });
    return { anonymous: memoryOf(this.#subject.ready.pid).anonymous, ...heap };
  }

  /** Sums up what is in the heap of the measured process, which must be V8's; that needs a good deal of memory itself. */
  async heap(): Promise<HeapSummary> {
    const directory = mkdtempSync(join(tmpdir(), 'tidewire-bench-'));
    try {
      const path = join(directory, 'heap.heapsnapshot');
      await this.#subject.ask({ type: 'heap', path });
      return summarizeHeap(path);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#subject.stop(), this.#other.stop()]);
  }
}

async function startServer(peer: PeerName, workload: Workload): Promise<Stand> {
  const server = await Worker.start(serverCommand(peer, workload));
  const task = { port: server.ready.port, workload, mirrored: peer === 'net', dialect: peer };
  const load = await Worker.start({ file: process.execPath, args: [loadProgram, JSON.stringify(task)] });
  return new Stand(peer, { subject: server, other: load, driver: load });
}

async function startClient(peer: PeerName, workload: Workload): Promise<Stand> {
  const server = await Worker.start(serverCommand('neutral', workload));
  const task = { client: peer, url: `ws://127.0.0.1:${server.ready.port}/`, workload };
  try {
    const client = await Worker.start(clientCommand(peer, task));
    return new Stand(peer, { subject: client, other: server, driver: client });
  } catch (error) {
    await server.stop();
    throw error;
  }
}
