// The rows of the table: what is measured, against whom, and the target each must meet.
import type { PeerName } from './peers.ts';
import type { Workload } from './workload.ts';

export interface Target {
  /** The peer the figure is divided by; without one the target is in the row's own unit. */
  readonly against?: PeerName;
  readonly atMost: number;
}

export interface Row {
  readonly id: string;
  readonly title: string;
  /** Words that select this row on the command line, beside its id. */
  readonly groups: readonly string[];
  /** Which process is measured; the other side is neutral and the same for every peer. */
  readonly side: 'server' | 'client';
  readonly unit: 'µs CPU' | 'KiB';
  readonly per: 'message' | 'delivery' | 'handshake' | 'connection';
  readonly workload: Workload;
  readonly peers: readonly PeerName[];
  readonly targets: readonly Target[];
  /** Rate of the open-loop latency run, in messages a second; none without it. */
  readonly latencyPerSecond?: number;
  /** Peers that would take more memory than a machine has at the row's number of connections. */
  readonly fewerConnections?: Partial<Record<PeerName, number>>;
}

const servers = ['tidewire', 'ws', 'bun', 'deno', 'net'] as const;
const framers = ['tidewire', 'ws', 'bun', 'deno'] as const;
const deflaters = ['tidewire', 'ws', 'bun'] as const;
const clients = ['tidewire', 'ws', 'undici', 'bun', 'deno'] as const;

const text32 = { bytes: 32, content: 'text' } as const;
const text100 = { bytes: 100, content: 'text' } as const;
const text1k = { bytes: 1024, content: 'text' } as const;
const binary16k = { bytes: 16 * 1024, content: 'binary' } as const;
const binary256k = { bytes: 256 * 1024, content: 'binary' } as const;
const json100 = { bytes: 100, content: 'json' } as const;
const json1k = { bytes: 1024, content: 'json' } as const;

const echo = { groups: ['echo'], side: 'server', unit: 'µs CPU', per: 'message' } as const;
const fanout = { groups: ['fanout'], side: 'server', unit: 'µs CPU', per: 'delivery' } as const;
const memory = { groups: ['memory'], side: 'server', unit: 'KiB', per: 'connection' } as const;
const client = {
  groups: ['client'],
  side: 'client',
  unit: 'µs CPU',
  per: 'message',
  peers: clients,
} as const;
const channels = {
  groups: ['channels'],
  side: 'server',
  unit: 'µs CPU',
  per: 'delivery',
  peers: ['tidewire', 'socketio'],
  targets: [{ against: 'socketio', atMost: 0.2 }],
} as const;
const aheadOfClients = [
  { against: 'ws', atMost: 1 },
  { against: 'undici', atMost: 1 },
] as const;

export const rows: readonly Row[] = [
  {
    ...echo,
    id: 'P1',
    title: 'echo 32 B, 16 in flight',
    workload: { type: 'echo', connections: 100, depth: 16, message: text32 },
    peers: servers,
    targets: [
      { against: 'ws', atMost: 0.11 },
      { against: 'bun', atMost: 1.3 },
    ],
  },
  {
    ...echo,
    id: 'P2',
    title: 'echo 32 B, one in flight',
    workload: { type: 'echo', connections: 100, depth: 1, message: text32 },
    peers: servers,
    targets: [
      { against: 'ws', atMost: 0.85 },
      { against: 'net', atMost: 1.15 },
    ],
    latencyPerSecond: 10_000,
  },
  {
    ...echo,
    id: 'P3',
    title: 'echo 1 KiB, 16 in flight',
    workload: { type: 'echo', connections: 100, depth: 16, message: text1k },
    peers: servers,
    targets: [
      { against: 'ws', atMost: 0.25 },
      { against: 'bun', atMost: 1.5 },
    ],
  },
  {
    ...echo,
    id: 'P4a',
    title: 'echo 16 KiB binary, one in flight',
    workload: { type: 'echo', connections: 100, depth: 1, message: binary16k },
    peers: servers,
    targets: [{ against: 'ws', atMost: 0.85 }],
    latencyPerSecond: 5_000,
  },
  {
    ...echo,
    id: 'P4b',
    title: 'echo 256 KiB binary, one in flight',
    workload: { type: 'echo', connections: 20, depth: 1, message: binary256k },
    peers: servers,
    targets: [{ against: 'ws', atMost: 0.85 }],
    latencyPerSecond: 500,
  },
  {
    ...fanout,
    id: 'P5',
    title: 'fan-out to 1 000, 20 of 100 B a tick',
    workload: { type: 'fanout', connections: 1000, perTick: 20, message: text100 },
    peers: framers,
    targets: [
      { against: 'ws', atMost: 0.055 },
      { against: 'bun', atMost: 1.25 },
    ],
  },
  {
    ...fanout,
    id: 'P6a',
    title: 'fan-out to 1 000, one of 100 B a tick',
    workload: { type: 'fanout', connections: 1000, perTick: 1, message: text100 },
    peers: framers,
    targets: [{ against: 'ws', atMost: 0.75 }],
  },
  {
    ...fanout,
    id: 'P6b',
    title: 'fan-out to 1 000, one of 4 KiB a tick',
    workload: { type: 'fanout', connections: 1000, perTick: 1, message: { bytes: 4096, content: 'text' } },
    peers: framers,
    targets: [{ against: 'ws', atMost: 0.9 }],
  },
  {
    ...memory,
    id: 'P7a',
    title: 'idle connection, 15 000 open',
    workload: { type: 'idle', connections: 15_000 },
    peers: servers,
    targets: [{ atMost: 4.5 }, { against: 'ws', atMost: 0.85 }],
  },
  {
    ...memory,
    id: 'P7b',
    title: 'idle with permessage-deflate, after one message each way',
    workload: { type: 'idle', connections: 15_000, message: json100, deflate: true },
    peers: deflaters,
    targets: [{ atMost: 4.5 }],
    // Some 300 KiB of zlib windows a connection: 15 000 of them do not fit beside the rest.
    fewerConnections: { ws: 2000 },
  },
  {
    ...echo,
    groups: ['echo', 'deflate'],
    id: 'P8a',
    title: 'echo 100 B JSON, permessage-deflate',
    workload: { type: 'echo', connections: 100, depth: 1, message: json100, deflate: true },
    peers: deflaters,
    targets: [{ against: 'ws', atMost: 0.15 }],
  },
  {
    ...echo,
    groups: ['echo', 'deflate'],
    id: 'P8b',
    title: 'echo 1 KiB JSON, permessage-deflate',
    workload: { type: 'echo', connections: 100, depth: 1, message: json1k, deflate: true },
    peers: deflaters,
    targets: [{ against: 'ws', atMost: 0.15 }],
  },
  {
    ...fanout,
    groups: ['fanout', 'deflate'],
    id: 'P9',
    title: 'fan-out to 1 000, 1 KiB JSON, permessage-deflate',
    workload: { type: 'fanout', connections: 1000, perTick: 1, message: json1k, deflate: true },
    peers: deflaters,
    targets: [{ against: 'ws', atMost: 0.05 }],
  },
  {
    id: 'P10',
    title: 'opening handshake, then closed',
    groups: ['handshake'],
    side: 'server',
    unit: 'µs CPU',
    per: 'handshake',
    workload: { type: 'handshake', connections: 32 },
    peers: servers,
    targets: [{ against: 'ws', atMost: 0.8 }],
  },
  {
    ...client,
    id: 'P11a',
    title: 'client: echo 32 B, 16 in flight',
    workload: { type: 'echo', connections: 100, depth: 16, message: text32 },
    targets: aheadOfClients,
  },
  {
    ...client,
    id: 'P11b',
    title: 'client: echo 32 B, one in flight',
    workload: { type: 'echo', connections: 100, depth: 1, message: text32 },
    targets: aheadOfClients,
  },
  {
    ...client,
    id: 'P11c',
    title: 'client: echo 1 KiB, 16 in flight',
    workload: { type: 'echo', connections: 100, depth: 16, message: text1k },
    targets: aheadOfClients,
  },
  {
    ...client,
    id: 'P11d',
    title: 'client: echo 16 KiB binary, one in flight',
    workload: { type: 'echo', connections: 100, depth: 1, message: binary16k },
    targets: aheadOfClients,
  },
  {
    ...client,
    id: 'P11e',
    title: 'client: echo 256 KiB binary, one in flight',
    workload: { type: 'echo', connections: 20, depth: 1, message: binary256k },
    targets: aheadOfClients,
  },
  {
    ...channels,
    id: 'P12a',
    title: 'channel of 1 000, 20 publications in flight',
    workload: { type: 'channel-fanout', connections: 1000, perTick: 20, bytes: 100 },
  },
  {
    ...channels,
    id: 'P12b',
    title: 'channel of 15 000, 20 publications in flight',
    workload: { type: 'channel-fanout', connections: 15_000, perTick: 20, bytes: 100 },
  },
  {
    ...channels,
    id: 'P12c',
    title: 'channel of 1 000, one publication in flight',
    workload: { type: 'channel-fanout', connections: 1000, perTick: 1, bytes: 100 },
    latencyPerSecond: 20,
  },
  {
    ...channels,
    groups: ['channels', 'memory'],
    id: 'P13',
    title: 'authenticated, subscribed to one channel, idle, 15 000 open',
    unit: 'KiB',
    per: 'connection',
    workload: { type: 'channel-idle', connections: 15_000 },
    targets: [{ atMost: 8 }, { against: 'socketio', atMost: 1 }],
  },
];
