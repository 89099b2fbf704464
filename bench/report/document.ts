// Writes docs/benchmarks.md: the method in a few sentences, the tables, and how to repeat them.
import { curves as knownCurves } from '../curves.ts';
import {
  type Circumstances,
  type CurveResult,
  isAvailable,
  type PeerResult,
  type RowResult,
  type StudyResult,
} from '../measure/result.ts';
import { spreadOf } from '../measure/statistics.ts';
import { type PeerName, peerNames, peerTitles } from '../peers.ts';
import { cellText, costOf, number, spread, targetText, verdict } from './figures.ts';
import type { Results } from './results-store.ts';

const serverPeers = ['tidewire', 'ws', 'bun', 'deno', 'net'] as const satisfies readonly PeerName[];
const channelPeers = ['tidewire', 'socketio'] as const satisfies readonly PeerName[];
const memoryPeers = [...serverPeers, 'socketio'] as const satisfies readonly PeerName[];
const clientPeers = ['tidewire', 'ws', 'undici', 'bun', 'deno'] as const satisfies readonly PeerName[];

export function documentOf({ rows, studies, curves }: Results): string {
  const channels = rows.filter(({ groups, unit }) => groups.includes('channels') && unit !== 'KiB');
  const servers = rows.filter(
    (row) => row.side === 'server' && row.unit !== 'KiB' && !channels.includes(row),
  );
  const memory = rows.filter(({ unit }) => unit === 'KiB');
  const clients = rows.filter(({ side }) => side === 'client');
  const sections = [
    introduction,
    section(
      'Servers',
      'Microseconds of server CPU for each message, delivery or handshake.',
      costTable(servers, serverPeers),
    ),
    section('Channels', channelsNote, costTable(channels, channelPeers)),
    section(
      'Memory',
      'KiB of resident memory for each open connection, after a garbage collection.',
      memoryTable(memory),
    ),
    section(
      'Clients',
      'Microseconds of client CPU for each message, against one neutral server.',
      costTable(clients, clientPeers),
    ),
    section('Targets', 'Ours divided by the peer, round by round; lower is better.', targetTable(rows)),
    section(
      'Compression',
      'Bytes on the wire for each message, header included. All servers compress at level 1 and keep their contexts.',
      wireTable(rows.filter(({ groups }) => groups.includes('deflate'))),
    ),
    section(
      'Latency',
      'Open loop: messages leave on a schedule, and a late one counts from when it was due; of channels, from then to each delivery. Microseconds.',
      latencyTable(rows),
    ),
    ...studies.map((study) => section(study.title, study.remarks.join('\n\n'), studyTables(study))),
    ...curves.map(curveSection),
    section('Not available', '', unavailableList(rows)),
    section('Where and when', '', circumstancesList({ rows, studies, curves })),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

const introduction = `# Benchmarks

<!-- Written by \`npm run bench -- report\` from bench/results/*.json. Do not edit. -->

The figure is **CPU time for each message** (user and system, all threads of the measured process, read from the
kernel), not throughput: on a machine where load and server share the cores, it is what can be measured, and it is what
a fleet pays. Every peer is measured in the same run, in turn, in alternating rounds after a warm-up. A cell is the median
of the rounds with the least and the greatest. Absolute figures belong to the machine; the **ratios** are the result.

The load is a process of its own: plain sockets that send frames built ahead of time, and compare every byte that comes
back (of compressed messages: count all, inflate and compare one connection in fifty). *16 in flight* means that each
connection sends sixteen messages in one write and the next sixteen when all are answered. All limits and checks of our server
are on. Peers get their cheapest form of an echo: ws echoes text as a \`Buffer\`, ours decodes it to a string and back.
*bare node:net* sends every chunk straight back without looking at it: the floor under anything on Node's sockets.

Repeat it on Linux, with Node 20 or newer, after \`npm ci\`:

\`\`\`sh
npm run bench -- all        # every row and study
npm run bench -- studies    # scale, memory and durability alone; --help lists each
npm run bench -- curves     # cost over connections, size, pipeline depth and fan-out width
npm run bench -- P5         # one row; --help lists all
npm run bench -- --quick    # four rows against ws in less than a minute, beside the figures stored here
\`\`\`

The same with charts: [bench/results/index.html](../bench/results/index.html).`;

const channelsNote = `Microseconds of server CPU for each delivery. One client publishes, and every client of the channel
receives. Ours checks every payload against a schema, keeps it in the history of the channel and acknowledges it; socket.io
sends to a room, and keeps nothing. Both have authenticated every client. With one publication in flight a delivery is one
\`write\`, which costs both the same (see P6a); what is published together leaves in one.`;

function section(title: string, note: string, body: string): string {
  if (body === '') return '';
  return [`## ${title}`, note, body].filter((text) => text !== '').join('\n\n');
}

function costTable(rows: readonly RowResult[], peers: readonly PeerName[]): string {
  const header = ['', 'work', ...peers.map((peer) => peerTitles[peer]), 'other side'];
  return table(
    header,
    rows.map((row) => [row.id, row.title, ...peers.map((peer) => costOf(row.peers[peer])), otherSide(row)]),
  );
}

function memoryTable(rows: readonly RowResult[]): string {
  const lines = rows.map((row) => [
    row.id,
    row.title,
    ...memoryPeers.map((peer) => costOf(row.peers[peer])),
    heapOf(row),
  ]);
  return table(
    ['', 'state', ...memoryPeers.map((peer) => peerTitles[peer]), 'of ours: JS heap, outside it'],
    lines,
  );
}

function heapOf({ peers: { tidewire } }: RowResult): string {
  if (!isAvailable(tidewire) || tidewire.heap === undefined) return '–';
  return `${number(tidewire.heap.used)}, ${number(tidewire.heap.external)}`;
}

function targetTable(rows: readonly RowResult[]): string {
  const lines = rows.flatMap((row) =>
    row.targets.map((target) => [row.id, row.title, targetText(target, row.unit), verdict(target)]),
  );
  return table(['', 'work', 'figure and target', ''], lines);
}

function wireTable(rows: readonly RowResult[]): string {
  const peers = ['tidewire', 'ws', 'bun'] as const;
  const bytes = (result: PeerResult | undefined) =>
    isAvailable(result) && result.wireBytes !== undefined ? number(result.wireBytes) : 'n/a';
  const lines = rows.map((row) => [row.id, row.title, ...peers.map((peer) => bytes(row.peers[peer]))]);
  return table(['', 'work', ...peers.map((peer) => peerTitles[peer])], lines);
}

function latencyTable(rows: readonly RowResult[]): string {
  const lines = rows.flatMap((row) =>
    peerNames.flatMap((peer) => {
      const result = row.peers[peer];
      if (!isAvailable(result) || result.latency === undefined) return [];
      const { perSecond, p50Us, p99Us, p999Us } = result.latency;
      return [[row.id, `${perSecond} a second`, peerTitles[peer], ...[p50Us, p99Us, p999Us].map(number)]];
    }),
  );
  return table(['', 'rate', '', 'p50', 'p99', 'p99.9'], lines);
}

/** Each table under its caption and the command that makes it again. */
function studyTables({ tables, command }: StudyResult): string {
  const texts = tables.map(({ caption, header, lines }) => {
    const cells = lines.map((line) => line.map(cellText));
    return (caption === '' ? '' : `### ${caption}\n\n`) + table(header, cells);
  });
  return [...texts, `Repeat it: \`${command}\`.`].join('\n\n');
}

function curveSection(curve: CurveResult): string {
  const remark = knownCurves.find(({ id }) => id === curve.id)?.remark ?? '';
  return section(`Curve: ${curve.title}`, `${curve.unit}. ${remark}`.trim(), curveTable(curve));
}

function curveTable({ axis, points }: CurveResult): string {
  const peers = serverPeers.filter((peer) => points.some((point) => point.peers[peer] !== undefined));
  const lines = points.map((point) => [`${point.x}`, ...peers.map((peer) => costOf(point.peers[peer]))]);
  return table([axis, ...peers.map((peer) => peerTitles[peer])], lines);
}

function otherSide({ peers: { tidewire } }: RowResult): string {
  if (!isAvailable(tidewire) || tidewire.otherSide === undefined) return '–';
  return spread(spreadOf(tidewire.otherSide));
}

function unavailableList(rows: readonly RowResult[]): string {
  const lines = rows.flatMap(({ id, peers }) =>
    Object.entries(peers).flatMap(([peer, result]) =>
      isAvailable(result) ? [] : [`- ${id}, ${peerTitles[peer as PeerName]}: ${result.unavailable}`],
    ),
  );
  return lines.join('\n');
}

function circumstancesList({ rows, studies, curves }: Results): string {
  const where = new Map<string, string[]>();
  const note = (result: Circumstances & { readonly id: string }, method: string) => {
    const { id, machine, node, commit, date } = result;
    const text = `${date.slice(0, 10)}, commit ${commit}: ${machine}; Node ${node}${method}`;
    where.set(text, [...(where.get(text) ?? []), id]);
  };
  for (const result of [...rows, ...curves])
    note(result, `; ${result.rounds} rounds of ${result.roundMs / 1000} s`);
  for (const result of studies) note(result, '');
  const lines = [...where].map(([text, ids]) => `- ${text} (${ids.join(', ')})`);
  return [...lines, versionsOf(rows)].join('\n');
}

/** One line with the version of every peer. */
function versionsOf(rows: readonly RowResult[]): string {
  const versions = new Map<string, string>();
  for (const { peers } of rows) {
    for (const [peer, figures] of Object.entries(peers)) {
      if (isAvailable(figures) && figures.version && peer !== 'tidewire' && peer !== 'net')
        versions.set(peer, figures.version);
    }
  }
  return `- Peers: ${[...versions].map(([peer, version]) => `${peer} ${version}`).join(', ')}`;
}

function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  if (lines.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...lines.map(line)].join('\n');
}
