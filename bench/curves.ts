// The cost curves: what a message costs over the number of connections, its size, the pipeline and the fan-out.
import type { Measured } from './measure/contender.ts';

export interface Curve {
  readonly id: string;
  readonly title: string;
  readonly axis: string;
  readonly unit: string;
  readonly xs: readonly number[];
  readonly at: (x: number) => Measured;
  /** Where it bends, and why. */
  readonly remark: string;
}

const peers = ['tidewire', 'ws', 'bun', 'net'] as const;
const text = (bytes: number) => ({ bytes, content: 'text' }) as const;
const perMessage = 'µs CPU per message';

export const curves: readonly Curve[] = [
  {
    id: 'connections',
    title: 'echo 32 B, one in flight, over connections',
    axis: 'connections',
    unit: perMessage,
    remark:
      'Between 100 and 1 000 connections every server pays half as much again, the bare socket too: sockets, their ' +
      'buffers in the kernel and their objects no longer fit the caches of the processor. From there to 15 000 it is nearly flat.',
    xs: [10, 100, 1000, 5000, 15_000],
    at: (connections) => ({
      side: 'server',
      peers,
      workload: { type: 'echo', connections, depth: 1, message: text(32) },
    }),
  },
  {
    id: 'size',
    title: 'echo, one in flight, over message size',
    axis: 'bytes',
    unit: perMessage,
    remark:
      'Flat to 8 KiB, where the one read and the one write of a message cost more than its bytes; then linear. From 64 KiB on ' +
      'a message comes in several reads, and is joined.',
    xs: [16, 128, 1024, 8192, 65_536, 1_048_576],
    at: (bytes) => ({
      side: 'server',
      peers,
      workload: { type: 'echo', connections: 20, depth: 1, message: { bytes, content: 'binary' } },
    }),
  },
  {
    id: 'depth',
    title: 'echo 32 B, 100 connections, over messages in flight',
    axis: 'in flight on each connection',
    unit: perMessage,
    remark:
      'Falls as 1 / n, because messages that arrive together are answered with one write; it flattens where parsing, decoding, ' +
      'encoding and framing one message is all that is left. ws writes each answer by itself, and flattens at once.',
    xs: [1, 2, 4, 8, 16, 32, 64, 128],
    at: (depth) => ({
      side: 'server',
      peers,
      workload: { type: 'echo', connections: 100, depth, message: text(32) },
    }),
  },
  {
    id: 'width',
    title: 'fan-out, one of 100 B a tick, over receivers',
    axis: 'receivers',
    unit: 'µs CPU per delivery',
    remark:
      'One write for each receiver, so that the cost of a delivery does not depend on how many there are; the same step between ' +
      '100 and 1 000 as over connections, for the same reason.',
    xs: [10, 100, 1000, 5000, 15_000],
    at: (connections) => ({
      side: 'server',
      peers: ['tidewire', 'ws', 'bun'],
      workload: { type: 'fanout', connections, perTick: 1, message: text(100) },
    }),
  },
];
