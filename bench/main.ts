// The command `npm run bench`: measures what it is told, prints the table, and writes JSON, a page and the document.
import { parseArgs } from 'node:util';
import { type Curve, curves } from './curves.ts';
import { circumstances } from './measure/circumstances.ts';
import { compare, measure, type Progress } from './measure/measure.ts';
import type { CurveResult, Method, RowResult } from './measure/result.ts';
import { installPeers, type PeerName, peerNames } from './peers.ts';
import { quickTable } from './report/quick-table.ts';
import { writeReports } from './report/reports.ts';
import { saveCurve, saveRow, storedRows } from './report/results-store.ts';
import { terminalTable, unavailableLines } from './report/terminal-table.ts';
import { quickRows, type Row, rows, rowsNamed } from './rows.ts';

const usage = `Usage: npm run bench -- [NAME …] [options]

Measures server CPU per message, ours and the peers' in alternating rounds.

NAME      P1 … P11, one of its parts (P4a), or a group:
          echo, fanout, memory, deflate, handshake, client
          all      every row (about 20 minutes)
          curves   cost over connections, size, pipeline depth and fan-out width
          report   measures nothing; writes the page and the document again

Options
  --quick         P1, P2, P5 and P8b against ws in less than a minute, beside the stored ratios
  --peers A,B     only these beside tidewire: ${peerNames.slice(1).join(', ')}
  --rounds N      rounds (5)
  --seconds S     length of a round (1)
  --json          print the results as JSON, not as a table
  --help          this text

Results are stored in bench/results and docs/benchmarks.md unless --quick, --peers, --rounds
or --seconds changes how they are measured.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const names = positionals.length === 0 && !options.quick ? ['help'] : positionals;
const usual: Method = options.quick
  ? { rounds: 5, roundMs: 500, warmUpMs: 800 }
  : { rounds: 5, roundMs: 1000, warmUpMs: 1500 };
const method: Method = {
  rounds: Number(options.rounds ?? usual.rounds),
  roundMs: options.seconds === undefined ? usual.roundMs : Number(options.seconds) * 1000,
  warmUpMs: usual.warmUpMs,
};
const stored =
  !options.quick &&
  options.peers === undefined &&
  options.rounds === undefined &&
  options.seconds === undefined;

function chosenRows(): Row[] {
  if (options.quick && names.length === 0) return rows.filter(({ id }) => quickRows.includes(id));
  const unknown = names.filter(
    (name) => !['curves', 'report'].includes(name) && rowsNamed(name).length === 0,
  );
  if (unknown.length > 0) fail(`no bench is called "${unknown.join('", "')}"; --help lists them`);
  return rows.filter((row) => names.some((name) => rowsNamed(name).includes(row)));
}

/** The peers of a row that were asked for, ours always. */
function chosenPeers(peers: readonly PeerName[]): PeerName[] {
  const wanted = options.peers?.split(',') ?? (options.quick ? ['ws'] : peerNames);
  for (const peer of wanted) if (!peerNames.includes(peer as PeerName)) fail(`no peer is called "${peer}"`);
  return peers.filter((peer) => peer === 'tidewire' || wanted.includes(peer));
}

async function runRow(row: Row): Promise<RowResult> {
  const { id, title, groups, unit, per, side } = row;
  const peers = chosenPeers(row.peers);
  const results = await measure({ ...row, peers }, method, progressOf(id));
  const targets = row.targets
    .filter(({ against }) => against === undefined || peers.includes(against))
    .map((target) => compare(results, target));
  const command = `npm run bench -- ${id}`;
  return {
    id,
    title,
    groups,
    unit,
    per,
    side,
    command,
    ...method,
    ...circumstances(),
    peers: results,
    targets,
  };
}

async function runCurve(curve: Curve): Promise<CurveResult> {
  const { id, title, axis, unit } = curve;
  const shorter: Method = {
    rounds: Math.min(3, method.rounds),
    roundMs: method.roundMs / 2,
    warmUpMs: method.warmUpMs / 2,
  };
  const points = [];
  for (const x of curve.xs) {
    const measured = curve.at(x);
    const peers = chosenPeers(measured.peers);
    points.push({ x, peers: await measure({ ...measured, peers }, shorter, progressOf(`${id} ${x}`)) });
  }
  return {
    id,
    title,
    axis,
    unit,
    command: 'npm run bench -- curves',
    ...shorter,
    ...circumstances(),
    points,
  };
}

/** One line on a terminal, overwritten again and again; silent elsewhere. */
function progressOf(label: string): Progress {
  if (!process.stderr.isTTY) return () => {};
  return (what) => process.stderr.write(`\r\x1b[K${label} · ${what}\r`);
}

function fail(reason: string): never {
  console.error(`bench: ${reason}`);
  process.exit(2);
}

if (options.help || names.includes('help')) {
  console.log(usage);
  process.exit(0);
}
if (process.platform !== 'linux') fail('the benches read /proc, which only Linux has');

const selected = chosenRows();
if (!names.includes('report')) installPeers();

const before = storedRows();
const results: RowResult[] = [];
for (const row of selected) {
  const result = await runRow(row);
  results.push(result);
  if (stored) saveRow(result);
  if (!options.json) console.error(terminalTable([result]).split('\n')[1]);
}
const curveResults: CurveResult[] = [];
for (const curve of names.includes('curves') ? curves : []) {
  const result = await runCurve(curve);
  curveResults.push(result);
  if (stored) saveCurve(result);
}
if (stored) writeReports();

if (options.json) {
  console.log(JSON.stringify({ rows: results, curves: curveResults }, null, 2));
} else {
  if (results.length > 0)
    console.log(`\n${options.quick ? quickTable(results, before) : terminalTable(results)}`);
  for (const line of unavailableLines(results)) console.log(line);
}
