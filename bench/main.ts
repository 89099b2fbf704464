// The command `npm run bench`: measures what it is told, prints the table, and writes JSON, a page and the document.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { CurveResult, Method, RowResult, StudyResult } from './measure/result.ts';
import { installPeers, type PeerName, peerNames } from './peers.ts';
import { quickTable } from './report/quick-table.ts';
import { writeReports } from './report/reports.ts';
import { saveCurve, saveRow, saveStudy, storedResults } from './report/results-store.ts';
import { studyTables, terminalTable, unavailableLines } from './report/terminal-table.ts';
import { runCurve, runRow, runStudy } from './runs.ts';
import { selectionOf } from './selection.ts';

const usage = `Usage: npm run bench -- [NAME …] [options]

Measures server CPU per message, ours and the peers' in alternating rounds.

NAME      P1 … P13, one of its parts (P4a), or a group:
          echo, fanout, memory, deflate, handshake, client, channels
          all      every row and every study (about 15 minutes)
          curves   cost over connections, size, pipeline depth and fan-out width; or one of
                   connections, size, depth, width
          studies  what has no peer; or one of
                   session         the channel protocol without sockets
                   handlers        from publish to handler, both ends ours or socket.io's
                   durability      a channel on disk against one in memory
                   workers         messages a second of two worker processes against one
                   fifty-thousand  so many connections over several processes
                   idle-memory     what holds the memory of an idle connection
          report   measures nothing; writes the page and the document again

Options
  --quick         P1, P2, P5 and P8b against ws in less than a minute, beside the stored ratios
  --peers A,B     only these beside tidewire: ${peerNames.slice(1).join(', ')}
  --rounds N      rounds (5)
  --seconds S     length of a round (0.6)
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
  : { rounds: 5, roundMs: 600, warmUpMs: 1000 };
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

/** The peers of a row that were asked for, ours always. */
function choose(peers: readonly PeerName[]): PeerName[] {
  const wanted = options.peers?.split(',') ?? (options.quick ? ['ws'] : peerNames);
  for (const peer of wanted) if (!peerNames.includes(peer as PeerName)) fail(`no peer is called "${peer}"`);
  return peers.filter((peer) => peer === 'tidewire' || wanted.includes(peer));
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

const selected = selectionOf(names, options.quick);
if (selected.unknown.length > 0) {
  fail(`no bench is called "${selected.unknown.join('", "')}"; --help lists them`);
}
if (!names.includes('report')) {
  try {
    installPeers();
  } catch (error) {
    fail((error as Error).message);
  }
}

const start = performance.now();
const before = storedResults().rows;
const rows: RowResult[] = [];
for (const row of selected.rows) {
  const result = await runRow(row, { method, choose });
  rows.push(result);
  if (stored) saveRow(result);
  if (!options.json && !options.quick) console.error(terminalTable([result]).split('\n')[1]);
}
const studies: StudyResult[] = [];
for (const study of selected.studies) {
  try {
    const result = await runStudy(study);
    studies.push(result);
    if (stored) saveStudy(result);
    if (!options.json) console.error(studyTables(result));
  } catch (error) {
    // The others go on; what is stored of this one stays.
    console.error(`bench: ${study.id} failed: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
const curves: CurveResult[] = [];
for (const curve of selected.curves) {
  const result = await runCurve(curve, { method, choose });
  curves.push(result);
  if (stored) saveCurve(result);
}
if (stored) writeReports();
const seconds = Math.round((performance.now() - start) / 1000);

if (options.json) {
  console.log(JSON.stringify({ rows, studies, curves }, null, 2));
} else {
  if (rows.length > 0) console.log(`\n${options.quick ? quickTable(rows, before) : terminalTable(rows)}`);
  for (const line of unavailableLines(rows)) console.log(line);
  console.error(`bench: took ${Math.floor(seconds / 60)} min ${seconds % 60} s`);
}
