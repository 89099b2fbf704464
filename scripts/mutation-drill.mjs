// Switches off, one after the other, each check of a list, and shows that some test fails without it:
// npm run drill:protocol -- [--only WORD] [--left] [--check] [--write], and drill:defences.
// --left: those that nothing had noticed when the list's document was written, or that are new; --check only looks whether
// each still finds its place; --write puts the result into the document.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { defences, protocol } from './mutation-drill/lists.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Tests that are silent for longer wait for something that will not come: a busy machine is slow, and never silent. */
const silenceMs = 30_000;
/** The verdict on a mutant that survived. */
const nothing = '**nothing**';
/** Mutants that are tested at a time. */
const atOnce = 2;

const { values, positionals } = readArguments(import.meta.url, {
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    left: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const list = positionals[0] === 'defences' ? defences : protocol;
const written = verdictsIn(join(root, list.document));
const mutations = list.mutations.filter(
  (mutation) =>
    titleOf(mutation).includes(values.only ?? '') &&
    (!values.left || (written.get(titleOf(mutation)) ?? nothing) === nothing),
);

const lost = mutations.filter(({ file, find }) => placesOf(readSource(file), find).length !== 1);
for (const { file, find, section, must } of lost) {
  const times = placesOf(readSource(file), find).length;
  console.error(
    `${file} holds what "${must}" (${section}) is switched off by ${times} times, not once: ${find}\n` +
      '  if the check moved, say in scripts/mutation-drill where it is now; if it is gone, take it off the list',
  );
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
      const { failed } = results[index];
      const verdict = failed === undefined ? 'SURVIVED' : `by: ${failed}`;
      console.log(`${titleOf(mutation)}\n    ${verdict}`);
    }
  };
  await Promise.all(folders.map(work));
  const survivors = results.filter(({ failed }) => failed === undefined);
  console.log(`${results.length - survivors.length} of ${results.length} killed`);
  if (survivors.length > 0) process.exitCode = 1;
  if (values.write) writeFileSync(join(root, list.document), page(verdictsWith(results)));
}

async function tryOut(folder, { file, find, replace, tests }) {
  const able = tests.filter((prefix) => !red.has(prefix));
  if (able.length === 0) return {};
  const path = join(folder, 'dist/src', file);
  const source = readFileSync(path, 'utf8');
  const [at] = placesOf(source, find);
  writeFileSync(path, source.slice(0, at) + replace + source.slice(at + find.length));
  // What does not even parse proves nothing.
  const { status, stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} is no module any more: ${replace}\n${stderr}`);
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

/** Runs the tests whose path begins so, in this order and in one process, until one fails; gives its name. */
function runTests(folder, prefixes) {
  const all = readdirSync(join(folder, 'dist/test'), { recursive: true });
  const files = prefixes.flatMap((prefix) =>
    all.filter((file) => file.endsWith('.test.js') && file.startsWith(prefix)),
  );
  if (files.length === 0) throw new Error(`no test file begins with ${prefixes.join(' or ')}`);
  const program = [...new Set(files)].map((file) => `await import('./dist/test/${file}');`).join('\n');
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--test-reporter=tap', '--input-type=module', '--eval', program],
    { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return new Promise((resolve) => {
    let output = '';
    let failed;
    const deadline = setTimeout(() => {
      const last = [...output.matchAll(/# Subtest: (.*)$/gm)].at(-1)?.[1] ?? prefixes[0];
      failed = `what follows “${last}” does not come to an end`;
      child.kill('SIGKILL');
    }, silenceMs);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      deadline.refresh();
      output += text;
      failed ??= /^ *not ok \d+ - (.*)$/m.exec(output.slice(0, output.lastIndexOf('\n') + 1))?.[1];
      // One is enough.
      if (failed !== undefined) child.kill('SIGKILL');
    });
    child.on('exit', (code) => {
      clearTimeout(deadline);
      resolve({ failed: failed ?? (code === 0 ? undefined : `${prefixes[0]}: its tests cannot be run`) });
    });
  });
}

function readSource(file) {
  return readFileSync(join(root, 'dist/src', file), 'utf8');
}

/** Where a part of code stands in a file; what a comment repeats of it does not count. */
function placesOf(source, part) {
  const places = [];
  for (let at = source.indexOf(part); at !== -1; at = source.indexOf(part, at + 1)) {
    const ahead = source.slice(source.lastIndexOf('\n', at - 1) + 1, at);
    if (!/^\s*(?:\/\/|\*|\/\*)/.test(ahead)) places.push(at);
  }
  return places;
}

function titleOf({ section, must, file }) {
  return `| ${section} | ${must} | \`${file.replace(/\.js$/, '')}\` |`;
}

/** What noticed each mutation when the document was last written. */
function verdictsIn(path) {
  const verdicts = new Map();
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  for (const title of list.mutations.map(titleOf)) {
    const row = lines.find((line) => line.startsWith(title));
    if (row !== undefined) verdicts.set(title, row.slice(title.length + 1, -2));
  }
  return verdicts;
}

/** The same with what this run has shown. */
function verdictsWith(results) {
  const verdicts = verdictsIn(join(root, list.document));
  for (const [index, { failed = nothing }] of results.entries()) {
    verdicts.set(titleOf(mutations[index]), failed.replaceAll('|', '\\|').replaceAll('\\#', '#'));
  }
  return verdicts;
}

function page(verdicts) {
  const rows = list.mutations.map((mutation) => {
    const title = titleOf(mutation);
    return [title, verdicts.get(title) ?? nothing];
  });
  const killed = rows.filter(([, verdict]) => verdict !== nothing).length;
  return `${list.introduction(killed, rows.length)}
| ${list.sectionName} | what must be | in | noticed by |
| --- | --- | --- | --- |
${rows.map(([title, verdict]) => `${title} ${verdict} |`).join('\n')}
`;
}
