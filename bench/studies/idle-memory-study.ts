// What holds the memory of an idle connection: our objects, Node's, the rest of the process, and the kernel.
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeapSummary } from '../measure/heap-snapshot.ts';
import { kernelObjects, kernelObjectTitles } from '../measure/kernel-memory.ts';
import type { Progress } from '../measure/progress.ts';
import { type MemoryReading, Stand } from '../measure/stand.ts';
import type { PeerName } from '../peers.ts';
import { number } from '../report/figures.ts';
import type { Findings, FindingsTable } from './study.ts';

const connections = 15_000;
/** Opened before anything is measured: what a process loads once must not be charged to connections. */
const first = 50;
/**
 * Longer than our keepalive interval of 20 s: every connection has been pinged when memory is read again. A bare socket
 * waits for nothing.
 */
const keptMs = { tidewire: 25_000, net: 3_000 };
/** In a snapshot of the heap, which takes long; what a connection holds does not depend on how many there are. */
const inSnapshot = 2_000;
/** Kinds that take fewer bytes of a connection are summed up. */
const leastBytes = 16;

export const idleMemoryStudy = {
  id: 'idle-memory',
  title: 'What an idle connection holds',
  async run(progress: Progress): Promise<Findings> {
    const [ours, bare] = [await growthOf('tidewire', progress), await growthOf('net', progress)];
    const [ourObjects, bareObjects] = [
      await objectsOf('tidewire', progress),
      await objectsOf('net', progress),
    ];
    return {
      remarks: [
        `${connections} idle connections with keepalive on, beside a bare \`node:net\` server, which holds what Node itself
needs for a socket. *Kept* is after ${keptMs.tidewire / 1000} s, when every connection has been pinged once. Garbage is collected before each
reading.`,
        `The *gaps* are memory that V8 has taken for its heap and does not use at the moment: most of it is the young
generation, which grows while connections are opened, and no further after that. *C++ and the allocator* is the rest of the process: libuv's
handle and Node's wrapper for each socket, and their tables. Objects are counted in snapshots of the heap with ${inSnapshot}
connections.`,
      ],
      tables: [processTable(ours, bare), heapTable(ourObjects, bareObjects), ...kernelTable(ours.kernel)],
    };
  },
};

/** What the connections added, in bytes for each. */
interface Growth {
  readonly opened: MemoryReading;
  /** After they were kept for a while. */
  readonly kept: MemoryReading;
  /** Undefined where the kernel does not tell. */
  readonly kernel: ReadonlyMap<string, number> | undefined;
}

async function growthOf(peer: keyof typeof keptMs, progress: Progress): Promise<Growth> {
  const stand = await Stand.start(peer, { side: 'server', workload: { type: 'idle', connections } });
  try {
    progress(`${peer}: open`);
    await stand.open(first);
    const [before, kernelBefore] = [await stand.memory(), kernelObjects()];
    await stand.open(connections - first);
    const opened = await stand.memory();
    progress(`${peer}: kept for ${keptMs[peer] / 1000} s`);
    await sleep(keptMs[peer]);
    const [kept, kernelAfter] = [await stand.memory(), kernelObjects()];
    const each = (bytes: number) => bytes / (connections - first);
    const since = (after: MemoryReading): MemoryReading => ({
      anonymous: each(after.anonymous - before.anonymous),
      heapUsed: each(after.heapUsed - before.heapUsed),
      heapCommitted: each(after.heapCommitted - before.heapCommitted),
      external: each(after.external - before.external),
    });
    // Both ends of every connection are in this kernel.
    const kernel =
      kernelBefore &&
      kernelAfter &&
      new Map([...kernelAfter].map(([name, bytes]) => [name, each(bytes - kernelBefore.get(name)!) / 2]));
    return { opened: since(opened), kept: since(kept), kernel };
  } finally {
    await stand.stop();
  }
}

/** What is in the heap for each connection, in objects and bytes. */
async function objectsOf(peer: PeerName, progress: Progress): Promise<HeapSummary> {
  const stand = await Stand.start(peer, {
    side: 'server',
    workload: { type: 'idle', connections: inSnapshot },
  });
  try {
    progress(`${peer}: what is in the heap`);
    await stand.open(first);
    const before = await stand.heap();
    await stand.open(inSnapshot);
    const after = await stand.heap();
    return new Map(
      [...after].map(([kind, { count, bytes }]) => [
        kind,
        {
          count: (count - (before.get(kind)?.count ?? 0)) / inSnapshot,
          bytes: (bytes - (before.get(kind)?.bytes ?? 0)) / inSnapshot,
        },
      ]),
    );
  } finally {
    await stand.stop();
  }
}

function processTable(ours: Growth, bare: Growth): FindingsTable {
  const columns = [ours.opened, ours.kept, bare.kept];
  const line = (name: string, bytesOf: (reading: MemoryReading) => number) => [
    name,
    ...columns.map((reading) => kibibytes(bytesOf(reading))),
  ];
  return {
    caption: 'The process, KiB a connection',
    header: ['', 'Tidewire, just opened', 'Tidewire, kept', 'bare node:net, kept'],
    lines: [
      line('objects in the JavaScript heap', ({ heapUsed }) => heapUsed),
      line('gaps in that heap', ({ heapUsed, heapCommitted }) => heapCommitted - heapUsed),
      line('buffers outside it', ({ external }) => external),
      line(
        'C++ and the allocator',
        ({ anonymous, heapCommitted, external }) => anonymous - heapCommitted - external,
      ),
      line('**resident memory**', ({ anonymous }) => anonymous),
    ],
  };
}

function heapTable(ours: HeapSummary, bare: HeapSummary): FindingsTable {
  const none = { count: 0, bytes: 0 };
  const kinds = [...ours].toSorted(([, left], [, right]) => right.bytes - left.bytes);
  const shown = kinds.filter(([, { bytes }]) => bytes >= leastBytes);
  const total = (heap: HeapSummary) => [...heap.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const sumOfShown = (heap: HeapSummary) =>
    shown.reduce((sum, [kind]) => sum + (heap.get(kind) ?? none).bytes, 0);
  const bytes = (value: number) => Math.round(value);
  return {
    caption: 'Objects in the heap, bytes a connection',
    header: ['', 'how many', 'Tidewire', 'bare node:net'],
    lines: [
      ...shown.map(([kind, held]) => [
        `\`${kind}\``,
        held.count < 0.05 ? '' : number(held.count),
        bytes(held.bytes),
        bytes((bare.get(kind) ?? none).bytes),
      ]),
      ['everything else', '', bytes(total(ours) - sumOfShown(ours)), bytes(total(bare) - sumOfShown(bare))],
      ['**all**', '', bytes(total(ours)), bytes(total(bare))],
    ],
  };
}

function kernelTable(kernel: Growth['kernel']): FindingsTable[] {
  if (kernel === undefined) return [];
  const lines = [...kernel].map(([name, bytes]) => [kernelObjectTitles.get(name)!, Math.round(bytes)]);
  const all = [...kernel.values()].reduce((sum, bytes) => sum + bytes, 0);
  return [
    {
      caption: 'The kernel, bytes for one end of a connection; no process is charged for it',
      header: ['', 'bytes'],
      lines: [...lines, ['**all**', Math.round(all)]],
    },
  ];
}

function kibibytes(bytes: number): string {
  return number(bytes / 1024);
}
