// Switches off, one after the other, each check that the RFCs demand, and shows that some test fails without it:
// npm run drill:protocol -- [--only WORD] [--check] [--write]
// --check only looks whether each mutation still finds its place; --write puts the result into docs/design/mutations.md.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deflateMutations } from './drill-protocol/deflate-mutations.mjs';
import { frameMutations } from './drill-protocol/frame-mutations.mjs';
import { handshakeMutations } from './drill-protocol/handshake-mutations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const testTimeoutMs = 60_000;
/** Mutants that are tested at a time. */
const atOnce = 2;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const mutations = [...frameMutations, ...handshakeMutations, ...deflateMutations].filter(
  ({ section, must, file }) =>
    values.only === undefined || `${section} ${must} ${file}`.includes(values.only),
);

const lost = mutations.filter(({ file, find }) => occurrences(readSource(file), find) !== 1);
for (const { file, find, section } of lost) {
  const times = occurrences(readSource(file), find);
  console.error(`${file} holds the anchor of ${section} ${times} times, not once: ${find}`);
}
if (lost.length > 0 || values.check) process.exit(lost.length > 0 ? 1 : 0);

const folders = Array.from({ length: atOnce }, makeCopy);
/** What fails without a mutation cannot notice one. */
const red = await findRed();
await drill();
for (const folder of folders) rmSync(folder, { recursive: true });

async function findRed() {
  const prefixes = [...new Set(mutations.flatMap(({ tests }) => tests))];
  const found = new Set();
  for (const prefix of prefixes) {
    const { failed } = await runTests(folders[0], [prefix]);
    if (failed === undefined) continue;
    console.error(`${prefix} fails without a mutation: ${failed}`);
    found.add(prefix);
  }
  return found;
}

async function drill() {
  const results = new Array(mutations.length);
  let next = 0;
  const work = async (folder) => {
    while (next < mutations.length) {
      const index = next;
      next += 1;
      const mutation = mutations[index];
      results[index] = await tryOut(folder, mutation);
      const verdict = results[index].failed === undefined ? 'SURVIVED' : 'killed';
      console.log(`${verdict.padEnd(9)} ${mutation.section.padEnd(30)} ${mutation.must}`);
    }
  };
  await Promise.all(folders.map(work));
  const survivors = results.filter(({ failed }) => failed === undefined);
  console.log(`${results.length - survivors.length} of ${results.length} killed`);
  if (survivors.length > 0) process.exitCode = 1;
  if (values.write) writeFileSync(join(root, 'docs/design/mutations.md'), page(results));
}

async function tryOut(folder, { file, find, replace, tests }) {
  const able = tests.filter((prefix) => !red.has(prefix));
  if (able.length === 0) return {};
  const path = join(folder, 'dist/src', file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  const result = await runTests(folder, able);
  writeFileSync(path, source);
  return result;
}

/** The repository in another place: its own `dist`, and links to the rest. */
function makeCopy() {
  const folder = mkdtempSync(join(tmpdir(), 'tidewire-drill-'));
  for (const name of readdirSync(root)) {
    if (name === 'dist') cpSync(join(root, name), join(folder, name), { recursive: true });
    else if (name !== '.git') symlinkSync(join(root, name), join(folder, name));
  }
  return folder;
}

/** Runs the tests whose path begins so, until one fails; gives its name. */
function runTests(folder, prefixes) {
  const files = readdirSync(join(folder, 'dist/test'), { recursive: true })
    .filter((file) => file.endsWith('.test.js') && prefixes.some((prefix) => file.startsWith(prefix)))
    .map((file) => join('dist/test', file));
  if (files.length === 0) throw new Error(`no test file begins with ${prefixes.join(' or ')}`);
  const options = [
    '--test',
    '--test-reporter=tap',
    `--test-timeout=${testTimeoutMs}`,
    '--test-concurrency=1',
  ];
  const child = spawn(process.execPath, [...options, ...files], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Promise((resolve) => {
    let output = '';
    let failed;
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      output += text;
      failed ??= /^ *not ok \d+ - (.*)$/m.exec(output.slice(0, output.lastIndexOf('\n') + 1))?.[1];
      // One is enough.
      if (failed !== undefined) child.kill();
    });
    child.on('exit', (code) =>
      resolve({ failed: failed ?? (code === 0 ? undefined : 'a test file could not be run') }),
    );
  });
}

function readSource(file) {
  return readFileSync(join(root, 'dist/src', file), 'utf8');
}

function occurrences(text, part) {
  return text.split(part).length - 1;
}

/** A file that crashed, or was ended after the time limit, is named by its path. */
function inWords(failed) {
  const [, file] = /dist\/test\/(.*)\.js$/.exec(failed) ?? [];
  return file === undefined ? failed : `\`${file}\` ends without a verdict, or not at all`;
}

function page(results) {
  const rows = mutations.map(({ section, must, file }, index) => {
    const failed = inWords(results[index].failed ?? '**nothing**');
    return `| ${section} | ${must} | \`${file.replace(/\.js$/, '')}\` | ${failed.replaceAll('|', '\\|').replaceAll('\\#', '#')} |`;
  });
  const killed = results.filter(({ failed }) => failed !== undefined).length;
  return `# The mutation drill

A test that cannot fail proves nothing. \`npm run drill:protocol\` takes a compiled copy, switches off one check that an RFC
demands, runs the tests beside it, and puts the check back; then the next. Written by \`npm run drill:protocol -- --write\`:
**${killed} of ${results.length}** mutations are noticed.

Demanded and not in the table, since no check stands for them: what a person must choose (which extensions to register),
what the runtime does (TLS and its server name, TCP), and RFC 6455's one connection at a time to a host while it is
being opened (4.1), which is not done: [why](../reference/client.md#many-connections-at-once).

| section | what must be | in | noticed by |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
