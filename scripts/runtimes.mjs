// Runs the compiled tests of `protocol` and `websocket` on other runtimes, prints a table, and writes docs/runtimes.md.
// Usage: node scripts/runtimes.mjs [--smoke] [name …]   With --smoke or names, it runs only a part, and writes nothing.
// The short part runs all its files at once, in one report, and is not compared with what the Node of this script reports.
// Where the runtimes cannot be installed, it says why, and ends with 3.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testsOf } from '../test/runtimes/junit.mjs';
import { installRuntimes, reference, runtimes } from '../test/runtimes/runtimes.mjs';
import { readArguments } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const {
  values: { smoke = false },
  positionals: names,
} = readArguments(import.meta.url, { options: { smoke: { type: 'boolean' } }, allowPositionals: true });
/** How long one file may take, in milliseconds. */
const fileTimeout = 120_000;

/** The short part: the byte rules, compression, and WebSocket objects over connections, without HTTP/2 and TLS. */
const smokeRuntimes = ['Node 24', 'Bun'];
const smokeFolders = ['protocol/', 'websocket/connection/', 'websocket/deflate/', 'websocket/whatwg/'];

// `npm test` does not wait for a slow network.
const obstacle = installRuntimes(smoke ? 60_000 : 600_000);
if (obstacle !== undefined) {
  console.error(`the tests do not run on other runtimes: ${obstacle}`);
  process.exit(3);
}
const files = ['protocol', 'websocket']
  .flatMap((floor) => filesOf(floor))
  .filter((file) => !smoke || smokeFolders.some((folder) => file.startsWith(`dist/test/${folder}`)));
if (files.length === 0) throw new Error('there are no compiled tests: run "npm run build" first');

const wanted = runtimes.filter(({ name }) =>
  smoke ? smokeRuntimes.includes(name) : names.length === 0 || names.includes(name),
);
const reports = mkdtempSync(join(tmpdir(), 'tidewire-runtimes-'));
const expected = new Map();
const rows = (smoke ? wanted : [reference, ...wanted]).map((runtime) => runAll(runtime));
rmSync(reports, { recursive: true });

console.log(table().join('\n'));
for (const row of rows) console.log(failuresOf(row).join('\n'));
if (!smoke && names.length === 0) writeFileSync(join(root, 'docs/runtimes.md'), page());
process.exitCode = rows.every(({ failed, missing }) => failed.length === 0 && missing.length === 0) ? 0 : 1;

function filesOf(floor) {
  return readdirSync(join(root, 'dist/test', floor), { recursive: true })
    .map((file) => join('dist/test', floor, String(file)))
    .filter((file) => file.endsWith('.test.js'))
    .sort();
}

/** Runs the files on one runtime, one after the other, so that what ends a process ends only the tests of one file. */
function runAll(runtime) {
  const row = { runtime, passed: 0, failed: [], gaps: new Map(), skipped: 0, missing: [], seconds: 0 };
  const start = performance.now();
  if (smoke) add(row, 'all', runFiles(runtime, files));
  else for (const file of files) add(row, file, runFiles(runtime, [file]));
  row.seconds = Math.round((performance.now() - start) / 1000);
  return row;
}

/** Counts what a file reported. */
function add(row, file, { tests, ended }) {
  const { runtime } = row;
  if (runtime === reference) expected.set(file, tests.length);
  row.passed += tests.filter(({ outcome }) => outcome === 'passed').length;
  row.skipped += tests.filter(({ outcome }) => outcome === 'skipped').length;
  const failed = tests.filter(({ outcome }) => outcome === 'failed');
  for (const { name, reason } of failed) {
    const gap = gapOf(runtime, file, name);
    if (gap === undefined) row.failed.push({ file, name, reason });
    else row.gaps.set(gap, (row.gaps.get(gap) ?? 0) + 1);
  }
  const missing = (expected.get(file) ?? 1) - tests.length;
  if (missing > 0 || (ended !== undefined && failed.length === 0)) {
    row.missing.push({ file, count: Math.max(missing, 0), ended: ended ?? 'fewer tests reported' });
  }
}

/** Why this runtime cannot pass this test, if that is known. Where all files ran at once, its name has to do. */
function gapOf({ gaps = [] }, file, name) {
  return gaps.find(({ tests }) => {
    const [path, part = ''] = tests.split(': ');
    const isFile = file === 'all' ? part !== '' : sourceOf(file) === `test/${path}`;
    return isFile && name.includes(part);
  });
}

function runFiles(runtime, some) {
  const report = join(reports, 'report.xml');
  rmSync(report, { force: true });
  const [program, ...parameters] = runtime.command(some, report);
  const { error, signal, status, stderr } = spawnSync(program, parameters, {
    cwd: root,
    timeout: fileTimeout,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    // Node's runner must not take itself for a part of the run that has started this script.
    env: { ...process.env, NO_COLOR: '1', NODE_TEST_CONTEXT: undefined },
  });
  const tests = existsSync(report) ? testsOf(readFileSync(report, 'utf8')) : [];
  if (error?.code === 'ETIMEDOUT') return { tests, ended: `not done after ${fileTimeout / 1000} s` };
  if (signal !== null) return { tests, ended: `ended by ${signal}` };
  if (status === 0) return { tests };
  const said = stderr
    .split('\n')
    .find((line) => /error/i.test(line))
    ?.trim();
  return { tests, ended: `ended with ${status}${said === undefined ? '' : `: ${said}`}` };
}

function table() {
  const lines = [
    '| runtime | version | passed | failed | cannot pass | skipped | did not run | time |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const { runtime, passed, failed, gaps, skipped, missing, seconds } of rows) {
    const absent = missing.reduce((sum, { count }) => sum + count, 0);
    const known = [...gaps.values()].reduce((sum, count) => sum + count, 0);
    const cells = [
      runtime.name,
      runtime.version(),
      passed,
      failed.length,
      known,
      skipped,
      absent,
      `${seconds} s`,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines;
}

/** What failed on a runtime: the tests of a file that failed for the same reason share a line. */
function failuresOf({ runtime, failed, gaps, missing }) {
  if (failed.length === 0 && gaps.size === 0 && missing.length === 0) return [];
  const groups = groupByReason(failed);
  const lines = ['', `## ${runtime.name} ${runtime.version()}`, ''];
  for (const [{ tests, reason }, count] of gaps) {
    lines.push(`- cannot pass \`${tests}\`${count === 1 ? '' : ` (${count} tests)`}: ${reason}.`);
  }
  if (!smoke) {
    const closed = (runtime.gaps ?? []).filter((gap) => !gaps.has(gap));
    lines.push(...closed.map(({ tests }) => `- passes \`${tests}\` by now: the gap can go.`));
  }
  for (const tests of groups.values()) {
    const [{ file, name, reason }] = tests;
    const others = tests.length === 1 ? '' : ` and ${tests.length - 1} more`;
    lines.push(`- \`${sourceOf(file)}\`: *${name}*${others}: ${quoted(reason)}`);
  }
  for (const { file, count, ended } of missing) {
    lines.push(`- \`${sourceOf(file)}\`: ${count} tests did not run: ${quoted(ended)}`);
  }
  return lines;
}

function groupByReason(failed) {
  const groups = new Map();
  for (const test of failed) {
    const key = `${test.file}\n${test.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), test]);
  }
  return groups;
}

function sourceOf(file) {
  return file.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

function quoted(text) {
  return `\`${text.replaceAll('`', "'").replaceAll(`${root}`, '').slice(0, 200)}\``;
}

function page() {
  const day = new Date().toISOString().slice(0, 10);
  return `# The tests on other runtimes, measured

The compiled tests of \`protocol\` and \`websocket\`, ${files.length} files, one process a file, on Linux x64. "Cannot pass" counts
the tests that fail for a reason in the runtime or its test runner, which is named below; any other failure fails the run.
"Did not run" counts what the Node of the first row reports and the runtime does not, because a file did not load, its
process ended, or it was not done after ${fileTimeout / 1000} seconds. Written by \`npm run runtimes\` on ${day}; the versions are pinned in \`test/runtimes/package.json\`.

${table().join('\n')}

${rows.flatMap(failuresOf).join('\n')}
`;
}
