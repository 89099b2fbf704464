// Runs the compiled tests of `protocol` and `websocket` on other runtimes, prints a table, and writes docs/runtimes.md.
// Usage: node scripts/runtimes.mjs [--smoke] [name …]   With --smoke or names, it runs only a part, and writes nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testsOf } from '../test/runtimes/junit.mjs';
import { installRuntimes, reference, runtimes } from '../test/runtimes/runtimes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const smoke = process.argv.includes('--smoke');
const names = process.argv.slice(2).filter((argument) => argument !== '--smoke');
/** How long one file may take, in milliseconds. */
const fileTimeout = 120_000;

/** The short part: the byte rules, compression, and WebSocket objects over connections, without HTTP/2 and TLS. */
const smokeRuntimes = ['Node 24', 'Bun'];
const smokeFolders = ['protocol/', 'websocket/connection/', 'websocket/deflate/', 'websocket/whatwg/'];

installRuntimes();
const files = ['protocol', 'websocket']
  .flatMap((floor) => filesOf(floor))
  .filter((file) => !smoke || smokeFolders.some((folder) => file.startsWith(`dist/test/${folder}`)));
if (files.length === 0) throw new Error('there are no compiled tests: run "npm run build" first');

const wanted = runtimes.filter(({ name }) =>
  smoke ? smokeRuntimes.includes(name) : names.length === 0 || names.includes(name),
);
const reports = mkdtempSync(join(tmpdir(), 'tidewire-runtimes-'));
const expected = runAll(reference);
const rows = [expected, ...wanted.map((runtime) => runAll(runtime))];
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

/** Runs all files on one runtime, one after the other, so that what ends a process ends only the tests of one file. */
function runAll(runtime) {
  const row = { runtime, counts: new Map(), passed: 0, failed: [], skipped: 0, missing: [], seconds: 0 };
  const start = performance.now();
  for (const file of files) {
    const { tests, ended } = runFile(runtime, file);
    row.counts.set(file, tests.length);
    row.passed += tests.filter(({ outcome }) => outcome === 'passed').length;
    row.skipped += tests.filter(({ outcome }) => outcome === 'skipped').length;
    const failed = tests.filter(({ outcome }) => outcome === 'failed');
    row.failed.push(...failed.map(({ name, reason }) => ({ file, name, reason })));
    const missing = (runtime === reference ? 0 : expected.counts.get(file)) - tests.length;
    if (missing > 0 || (ended !== undefined && failed.length === 0)) {
      row.missing.push({ file, count: Math.max(missing, 0), ended: ended ?? 'fewer tests reported' });
    }
  }
  row.seconds = Math.round((performance.now() - start) / 1000);
  return row;
}

function runFile(runtime, file) {
  const report = join(reports, 'report.xml');
  rmSync(report, { force: true });
  const [program, ...parameters] = runtime.command(file, report);
  const { error, signal, status, stderr } = spawnSync(program, parameters, {
    cwd: root,
    timeout: fileTimeout,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
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
    '| runtime | version | passed | failed | skipped | did not run | time |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const { runtime, passed, failed, skipped, missing, seconds } of rows) {
    const absent = missing.reduce((sum, { count }) => sum + count, 0);
    const cells = [runtime.name, runtime.version(), passed, failed.length, skipped, absent, `${seconds} s`];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines;
}

/** What failed on a runtime: the tests of a file that failed for the same reason share a line. */
function failuresOf({ runtime, failed, missing }) {
  if (failed.length === 0 && missing.length === 0) return [];
  const groups = groupByReason(failed);
  const lines = ['', `## ${runtime.name} ${runtime.version()}`, ''];
  if (runtime.causes !== undefined) {
    lines.push('Known causes:', '', ...runtime.causes.map((cause) => `- ${cause}`), '', 'Failures:', '');
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

The compiled tests of \`protocol\` and \`websocket\`, ${files.length} files, one process a file, on Linux x64. "Did not run" counts what the
Node of the first row reports and the runtime does not, because a file did not load, its process ended, or it was
not done after ${fileTimeout / 1000} seconds. Written by \`npm run runtimes\` on ${day}; the versions are pinned in \`test/runtimes/package.json\`.

${table().join('\n')}

Each test that failed is named below with the beginning of its failure, as the runtime reports it.
${rows.flatMap(failuresOf).join('\n')}
`;
}
